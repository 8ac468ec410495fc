using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Marketplace.Tests.Silo;

/// <summary>The worker inside runs programs in children of the silo, which can end at any time.</summary>
public sealed partial class IsolationTests
{
    private const int Jobs = 100;

    /// <summary>A job may fail by its worker so often, and every time it may be the same one.</summary>
    private const int Kills = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChildrenKilledInTheMiddleOfAHundredJobs_CostRetriesAndNoJob()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Programs run in children on Linux only.");
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--isolation", "process", "--worker-slots", "2");
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("primes"));
        var program = (await client.Programs.Deploy(module, "primes", cancellation: Cancellation)).Id;

        // A kill may meet a child between two runs: then there are a hundred more.
        for (var round = 0; !Replaced().IsMatch(silo.Output); round++)
        {
            await RunHundred(client, program, round, silo.Id);
        }
        Assert.Equal(0, await silo.Stop(Cancellation));
    }

    /// <summary>Whether it was killed before the request reached it or after is chance.</summary>
    [GeneratedRegex("was replaced: it (ended by itself|could not be reached): signal 9")]
    private static partial Regex Replaced();

    private static async Task RunHundred(MarketplaceClient client, ProgramId program, int round, int silo)
    {
        var submitted = await client.Jobs.SubmitBatch(
            [.. Enumerable.Range(0, Jobs).Select(index => Primes(program, $"job {round} {index}"))],
            cancellation: Cancellation
        );
        JobId[] ids = [.. submitted.Select(item => item.Id)];
        // The jobs end one after the other, so these runs are in the middle.
        for (var kill = 0; kill < Kills; kill++)
        {
            await client.Jobs.Wait(ids[kill * 10], cancellation: Cancellation);
            KillChildrenOf(silo);
        }
        foreach (var id in ids)
        {
            var job = await client.Jobs.Wait(id, cancellation: Cancellation);
            Assert.Equal((JobState.Completed, "78498"), (job.State, Encoding.UTF8.GetString(job.Output!.Inline!.Value.Span).Trim()));
        }
    }

    [Theory]
    [InlineData("none", "none")]
    [InlineData("process", "process")]
    public async Task IsolationInForce_IsInTheLogAndTheDoctorsAnswer(string asked, string expected)
    {
        Assert.SkipUnless(asked == "none" || OperatingSystem.IsLinux(), "Programs run in children on Linux only.");
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using (var silo = await SiloProcess.Start(data, Cancellation, "--isolation", asked))
        {
            await using var client = silo.Client();
            await using var module = File.OpenRead(CommandLine.Program("primes"));
            var program = (await client.Programs.Deploy(module, "primes", cancellation: Cancellation)).Id;
            // Its worker has begun to work once a job has ended.
            await client.Jobs.Run(Primes(program, "job"), cancellation: Cancellation);

            var (_, output, _) = await CommandLine.Run(folder.Path, "doctor");

            Assert.Contains($"ok      isolation: the worker inside runs programs with isolation {expected}\n", output);
            Assert.Contains($"Programs run with isolation {expected}", silo.Output);
            Assert.Equal(0, await silo.Stop(Cancellation));
        }
        await using var without = await SiloProcess.Start(data, Cancellation, "--worker", "false");
        Assert.DoesNotContain("isolation", (await CommandLine.Run(folder.Path, "doctor")).Output);
    }

    [Fact]
    public async Task IsolationThatThereIsNot_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var silo = SiloProcess.Launch(folder.Path, "--isolation", "prison");
        Assert.Equal(2, await silo.Ended(Cancellation));
        Assert.Contains("--isolation is 'prison'; allowed: none, process, sandbox or auto.", silo.Output);
    }

    private static JobRequest Primes(ProgramId program, string id) =>
        new()
        {
            RequestId = id,
            Program = program,
            InputText = "1000000",
            PriceMax = new TokenAmount(1000),
            FuelMax = 1_000_000_000,
        };

    private static void KillChildrenOf(int process)
    {
        var children = Directory
            .EnumerateDirectories($"/proc/{process}/task")
            .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        foreach (var child in children)
        {
            try
            {
                using var killed = Process.GetProcessById(int.Parse(child, CultureInfo.InvariantCulture));
                killed.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }
    }
}
