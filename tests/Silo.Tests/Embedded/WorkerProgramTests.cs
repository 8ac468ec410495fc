using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Tests.Silo;

/// <summary>The worker's own program, built, beside a silo without a worker inside.</summary>
public sealed class WorkerProgramTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkerThatIsNotKnown_Asks_WorksWhenItIsLetIn_AndHearsWhyItIsNoMore()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.Start(data, Cancellation, "--worker", "false", "--admit-workers", "known");
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var echo = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        await using var worker = WorkerProgram.Start(
            folder.Path,
            new Dictionary<string, string>(),
            "--url",
            await UrlOf(silo),
            "--label",
            "region=eu-9"
        );
        await worker.Line("waits for its operator", Cancellation);
        var asked = Assert.Single((await client.Workers.ListAdmissions(cancellation: Cancellation)).Items);
        Assert.Equal(("eu-9", "127.0.0.1", true), (asked.Offer!.Region, asked.Offer.Address, asked.Offer.Committee));

        await client.Workers.DecideAdmission(asked.Worker, new AdmissionRequest("one", Admitted: true, "ours"), Cancellation);
        var job = await client
            .Jobs.Run(
                new JobSpec
                {
                    Program = echo.Id,
                    InputText = "hello",
                    PriceMax = new TokenAmount(1_000),
                },
                cancellation: Cancellation
            )
            .WaitAsync(WaitMax, Cancellation);
        Assert.Equal((JobState.Completed, asked.Worker), (job.State, job.Worker));

        await client.Workers.DecideAdmission(asked.Worker, new AdmissionRequest("two", Admitted: false, "it is sold"), Cancellation);
        await worker.Line("it is sold", Cancellation);
        Assert.Empty((await client.Workers.ListAdmissions(cancellation: Cancellation)).Items);
        // The file is no way round what the operator has decided of this worker.
        await File.WriteAllTextAsync(Path.Combine(data, "known-workers"), $"{asked.Worker}\n", Cancellation);
        await worker.Terminate();
        Assert.Equal(0, await worker.Ended(Cancellation));
        await using var again = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), "--url", await UrlOf(silo));
        await again.Line("it is sold", Cancellation);
    }

    /// <summary>With nothing but an address: key, account, jobs, earnings, and an end in order. Then what a later start finds.</summary>
    [Fact]
    public async Task WorkerWithNothingButAnAddress_OpensItsAccount_RunsJobs_Earns_AndEndsInOrder()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--worker", "false");
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var echo = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        await using var worker = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), "--url", await UrlOf(silo));
        await worker.Line("offers its slots", Cancellation);

        var job = await client
            .Jobs.Run(new JobSpec { Program = echo.Id, InputText = "hello" }, cancellation: Cancellation)
            .WaitAsync(WaitMax, Cancellation);
        var mine = Path.Combine(folder.Path, "worker-data");
        await using var second = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), "--url", await UrlOf(silo));
        Assert.Equal(2, await second.Ended(Cancellation));
        Assert.Contains("in use by another worker", second.Output);
        await worker.Terminate();

        Assert.Equal(0, await worker.Ended(Cancellation));
        Assert.Equal("HELLO", Encoding.UTF8.GetString(await client.Jobs.Output(job, Cancellation)));
        foreach (var said in (string[])["Connected to", "is open", "run with isolation", "offers its slots", "SIGTERM"])
        {
            Assert.Contains(said, worker.Output);
        }
        MustBeForItsOwnerOnly(mine);
        Assert.True(File.Exists(Path.Combine(mine, "cache", echo.Module.ToString())));
        await using var reader = MarketplaceClient.FromDataFolder(mine);
        var account = await reader.Account.Get(Cancellation);
        Assert.Equal((job.Charge, true), (account.Earned, job.Charge > TokenAmount.Zero));
        using (var key = KeyFile.Open(Path.Combine(mine, "worker.key")))
        {
            Assert.Equal(account.Id.Value, key.PublicKey);
        }
        var owner = await client.Account.Get(Cancellation);
        var refused = await Assert.ThrowsAsync<MarketplaceException>(() =>
            reader.Account.Transfer("theft", owner.Id, job.Charge, cancellation: Cancellation)
        );
        Assert.Equal(ErrorCode.Forbidden, refused.Code);

        // It has met this market: another one at the same address is refused.
        await File.WriteAllTextAsync(Path.Combine(mine, "market"), new string('1', 64), Cancellation);
        await using var stranger = WorkerProgram.Start("--url", await UrlOf(silo), "--data", mine);
        Assert.Equal(1, await stranger.Ended(Cancellation));
        Assert.Contains(Path.Combine(mine, "market"), stranger.Output);
        await using var mistaken = WorkerProgram.Start(
            "--url",
            await UrlOf(silo),
            "--data",
            Path.Combine(folder.Path, "other"),
            "--market-key",
            new string('1', 64)
        );
        Assert.Equal(1, await mistaken.Ended(Cancellation));
        Assert.Contains("Either --market-key or --url is wrong", mistaken.Output);
    }

    [Theory]
    [InlineData("--url", "--url")]
    [InlineData("--url=nowhere", "http://")]
    [InlineData("--url=ftp://127.0.0.1", "http://")]
    [InlineData("--url=http://market.example.org", "https")]
    [InlineData("--price=0", "1 or more")]
    [InlineData("--price=cheap", "1 or more")]
    [InlineData("--slots=0", "1 to 1,024")]
    [InlineData("--slots=1025", "1 to 1,024")]
    [InlineData("--slots=many", "--slots is 'many'; expected a whole number.")]
    [InlineData("--committee=maybe", "--committee is 'maybe'; expected true or false.")]
    [InlineData("--memory=0", "1 to 1,024")]
    [InlineData("--memory=1025", "1 to 1,024")]
    [InlineData("--cache-size=-1", "0 to 1,048,576")]
    [InlineData("--cache-size=1048577", "0 to 1,048,576")]
    [InlineData("--label=GPU", "key=value")]
    [InlineData("--refuse=me", "64 hexadecimal digits")]
    [InlineData("--min-buyer-reputation=1001", "0 to 1,000")]
    [InlineData("--region=far away", "key or key=value")]
    [InlineData("--isolation=some", "none, process, sandbox or auto")]
    [InlineData("--pay-to=me", "64 hexadecimal digits")]
    [InlineData("--market-key=1", "64 hexadecimal digits")]
    [InlineData("--ca=nowhere.pem", "nowhere.pem")]
    [InlineData("--otlp=127.0.0.1:4317", "--otlp is '127.0.0.1:4317'; expected an http or https URL")]
    [InlineData("--otlp=http://me:secret@127.0.0.1:4318", "--otlp is 'http://***@127.0.0.1:4318'; expected an http or https URL")]
    [InlineData("--trace-sample=1.5", "--trace-sample is '1.5'; expected a number from 0 to 1.")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task WrongArgument_IsRefusedInASentence_AndLeavesNothing(string argument, string says)
    {
        using var folder = new TemporaryFolder();
        string[] others = argument.StartsWith("--url", StringComparison.Ordinal) ? [] : ["--url", "http://127.0.0.1:1"];

        await using var worker = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), [argument, .. others]);

        Assert.Equal(2, await worker.Ended(Cancellation));
        Assert.Contains(says, worker.Output);
        Assert.DoesNotContain("   at ", worker.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task EncryptedKey_NeedsItsPassphrase()
    {
        using var folder = new TemporaryFolder();
        var mine = Path.Combine(folder.Path, "worker-data");
        Dictionary<string, string> Passphrase(string words) => new() { [KeyFile.PassphraseVariable] = words };
        await using (var first = WorkerProgram.Start(folder.Path, Passphrase("open sesame"), "--url", "http://127.0.0.1:1"))
        {
            await first.Line("cannot be reached", Cancellation);
            await first.Terminate();
            Assert.Equal(0, await first.Ended(Cancellation));
        }

        await using var without = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), "--url", "http://127.0.0.1:1");
        await using var other = WorkerProgram.Start(
            folder.Path,
            Passphrase("open barley"),
            ["--url", "http://127.0.0.1:1", "--data", Copy(mine)]
        );

        Assert.True(KeyFile.View(Path.Combine(mine, "worker.key")).IsEncrypted);
        Assert.Equal((2, 2), (await without.Ended(Cancellation), await other.Ended(Cancellation)));
        Assert.Contains(KeyFile.PassphraseVariable, without.Output);
        Assert.Contains("passphrase", other.Output);
    }

    private static string Copy(string folder)
    {
        var copy = folder + "-copy";
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine(folder, "worker.key"), Path.Combine(copy, "worker.key"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(copy, OwnerFile.FolderMode);
        }
        return copy;
    }

    private static void MustBeForItsOwnerOnly(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        Assert.Equal(OwnerFile.FolderMode, File.GetUnixFileMode(folder));
        foreach (var secret in (string[])["worker.key", "key", "market", "url"])
        {
            Assert.Equal(OwnerFile.Mode, File.GetUnixFileMode(Path.Combine(folder, secret)));
        }
    }

    private static async Task<string> UrlOf(SiloProcess silo) =>
        (await File.ReadAllTextAsync(Path.Combine(silo.Folder, "url"), Cancellation)).Trim();
}
