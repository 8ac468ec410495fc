using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Verify;
using Marketplace.Verify.Backups;
using Marketplace.Verify.Moving;

namespace Marketplace.Tests.Silo;

/// <summary>A silo that takes jobs is backed up by the built command line, and comes back as it was between two jobs.</summary>
public sealed class BackupTests
{
    private const int Jobs = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodeRestoredToAMoment_AnswersWithTheOlderJobs_AndStartsOnlyWhenItIsTheOnlyOne()
    {
        using var folder = new TemporaryFolder();
        var (data, restored) = (Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "restored"));
        await using var silo = await SiloProcess.Start(data, Cancellation);
        await using var client = silo.Client();
        var program = await Deploy(client);
        var large = await client.Blobs.Put(new byte[40_000], Cancellation);
        var older = await RunJobs(client, program, "older", large.Id);

        // The first copy is taken while jobs come in, the second brings what came since.
        var between = RunJobs(client, program, "between", large.Id);
        var first = await Market(folder.Path, "backup", "--to", "copy");
        older.AddRange(await between);
        var moment = DateTimeOffset.UtcNow;
        var newer = await RunJobs(client, program, "newer", large.Id);
        var second = await Market(folder.Path, "backup", "--to", "copy");
        var at = moment.ToString("O", CultureInfo.InvariantCulture);
        var restore = await Market(folder.Path, "restore", "copy", "--to", restored, "--at", at);
        var check = await Market(folder.Path, "store", "check", "--data", restored);
        await silo.Kill();

        Assert.Contains(" all: ", first, StringComparison.Ordinal);
        Assert.Contains(" what is new: ", second, StringComparison.Ordinal);
        Assert.Contains("account.key, worker.key, market.key, key", restore, StringComparison.Ordinal);
        Assert.Contains("No damage", check, StringComparison.Ordinal);
        await AssertRefused(restored);
        await AssertAnswers(restored, older, newer);
        // Once said is enough.
        await using var again = await SiloProcess.Start(restored, Cancellation, "--worker=false");
        await again.Stop(Cancellation);
        Assert.Empty(await MoveCheck.BookViolations(restored));
    }

    [Fact]
    public async Task RestoredBooksWithoutOneOfTheirBlobs_AreTold()
    {
        using var folder = new TemporaryFolder();
        var (data, restored) = (Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "restored"));
        BlobId lost;
        await using (var silo = await SiloProcess.Start(data, Cancellation, "--worker=false"))
        {
            await using var client = silo.Client();
            await Deploy(client);
            lost = (await client.Blobs.Put(new byte[40_000], Cancellation)).Id;
            await silo.Stop(Cancellation);
        }
        await Market(folder.Path, "backup", "--to", "copy");
        await Market(folder.Path, "restore", "copy", "--to", restored);
        File.Delete(Directory.GetFiles(restored, $"{lost.Value.ToString()[2..]}.data", SearchOption.AllDirectories).Single());

        await using var again = await SiloProcess.Start(restored, Cancellation, "--worker=false", "--accept-restored=true");
        await again.Stop(Cancellation);

        Assert.Contains($"the books keep {lost}, and it is not there", again.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 blobs that the books keep are not there", again.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Take it out", again.Output, StringComparison.Ordinal);

        await using var third = await SiloProcess.Start(restored, Cancellation, "--worker=false", "--accept-restored=true");
        await third.Stop(Cancellation);

        Assert.Contains("Take it out of the command", third.Output, StringComparison.Ordinal);
    }

    /// <summary>The smoke size of <c>verify backup</c>.</summary>
    [Fact]
    public async Task KilledSilosBackupsAndRestores_LoseNothingThatWasSaid()
    {
        var result = await BackupCheck.Run(new VerifyArguments(["--cycles", "3", "--seed", "7"]));

        Assert.Empty(result.Found);
    }

    private static async Task AssertRefused(string data)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var silo = await SiloProcess.Start(data, Cancellation);
        });
        Assert.Contains("ended with code 2", refusal.Message);
        Assert.Contains("two would sign as the same market", refusal.Message);
        Assert.Contains("--accept-restored true", refusal.Message);
    }

    private static async Task AssertAnswers(string data, IReadOnlyList<JobId> older, IReadOnlyList<JobId> newer)
    {
        await using var silo = await SiloProcess.Start(data, Cancellation, "--worker=false", "--accept-restored=true");
        await using var client = silo.Client();
        var found = await client.Jobs.GetMany([.. older, .. newer], Cancellation);
        Assert.Equal(newer.Order(), found.NotFound.Order());
        foreach (var job in found.Jobs)
        {
            Assert.Equal(JobState.Completed, job.State);
            Assert.NotEmpty(await client.Jobs.Output(job, Cancellation));
            var receipt = await client.Jobs.Receipt(job.Id, Cancellation);
            Assert.DoesNotContain(ReceiptChecks.Of(receipt), check => check.Result == CheckResult.Broken);
        }
        Assert.Equal(BooksState.Sound, (await FreshBooks.Of(client, Cancellation)).State);
        await silo.Stop(Cancellation);
        Assert.Matches("all [2-9] blobs that the books keep are there", silo.Output);
    }

    private static async Task<List<JobId>> RunJobs(MarketplaceClient client, ProgramId program, string name, BlobId large)
    {
        var requests = Enumerable
            .Range(0, Jobs)
            .Select(index => Request(program, $"{name} {index}") with { InputText = $"{name} {index}" })
            .Append(Request(program, $"{name} large") with { InputBlob = large });
        var ended = await Task.WhenAll(requests.Select(request => client.Jobs.Run(request, cancellation: Cancellation)));
        return [.. ended.Select(job => job.Id)];
    }

    private static JobRequest Request(ProgramId program, string id) =>
        new()
        {
            RequestId = id,
            Program = program,
            PriceMax = new TokenAmount(1_000_000),
        };

    private static async Task<ProgramId> Deploy(MarketplaceClient client)
    {
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        return (await client.Programs.Deploy(module, "echo", cancellation: Cancellation)).Id;
    }

    private static async Task<string> Market(string folder, params string[] words)
    {
        var (code, output, error) = await CommandLine.Run(folder, words);
        Assert.True(code == 0, $"market {string.Join(' ', words)}: {output}{error}");
        return output + error;
    }
}
