using System.Text.Json;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Marketplace.Worker;

namespace Marketplace.Cli.Tests;

/// <summary>What owners of deposits and stakes do on a real chain when there is no market to ask: all of it by <c>--escrow</c>.</summary>
public sealed class ChainOwnerTests : IDisposable
{
    private readonly Shell _shell = new() { IsOnNetwork = true };

    public ChainOwnerTests()
    {
        _shell.Environment.Clear();
        _shell.Environment["MARKET_DATA"] = Path.Combine(_shell.Folder, "data");
        _shell.Environment["MARKET_CHAIN_PASSPHRASE"] = "word";
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _shell.Dispose();

    /// <summary>One that spent and earned, and one that deposited after the last settlement, leave with all that is theirs, once.</summary>
    [Fact]
    public async Task Exit_ClosesAMarketThatHasStopped_AndPaysWhatTheLastSettlementSays()
    {
        await using var bench = await StartChain();
        await bench.Serve(100, 200, 300, 400);
        var (client, late) = (await NewKey("client"), await NewKey("late"));
        await Deposit(bench, client, 1_000);
        await bench.Mine();
        var totals = new AccountTotals(client, new TokenAmount(250), new TokenAmount(600), new TokenAmount(400));
        var file = await bench.Make(1, totals, new AccountTotals(Address(0x22), new TokenAmount(350), TokenAmount.Zero, TokenAmount.Zero));
        await bench.Send(ChainBench.Order(file));
        await bench.Mine();
        await Deposit(bench, late, 70);
        File.WriteAllBytes(Path.Combine(_shell.Folder, "1.json"), file.ToJson());
        string[] exit = ["account", "exit", "--escrow", $"{bench.Domain.Contract}", "--settlement", "1.json", "--chain-key"];

        var open = await _shell.Run([.. exit, "client.json"]);
        var early = await _shell.Run([.. exit, "client.json", "--close"]);
        Assert.Equal(TokenAmount.Zero, await Tokens(bench, client));
        await bench.Node.Tell("evm_increaseTime", 7 * 24 * 3600);
        await bench.Mine();
        var left = await _shell.Do([.. exit, "client.json", "--close"]);
        var lateLeft = await _shell.Do([.. exit, "late.json"]);
        var again = await _shell.Do([.. exit, "client.json", "--close"]);

        Assert.Equal(ExitCodes.Refused, open.ExitCode);
        Assert.StartsWith("market: The escrow is open.", open.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, early.ExitCode);
        Assert.StartsWith("market: The market still settles, or did not long ago", early.Error, StringComparison.Ordinal);
        Assert.Equal((400UL, 250UL), (Shell.Number(left, "withdrawn"), Shell.Number(left, "claimed")));
        Assert.Equal((70UL, 0UL), (Shell.Number(lateLeft, "withdrawn"), Shell.Number(lateLeft, "claimed")));
        Assert.Equal((0UL, 0UL), (Shell.Number(again, "withdrawn"), Shell.Number(again, "claimed")));
        Assert.Equal(new TokenAmount(650), await Tokens(bench, client));
        Assert.Equal(new TokenAmount(70), await Tokens(bench, late));
        // What the other one has earned is there still.
        Assert.Equal(new TokenAmount(350), await bench.EscrowHolds());
    }

    [Fact]
    public async Task Stake_OfAWorkerThatAnotherAddressHasRegistered_IsRefused_AndNothingIsSent()
    {
        await using var bench = await StartChain();
        var own = await NewKey("own");
        var (stranger, worker, folder) = (ChainBench.Owner(0x41), ChainBench.Worker(1), Path.Combine(_shell.Folder, "w"));
        OwnerFiles.In(folder);
        using (var files = new VoteFiles(folder))
        {
            // The log disposes the key.
            using var votes = VoteLog.Create(files, ChainBench.Member(1), worker, TimeProvider.System);
        }
        await bench.Register(stranger, worker, ChainBench.Member(1), 500);
        await Fund(bench, own, 1_000);
        string[] stake =
        [
            "worker",
            "stake",
            "own",
            "200",
            "--chain-key",
            "own.json",
            "--data",
            "w",
            "--escrow",
            $"{bench.Domain.Contract}",
        ];

        var refused = await _shell.Run(stake);

        Assert.Equal((ExitCodes.Refused, ""), (refused.ExitCode, refused.Text));
        Assert.StartsWith(
            $"market: {EvmAddresses.Of(stranger.PublicKey)} has registered the key of worker {worker}, and alone gets its stake back; "
                + $"the key's address is {own}.\nGive the key of that address with --chain-key.",
            refused.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(0UL, await bench.Rpc.GetPendingTransactionCount(own, Cancellation));
        Assert.Equal(new TokenAmount(1_000), await Tokens(bench, own));
        var terms = await bench.Chain.ReadTerms(Cancellation);
        var wallet = new EvmMarketWallet(bench.Rpc, terms, new EvmWallet(bench.Rpc, bench.Operator, TimeProvider.System));
        var member = await wallet.FindMember(Possession.MemberOf(ChainBench.Member(1).PublicKey), Cancellation);
        Assert.Equal((EvmAddresses.Of(stranger.PublicKey), new TokenAmount(500)), (member!.Owner, member.Stake));
    }

    private async Task<AnvilBench> StartChain()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        var bench = await AnvilBench.Start();
        _shell.Environment["MARKET_CHAIN_RPC"] = bench.Endpoint.ToString();
        return bench;
    }

    private async Task<EvmAddress> NewKey(string name) =>
        EvmAddress.Parse((await _shell.Do("chain", "key", "new", $"{name}.json")).GetProperty("address").GetString()!);

    /// <summary>Coins for transactions, and tokens.</summary>
    private static async Task Fund(AnvilBench bench, EvmAddress address, ulong tokens)
    {
        await bench.Node.Tell("anvil_setBalance", $"{address}", "0x56bc75e2d63100000");
        await Send(bench, bench.Token, TokenCalls.Mint(address, tokens), ContractBuild.DevelopmentToken.Abi);
    }

    /// <summary>Who deposits for an account is not asked.</summary>
    private static async Task Deposit(AnvilBench bench, EvmAddress account, ulong amount)
    {
        await Fund(bench, account, 0);
        await Fund(bench, EvmAddresses.Of(bench.Operator.PublicKey), amount);
        var escrow = bench.Domain.Contract;
        await Send(bench, bench.Token, TokenCalls.Approve(escrow, amount), ContractBuild.DevelopmentToken.Abi);
        await Send(bench, escrow, EscrowCalls.Deposit(account, new TokenAmount(amount)), ContractBuild.Escrow.Abi);
    }

    private static Task Send(AnvilBench bench, EvmAddress to, byte[] data, ContractAbi abi) =>
        new EvmWallet(bench.Rpc, bench.Operator, TimeProvider.System).Send(to, data, abi, Cancellation);

    private static async Task<TokenAmount> Tokens(AnvilBench bench, EvmAddress address) =>
        await Erc20Token.Of(bench.Rpc, await bench.Chain.ReadTerms(Cancellation)).BalanceOf(address, Cancellation);

    private static EvmAddress Address(byte number) => EvmAddresses.Of(ChainBench.Owner(number).PublicKey);
}
