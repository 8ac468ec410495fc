using Marketplace.Verify.Moving;

namespace Marketplace.Tests.Silo;

/// <summary>A node with jobs, finished and open, is exported by the built command line and goes on in a new data folder.</summary>
public sealed class MoveTests
{
    private const int Finished = 12;
    private const int Open = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MovedNode_HasItsMoneyJobsAndOutputs_AndRunsItsOpenJobs()
    {
        using var folder = new TemporaryFolder();
        var (old, moved) = (Path.Combine(folder.Path, "old"), Path.Combine(folder.Path, "moved"));
        await RunJobs(old);
        var open = await LeaveJobsOpen(old);
        var before = await Look(old, "--worker=false");

        var exported = await CommandLine.Run(folder.Path, "export", "node.market", "--data", old, "--with-keys");
        var imported = await CommandLine.Run(folder.Path, "import", "node.market", "--data", moved);
        var check = await CommandLine.Run(folder.Path, "store", "check", "--data", moved);

        Assert.Equal((0, 0, 0), (exported.Code, imported.Code, check.Code));
        Assert.Equal(Contents(exported.Output), Contents(imported.Output));
        Assert.Equal(before, await Look(moved, "--worker=false", "--accept-restored=true"));
        await using (var silo = await SiloProcess.Start(moved, Cancellation))
        {
            await using var client = silo.Client();
            foreach (var job in open)
            {
                Assert.Equal(JobState.Completed, (await client.Jobs.Wait(job, cancellation: Cancellation)).State);
            }
            Assert.Equal(0, (await client.Account.Get(Cancellation)).OpenJobs);
            await silo.Stop(Cancellation);
        }
        Assert.Empty(await MoveCheck.BookViolations(moved));
    }

    [Fact]
    public async Task SiloOnAnImportThatWasKilled_DoesNotStart_AndSaysWhy()
    {
        using var folder = new TemporaryFolder();
        var store = Path.Combine(folder.Path, "store");
        Directory.CreateDirectory(store);
        await File.WriteAllTextAsync(Path.Combine(store, "import"), "Unfinished\n", Cancellation);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var silo = await SiloProcess.Start(folder.Path, Cancellation);
        });

        Assert.Contains("ended with code 2", refusal.Message);
        Assert.Contains("an import that was not finished", refusal.Message);
        Assert.DoesNotContain("   at ", refusal.Message);
    }

    private static async Task RunJobs(string data)
    {
        await using var silo = await SiloProcess.Start(data, Cancellation);
        await using var client = silo.Client();
        var program = await Deploy(client);
        var large = await client.Blobs.Put(new byte[40_000], Cancellation);
        // The last has blobs as input and output; the others keep theirs in their documents.
        var requests = Enumerable
            .Range(0, Finished)
            .Select(index => Request(program, $"finished {index}", $"job {index}"))
            .Append(Request(program, "large", null) with { InputBlob = large.Id });
        await Task.WhenAll(
            requests.Select(async request =>
                Assert.Equal(JobState.Completed, (await client.Jobs.Run(request, cancellation: Cancellation)).State)
            )
        );
        await silo.Stop(Cancellation);
    }

    private static async Task<List<JobId>> LeaveJobsOpen(string data)
    {
        await using var silo = await SiloProcess.Start(data, Cancellation, "--worker=false");
        await using var client = silo.Client();
        var program = await Deploy(client);
        var requests = Enumerable.Range(0, Open).Select(index => Request(program, $"open {index}", $"open {index}"));
        var items = await client.Jobs.SubmitBatch([.. requests], Cancellation);
        await silo.Stop(Cancellation);
        return [.. items.Select(item => item.Id)];
    }

    /// <summary>What the command line would show: money, the list, each job, each output.</summary>
    private static async Task<string> Look(string data, params string[] arguments)
    {
        await using var silo = await SiloProcess.Start(data, Cancellation, arguments);
        await using var client = silo.Client();
        var seen = new List<string> { $"{await client.Account.Get(Cancellation)}" };
        await foreach (var item in client.Jobs.List(cancellation: Cancellation))
        {
            var job = await client.Jobs.Get(item.Id, Cancellation);
            var output =
                job.State == JobState.Completed ? Crypto.Blake3.Hash(await client.Jobs.Output(job, Cancellation)).ToString() : "none";
            seen.Add($"{item} {job.State} {job.EndedAt} {job.FuelUsed} {job.Charge} {output}");
        }
        Assert.Equal(2 + Finished + Open, seen.Count);
        await silo.Stop(Cancellation);
        return string.Join('\n', seen);
    }

    private static async Task<ProgramId> Deploy(MarketplaceClient client)
    {
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        return (await client.Programs.Deploy(module, "echo", cancellation: Cancellation)).Id;
    }

    private static JobRequest Request(ProgramId program, string id, string? text) =>
        new()
        {
            RequestId = id,
            Program = program,
            InputText = text,
            PriceMax = new TokenAmount(1_000_000),
        };

    private static string Contents(string output) =>
        output.Split('\n').Single(line => line.StartsWith("contents", StringComparison.Ordinal));
}
