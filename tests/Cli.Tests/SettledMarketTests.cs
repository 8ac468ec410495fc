using System.Text.Json;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>
/// Strangers who trust no operator, by the commands that they type: a real chain, a real silo, and workers in processes of their own.
/// </summary>
public sealed class SettledMarketTests : IDisposable
{
    private const int Workers = 5;
    private const int JobsInABatch = 100;
    private const ulong Stake = 200_000_000;
    private const ulong Minted = 1_000_000_000;
    private const ulong Deposit = 500_000_000;

    private readonly Shell _shell = new() { IsOnNetwork = true };
    private readonly ITestOutputHelper _output;

    public SettledMarketTests(ITestOutputHelper output)
    {
        _output = output;
        _shell.Environment.Clear();
        _shell.Environment["MARKET_DATA"] = Path.Combine(_shell.Folder, "data");
        File.WriteAllText(Path.Combine(_shell.Folder, "passphrase"), "word\n");
        _shell.Environment["MARKET_CHAIN_PASSPHRASE"] = "word";
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _shell.Dispose();

    /// <summary>
    /// Says how far the test has come. A runner that hears nothing for a minute takes the end of the test for a crash where its
    /// last message is still on the way.
    /// </summary>
    private void Reached(string stage) => _output.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss} {stage}");

    [Fact]
    public async Task MoneyOfAChain_PaysJobs_AndEveryBalanceThereIsWhatTheBooksSay()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        await using var chain = await AnvilNode.Start();
        await chain.Tell("evm_setIntervalMining", 1);
        var node = chain.Endpoint.ToString();
        _shell.Environment["MARKET_CHAIN_RPC"] = node;

        var made = await MakeContracts();
        Reached("contracts made");
        await using var silo = await StartSilo(node, made.GetProperty("escrow").GetString()!);
        var crew = new List<WorkerProgram>();
        try
        {
            for (var number = 1; number <= Workers; number++)
            {
                crew.Add(StartWorker(silo, number));
            }
            await StakeForEach(crew);
            Reached("workers staked");
            // A stake counts from the chain's next epoch on.
            await chain.Tell("evm_increaseTime", 60);
            await _shell.Do("chain", "fund", await NewKey("client"), "--tokens", $"{Minted}");
            await _shell.Do("account", "deposit", "500DEV", "--chain-key", "client.json");
            using var client = silo.Client();
            await CommitteeServes(client);
            Reached("committee serves");

            var spent = await RunJobs(client, "first");
            Reached("first batch paid");
            var first = await Settled(client, spent);
            spent = await RunJobs(client, "second");
            var second = await Settled(client, spent);
            Assert.True(second > first, $"{first}, then {second}");
            Assert.True(spent >= 2 * JobsInABatch, $"{2 * JobsInABatch} jobs cost {spent}");
            await ReceiptsSettled(client);
            Reached("receipts settled");

            Assert.Equal(spent, await ClaimAll(made));
            Reached("earnings claimed");
            await WithdrawAll(made, spent);
            Assert.Equal(0UL, await Balance(made, made.GetProperty("escrow").GetString()!));
            Assert.Equal(Workers * Stake, await Balance(made, made.GetProperty("registry").GetString()!));
        }
        finally
        {
            foreach (var worker in crew)
            {
                await worker.DisposeAsync();
            }
        }
    }

    private async Task<JsonElement> MakeContracts()
    {
        await _shell.Do("chain", "fund", await NewKey("operator"));
        string[] terms = ["--stake-min", $"{Stake / 2}", "--epoch-length", "60s", "--unbonding", "10m", "--exit-delay", "4m"];
        return await _shell.Do(["chain", "deploy", "--chain-key", "operator.json", "--development-token", .. terms, "--yes"]);
    }

    private async Task StakeForEach(IReadOnlyList<WorkerProgram> crew)
    {
        foreach (var (worker, number) in crew.Zip(Enumerable.Range(1, Workers)))
        {
            await worker.Line("offers its slots", Cancellation);
            await _shell.Do("chain", "fund", await NewKey($"w{number}"), "--tokens", $"{Minted}");
            await _shell.Do("worker", "stake", "own", "200DEV", "--chain-key", $"w{number}.json", "--data", $"w{number}");
        }
    }

    /// <returns>What all workers have claimed.</returns>
    private async Task<ulong> ClaimAll(JsonElement made)
    {
        var claimed = 0UL;
        for (var number = 1; number <= Workers; number++)
        {
            var claim = await _shell.Do("worker", "claim", "--chain-key", $"w{number}.json", "--data", $"w{number}");
            var earned = Shell.Number(await _shell.Do("account", "show", "--data", $"w{number}"), "claimable");
            Assert.Equal(earned, Shell.Number(claim, "claimed"));
            Assert.Equal(Minted - Stake + earned, await Tokens(made, $"w{number}"));
            claimed += earned;
        }
        return claimed;
    }

    private async Task WithdrawAll(JsonElement made, ulong spent)
    {
        var left = Shell.Number(await _shell.Do("account", "show"), "available");
        Assert.Equal(Deposit - spent, left);
        await _shell.Do("account", "withdraw", "--amount", $"{left}", "--chain-key", "client.json");
        Assert.Equal(Minted - spent, await Tokens(made, "client"));
        Assert.Equal(0UL, Shell.Number(await _shell.Do("account", "show"), "available"));
    }

    private Task<SiloProcess> StartSilo(string node, string escrow) =>
        SiloProcess.Start(
            _shell.Environment["MARKET_DATA"],
            Cancellation,
            [
                "--worker",
                "false",
                "--chain",
                "evm",
                "--chain-rpc",
                node,
                "--chain-id",
                "31337",
                "--escrow",
                escrow,
                "--chain-key",
                Path.Combine(_shell.Folder, "operator.json"),
                "--chain-passphrase-file",
                Path.Combine(_shell.Folder, "passphrase"),
                "--chain-confirmations",
                "1",
                "--settle-every",
                "1s",
                "--epoch",
                "2",
                "--epoch-shares",
                "20",
            ]
        );

    private WorkerProgram StartWorker(SiloProcess silo, int number) =>
        WorkerProgram.Start(
            "--url",
            File.ReadAllText(Path.Combine(silo.Folder, "url")).Trim(),
            "--data",
            Path.Combine(_shell.Folder, $"w{number}"),
            "--slots",
            "2",
            "--price",
            "1000"
        );

    private static async Task CommitteeServes(MarketplaceClient client)
    {
        while (!(await client.Epochs.List(Cancellation)).Any(epoch => epoch.State == CommitteeEpochState.Running))
        {
            await Task.Delay(200, Cancellation);
        }
    }

    /// <returns>What the account has spent by then, in all.</returns>
    private static async Task<ulong> RunJobs(MarketplaceClient client, string name)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo.wasm"));
        var program = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        var requests = Enumerable
            .Range(0, JobsInABatch)
            .Select(number => new JobRequest
            {
                RequestId = $"{name}-{number}",
                Program = program.Id,
                InputText = $"hello {number}",
                PriceMax = new TokenAmount(1_000_000),
                Assurance = Assurance.Committee(3),
            })
            .ToArray();
        foreach (var item in await client.Jobs.SubmitBatch(requests, cancellation: Cancellation))
        {
            var job = await client.Jobs.Wait(item.Id, cancellation: Cancellation);
            Assert.True(job.State == JobState.Completed, $"{job.State}: {job.Reason}");
        }
        while (await client.Account.Get(Cancellation) is { } account)
        {
            if (account.Held.IsZero && account.UnderWay.IsZero)
            {
                return (ulong)account.Spent.BaseUnits;
            }
            await Task.Delay(50, Cancellation);
        }
        return 0;
    }

    /// <summary>Waits for a settlement with all that was spent.</summary>
    private static async Task<long> Settled(MarketplaceClient client, ulong spent)
    {
        while (true)
        {
            var past = (await client.Settlement.Get(Cancellation)).Past;
            if (past.Count > 0 && past[0].Spent.BaseUnits == spent && past[0].Earned.BaseUnits == spent)
            {
                return past[0].Number;
            }
            await Task.Delay(200, Cancellation);
        }
    }

    /// <summary>Waits for a settlement that names what the committee has signed of the jobs: that is gathered some seconds later.</summary>
    private static async Task ReceiptsSettled(MarketplaceClient client)
    {
        while ((await client.Settlement.Get(Cancellation)).Past.All(past => past.Receipts == 0))
        {
            await Task.Delay(200, Cancellation);
        }
    }

    private async Task<string> NewKey(string name) =>
        (await _shell.Do("chain", "key", "new", $"{name}.json")).GetProperty("address").GetString()!;

    private async Task<ulong> Tokens(JsonElement made, string name) =>
        await Balance(made, (await _shell.Do("chain", "key", "show", $"{name}.json")).GetProperty("address").GetString()!);

    private async Task<ulong> Balance(JsonElement made, string address) =>
        Shell.Number(await _shell.Do("chain", "balance", address, "--token", made.GetProperty("token").GetString()!), "tokens");
}
