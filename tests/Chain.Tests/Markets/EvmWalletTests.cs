using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Chain.Tests.Markets;

/// <summary>What a wallet sends, what it refuses to send, and what a transaction has paid.</summary>
public sealed class EvmWalletTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What was asked for may be on its way, and would be done twice.</summary>
    [Fact]
    public async Task TransactionThatNoBlockHas_KeepsTheNextFromBeingSent()
    {
        await using var bench = await Start();
        var key = bench.Operator;
        var address = EvmAddresses.Of(key.PublicKey);
        var wallet = new EvmWallet(bench.Rpc, key, TimeProvider.System);
        await bench.StopMining();
        var nonce = await bench.Rpc.GetPendingTransactionCount(address, Cancellation);
        await bench.Rpc.Send(Transfer(bench, key, nonce), Cancellation);

        var refused = await Assert.ThrowsAsync<ChainException>(() => Mint(bench, wallet));

        Assert.StartsWith($"{address} has sent 1 transactions that no block has taken yet", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Refusal);
        Assert.Equal(nonce + 1, await bench.Rpc.GetPendingTransactionCount(address, Cancellation));
        await bench.Mine();
        await bench.Node.Tell("evm_setAutomine", true);
        Assert.True((await Mint(bench, wallet)).Succeeded);
        Assert.Equal(nonce + 2, await bench.Rpc.GetPendingTransactionCount(address, Cancellation));
    }

    /// <summary>A node that lies about fees has the key offer no more than the limit.</summary>
    [Theory]
    [InlineData(0, true), InlineData(1, false)]
    public async Task FeeAtTheLimit_IsOffered_AndOneBeyondIsNot(int beyond, bool isSent)
    {
        await using var bench = await Start();
        await bench.Mine();
        var head = await bench.Rpc.GetHead(HeadKind.Latest, Cancellation);
        var tip = new BigInteger(500_000_000_000) - (2 * head.BaseFeePerGas!.Value) + beyond;
        var rpc = SaidRpc.Of(bench.Rpc);
        rpc.Said[nameof(IEvmRpc.GetPriorityFee)] = Task.FromResult(tip);
        var wallet = new EvmWallet(rpc.Rpc, bench.Operator, TimeProvider.System);

        var refused = await Record.ExceptionAsync(() => Mint(bench, wallet));

        Assert.Equal(isSent ? [500_000_000_000] : [], rpc.Sent.Select(sent => (long)sent.Transaction.GasPrice));
        Assert.True(
            isSent
                ? refused is null
                : refused is ChainException
                    && refused.Message.StartsWith("The node asks for 500000000001 wei for a unit of gas", StringComparison.Ordinal),
            $"{refused}"
        );
    }

    [Theory]
    [InlineData(30_000_000, true), InlineData(30_000_001, false)]
    public async Task GasAtTheLimit_IsOffered_AndMoreIsNot(ulong gas, bool isSent)
    {
        await using var bench = await Start();
        var rpc = SaidRpc.Of(bench.Rpc);
        rpc.Said[nameof(IEvmRpc.EstimateGas)] = Task.FromResult(gas);
        // No block of the node has room for it: what is sent ends here, and so does the wait.
        rpc.Said[nameof(IEvmRpc.Send)] = Task.CompletedTask;
        rpc.Said[nameof(IEvmRpc.FindReceipt)] = Task.FromException<TransactionReceipt?>(new OperationCanceledException());
        var wallet = new EvmWallet(rpc.Rpc, bench.Operator, TimeProvider.System);

        var ended = await Record.ExceptionAsync(() => Mint(bench, wallet));

        Assert.Equal(isSent ? [37_500_000UL] : [], rpc.Sent.Select(sent => sent.Transaction.GasLimit));
        Assert.True(
            isSent
                ? ended is OperationCanceledException
                : ended is ChainException && ended.Message.Contains("30000001 units; allowed are", StringComparison.Ordinal),
            $"{ended}"
        );
    }

    [Fact]
    public async Task PaidBy_IsWhatTheEscrowSaysOfItsOwnTransaction()
    {
        await using var bench = await Start();
        await bench.Serve(100, 200, 300, 400);
        var (client, worker, other) = (ChainBench.Owner(0x21), ChainBench.Owner(0x22), ChainBench.Owner(0x23));
        await bench.Deposit(client, 1_000);
        await bench.Request(client, 300);
        await bench.Mine();
        var (paid, earned, saved) = (Totals(client, 0, 600, 100), Totals(worker, 350, 0, 0), Totals(other, 250, 0, 0));
        var file = await bench.Make(1, paid, earned, saved);
        await bench.Send(ChainBench.Order(file));
        await bench.Mine();
        var terms = await bench.Chain.ReadTerms(Cancellation);
        var (ofClient, ofWorker, ofOther) = (await Wallet(client), await Wallet(worker), await Wallet(other));

        var claimed = await ofWorker.Claim(earned, file.Find(earned.Owner)!.Value.Path, Cancellation);
        var deposited = await ofOther.ClaimToDeposit(saved, file.Find(saved.Owner)!.Value.Path, Cancellation);
        await bench.Node.Tell("evm_increaseTime", 1);
        var withdrawn = await ofClient.Withdraw(paid, file.Find(paid.Owner)!.Value.Path, Cancellation);
        var asked = await ofClient.RequestWithdrawal(new TokenAmount(10), Cancellation);

        Assert.Equal(new TokenAmount(350), ofWorker.PaidBy(claimed));
        Assert.Equal(new TokenAmount(250), ofOther.PaidBy(deposited));
        Assert.Equal(new TokenAmount(300), ofClient.PaidBy(withdrawn));
        Assert.Equal(TokenAmount.Zero, ofClient.PaidBy(asked));
        // Any contract can write an event of the same name.
        var foreign = withdrawn with
        {
            Logs = [.. withdrawn.Logs.Select(log => log with { Address = terms.Registry })],
        };
        Assert.Equal(TokenAmount.Zero, ofClient.PaidBy(foreign));
        var twice = withdrawn with { Logs = [.. withdrawn.Logs, .. claimed.Logs] };
        Assert.Equal(new TokenAmount(650), ofClient.PaidBy(twice));

        async Task<EvmMarketWallet> Wallet(Secp256k1PrivateKey key)
        {
            var address = EvmAddresses.Of(key.PublicKey);
            await bench.Node.Tell("anvil_setBalance", address.ToString(), "0x56bc75e2d63100000");
            return new EvmMarketWallet(bench.Rpc, terms, new EvmWallet(bench.Rpc, key, TimeProvider.System));
        }
    }

    private static Task<AnvilBench> Start()
    {
        AnvilFixture.Require();
        return AnvilBench.Start();
    }

    private static Task<TransactionReceipt> Mint(AnvilBench bench, EvmWallet wallet) =>
        wallet.Send(bench.Token, TokenCalls.Mint(wallet.Address, 1), ContractBuild.DevelopmentToken.Abi, Cancellation);

    private static SignedTransaction Transfer(AnvilBench bench, Secp256k1PrivateKey key, ulong nonce) =>
        new EvmTransaction
        {
            Kind = EvmTransactionKind.FeeMarket,
            ChainId = bench.Rpc.ChainId,
            Nonce = nonce,
            GasPrice = 100_000_000_000,
            PriorityFee = 1_000_000_000,
            GasLimit = 21_000,
            To = bench.Token,
            Value = BigInteger.Zero,
            Data = default,
        }.Sign(key);

    private static AccountTotals Totals(Secp256k1PrivateKey owner, ulong earned, ulong spent, ulong held) =>
        new(EvmAddresses.Of(owner.PublicKey), new TokenAmount(earned), new TokenAmount(spent), new TokenAmount(held));
}
