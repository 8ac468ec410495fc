using System.Net;
using System.Net.Sockets;

namespace Marketplace.Tests.Silo;

/// <summary>
/// What a new user does first, with the built binaries: a silo in an empty folder, a job from the command line beside it.
/// </summary>
public sealed class FirstMinutesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobRun_PrintsTheOutput_WithoutAnyOption()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);

        var (code, output, error) = await CommandLine.Run(
            folder.Path,
            "job",
            "run",
            CommandLine.Program("echo"),
            "--text",
            "hello marketplace"
        );

        Assert.Equal((0, "HELLO MARKETPLACE"), (code, output.TrimEnd('\n')));
        Assert.DoesNotContain("rror", error);
    }

    [Fact]
    public async Task SiloWhosePortIsTaken_SaysSo_AndLeavesNothingBehind()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var data = Path.Combine(folder.Path, "data");

        await using var silo = SiloProcess.LaunchWith(["--urls", $"http://{other.LocalEndpoint}", "--data", data], data);

        Assert.Equal(2, await silo.Ended(Cancellation));
        Assert.Equal(
            $"Another process listens at http://{other.LocalEndpoint}. Stop it, or choose another address with --urls.",
            silo.Output
        );
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task JobRun_TakesFilesAndBringsFilesBack()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "notes.txt"), "one\ntwo\n", Cancellation);

        var (code, output, _) = await CommandLine.Run(
            folder.Path,
            "job",
            "run",
            CommandLine.Program("catalog"),
            "--input-file",
            "texts/notes=notes.txt",
            "--output-dir",
            "results"
        );

        Assert.Equal((0, "1 files"), (code, output.TrimEnd('\n')));
        Assert.Equal("texts/notes 8 2\n", await File.ReadAllTextAsync(Path.Combine(folder.Path, "results", "index.txt"), Cancellation));
        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(Path.Combine(folder.Path, "results", "text", "all.txt"), Cancellation));
    }

    [Fact]
    public async Task FirstStart_LeavesItsSecretsReadableByTheOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.Start(data, Cancellation);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        foreach (var name in new[] { "key", "account.key", "worker.key", "market.key" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, name)));
        }
    }

    [Fact]
    public async Task SecondSilo_OnTheSameFolder_IsRefusedWithAReason()
    {
        using var folder = new TemporaryFolder();
        await using var first = await SiloProcess.Start(folder.Path, Cancellation);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var second = await SiloProcess.Start(folder.Path, Cancellation);
        });

        Assert.Contains(folder.Path, refusal.Message);
        Assert.DoesNotContain("   at ", refusal.Message);
    }

    [Theory]
    [InlineData("--data")]
    [InlineData("--nonsense")]
    [InlineData("--worker-slots=-1")]
    [InlineData("--urls=http://0.0.0.0:0")]
    [InlineData("--worker-price=free")]
    [InlineData("--worker-label=GPU")]
    [InlineData("--worker-min-buyer-reputation=1001")]
    [InlineData("--unbonding-hours=0")]
    [InlineData("--epoch=1")]
    [InlineData("--epoch=1441")]
    [InlineData("--epoch-shares=19")]
    [InlineData("--epoch-shares=61")]
    [InlineData("--committee-stake=0")]
    [InlineData("--reuse-price=0")]
    [InlineData("--reuse-price=101")]
    [InlineData("--reuse-days=0")]
    [InlineData("--reuse-days=3651")]
    [InlineData("--unbonding-hours=721")]
    [InlineData("--keep-jobs=1")]
    public async Task WrongOption_IsRefusedByName(string option)
    {
        using var folder = new TemporaryFolder();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            string[] arguments = option == "--data" ? [option] : [option, "--data", folder.Path];
            await using var silo = await SiloProcess.StartWith(arguments, folder.Path, Cancellation);
        });

        Assert.Contains("ended with code 2", refusal.Message);
        Assert.DoesNotContain("   at ", refusal.Message);
    }

    [Fact]
    public async Task DataThatIsNoFolder_IsRefusedWithAReason()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "", Cancellation);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var silo = await SiloProcess.Start(file, Cancellation);
        });

        Assert.Contains("ended with code 2", refusal.Message);
        Assert.Contains(file, refusal.Message);
        Assert.DoesNotContain("   at ", refusal.Message);
    }

    [Fact]
    public async Task Restart_KeepsEverythingThatWasAcknowledged()
    {
        using var folder = new TemporaryFolder();
        Job before;
        Account account;
        await using (var silo = await SiloProcess.Start(folder.Path, Cancellation))
        {
            await using var client = silo.Client();
            before = await Submit(client, "kept");
            account = await client.Account.Get(Cancellation);
            await silo.Kill();
        }

        await using var again = await SiloProcess.Start(folder.Path, Cancellation);
        await using var later = again.Client();
        var after = await later.Jobs.Get(before.Id, Cancellation);

        Assert.Equal(JobState.Completed, before.State);
        Assert.Equal(
            (before.State, before.EndedAt, before.FuelUsed, before.Charge),
            (after.State, after.EndedAt, after.FuelUsed, after.Charge)
        );
        Assert.Equal(before.Id, (await Submit(later, "kept")).Id);
        Assert.Equal(account.Id, (await later.Account.Get(Cancellation)).Id);
    }

    private static async Task<Job> Submit(MarketplaceClient client, string requestId)
    {
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var program = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        var request = new JobRequest
        {
            RequestId = requestId,
            Program = program.Id,
            InputText = "hello",
            PriceMax = new TokenAmount(1000),
        };
        return await client.Jobs.Submit(request, TimeSpan.FromSeconds(20), Cancellation);
    }
}
