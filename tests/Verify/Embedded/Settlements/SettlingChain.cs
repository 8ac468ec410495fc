using System.Numerics;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Settlements;

/// <summary>A real chain with a market's contracts, and what owners do there. One thing at a time.</summary>
internal sealed class SettlingChain : IAsyncDisposable
{
    /// <summary>Of anvil, where none is named.</summary>
    public const ulong ChainId = 31337;

    /// <summary>More than all that happens here takes.</summary>
    private const string Coins = "0x56bc75e2d63100000";
    private const ulong Stake = 100;

    private static readonly TimeSpan EpochLength = TimeSpan.FromHours(1);

    private readonly AnvilNode _anvil;
    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();
    private readonly EvmMarketChain _market;
    private readonly FailoverRpc _rpc;
    private readonly EvmAddress _registry;
    private readonly EvmAddress _token;
    private readonly ulong _nonceAtFirst;

    private SettlingChain(AnvilNode anvil, HttpMessageInvoker invoker, FailoverRpc rpc, EvmAddress token, ChainTerms terms, ulong nonce)
    {
        (_anvil, _invoker, _rpc, _token, _registry, _nonceAtFirst) = (anvil, invoker, rpc, token, terms.Registry, nonce);
        (Domain, _market) = (new MarketDomain(terms.Market, ChainId, terms.Escrow), new EvmMarketChain(rpc, terms.Escrow, key: null));
        Created = terms.CreatedIn;
    }

    public MarketDomain Domain { get; }

    public ulong Created { get; }

    public Uri Node => new(_anvil.Endpoint.Name);

    /// <param name="market">The market's key.</param>
    /// <param name="operatorKey">Who settles.</param>
    public static async Task<SettlingChain> Start(Bytes32 market, Secp256k1PrivateKey operatorKey)
    {
        var anvil = await AnvilNode.Start();
        var invoker = RpcOptions.CreateInvoker();
        var rpc = new FailoverRpc(
            new RpcOptions
            {
                ChainId = ChainId,
                Endpoints = [anvil.Endpoint],
                Invoker = invoker,
                TimeProvider = TimeProvider.System,
                Chance = new Random(1),
            }
        );
        await anvil.Tell("evm_setAutomine", true);
        var wallet = new EvmWallet(rpc, operatorKey, TimeProvider.System);
        await anvil.Tell("anvil_setBalance", wallet.Address.ToString(), Coins);
        var build = ContractBuild.DevelopmentToken;
        var token = await wallet.Deploy(build.CreationOf("Token", "TKN", new BigInteger(6)), build.Abi, default);
        var chosen = new ChainContractTerms
        {
            EpochLength = EpochLength,
            StakeMin = new TokenAmount(Stake),
            // Time is moved on by hours at once, and no market shall close by that.
            ExitDelay = TimeSpan.FromDays(90),
        };
        var creation = ContractBuild.Escrow.CreationOf(token, market.ToArray(), wallet.Address, chosen.ToAbi());
        var escrow = await wallet.Deploy(creation, ContractBuild.Escrow.Abi, default);
        var terms = await new EvmMarketChain(rpc, escrow, key: null).ReadTerms(default);
        return new SettlingChain(anvil, invoker, rpc, token, terms, await rpc.GetPendingTransactionCount(wallet.Address, default));
    }

    public Task Mine(int blocks = 1) => _anvil.Mine(blocks);

    /// <summary>The newest blocks are replaced by as many others, in which nobody does anything.</summary>
    public Task Reorganise(int depth) => _anvil.Reorganise(depth);

    public async Task PassEpochs(int count)
    {
        await _anvil.Tell("evm_increaseTime", count * (int)EpochLength.TotalSeconds);
        await _anvil.Mine();
    }

    /// <summary>It serves from the next epoch on.</summary>
    public async Task Register(Secp256k1PrivateKey owner, WorkerId worker, BlsSecretKey key)
    {
        var wallet = await Fund(owner, _registry, Stake);
        var proof = key.ProvePossession(Possession.Digest(Domain, wallet.Address, worker, key.PublicKey));
        var data = StakeRegistryCalls.Register(worker.Value, key.PublicKey, proof, new TokenAmount(Stake));
        await wallet.Send(_registry, data, ContractBuild.StakeRegistry.Abi, default);
    }

    public async Task Deposit(Secp256k1PrivateKey owner, ulong amount)
    {
        var wallet = await Fund(owner, Domain.Contract, amount);
        await Tell(wallet, EscrowCalls.Deposit(wallet.Address, new TokenAmount(amount)));
    }

    public Task Request(Secp256k1PrivateKey owner, TokenAmount amount) => Tell(WalletOf(owner), EscrowCalls.RequestWithdrawal(amount));

    public Task Cancel(Secp256k1PrivateKey owner) => Tell(WalletOf(owner), EscrowCalls.CancelWithdrawal());

    public Task Withdraw(Secp256k1PrivateKey owner, AccountTotals totals, IReadOnlyList<MerkleStep> path) =>
        Tell(WalletOf(owner), EscrowCalls.Withdraw(totals, path));

    public Task Claim(Secp256k1PrivateKey owner, AccountTotals totals, IReadOnlyList<MerkleStep> path) =>
        Tell(WalletOf(owner), EscrowCalls.Claim(totals, path));

    public Task<ChainBlock> Head() => _market.ReadHead(default);

    public async Task<ChainBalance> BalanceOf(EvmAddress owner) => (await _market.ReadBalances([owner], await Head(), default))[0];

    public async Task<Settlement?> Last() => (await _market.ReadBooks(await Head(), default)).Last;

    /// <summary>What the escrow owes, and what tokens it has.</summary>
    public async Task<(TokenAmount Owed, TokenAmount Has)> Pot()
    {
        var escrow = ContractBuild.Escrow.Abi.Function("held");
        var token = ContractBuild.DevelopmentToken.Abi.Function("balanceOf");
        return (
            ContractValues.Amount(escrow.DecodeOutputs(await Call(Domain.Contract, escrow.Signature.EncodeCall()))[0]),
            ContractValues.Amount(token.DecodeOutputs(await Call(_token, token.Signature.EncodeCall(Domain.Contract)))[0])
        );
    }

    /// <summary>The settlements of the chain as it is now, in order, with the blocks that have them.</summary>
    public async Task<IReadOnlyList<(ulong Number, ulong Block)>> Settled()
    {
        var settled = ContractBuild.Escrow.Abi.Event("Settled");
        var logs = await _rpc.GetLogs(
            new LogFilter
            {
                FromBlock = Created,
                ToBlock = (await Head()).Number,
                Addresses = [Domain.Contract],
                Topics =
                [
                    [settled.Signature.Topic],
                ],
            },
            default
        );
        return [.. logs.Select(log => (ContractValues.Number(settled.Decode(log.Topics, log.Data)[0]), log.BlockNumber))];
    }

    /// <summary>How many transactions of the operator are on the chain as it is now, since its contracts were made.</summary>
    public async Task<ulong> OperatorTransactions(Secp256k1PrivateKey key) =>
        await _rpc.GetTransactionCount(EvmAddresses.Of(key.PublicKey), BlockId.Of((await Head()).Hash), default) - _nonceAtFirst;

    public async ValueTask DisposeAsync()
    {
        await _anvil.DisposeAsync();
        _invoker.Dispose();
    }

    private async Task<byte[]> Call(EvmAddress to, byte[] data) =>
        await _rpc.Call(new EvmCall { To = to, Data = data }, BlockId.Of((await Head()).Hash), default);

    private async Task<EvmWallet> Fund(Secp256k1PrivateKey owner, EvmAddress spender, ulong amount)
    {
        var wallet = WalletOf(owner);
        await _anvil.Tell("anvil_setBalance", wallet.Address.ToString(), Coins);
        await wallet.Send(_token, TokenCalls.Mint(wallet.Address, amount), ContractBuild.DevelopmentToken.Abi, default);
        await wallet.Send(_token, TokenCalls.Approve(spender, amount), ContractBuild.DevelopmentToken.Abi, default);
        return wallet;
    }

    private Task Tell(EvmWallet wallet, byte[] data) => wallet.Send(Domain.Contract, data, ContractBuild.Escrow.Abi, default);

    private EvmWallet WalletOf(Secp256k1PrivateKey key) => new(_rpc, key, TimeProvider.System);
}
