using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Testing;

/// <summary>The contracts on a real EVM.</summary>
internal sealed class AnvilBench : ChainBench
{
    /// <summary>The first of the accounts that the node has keys of.</summary>
    private const string Stranger = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

    private readonly AnvilNode _anvil;
    private readonly Bytes32 _market;
    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();
    private readonly Secp256k1PrivateKey _operator = Owner(0x11);
    private IEvmRpc _rpc = null!;
    private EvmAddress _escrow;
    private EvmAddress _registry;
    private EvmAddress _token;

    public override IMarketChain Chain => new EvmMarketChain(_rpc, _escrow, _operator);

    public override MarketDomain Domain => new(_market, 31337, _escrow);

    private AnvilBench(AnvilNode anvil, Bytes32 market) => (_anvil, _market) = (anvil, market);

    /// <summary>What asks the node.</summary>
    public IEvmRpc Rpc => _rpc;

    public AnvilNode Node => _anvil;

    public RpcEndpoint Endpoint => _anvil.Endpoint;

    public EvmAddress Token => _token;

    /// <summary>Who settles.</summary>
    public Secp256k1PrivateKey Operator => _operator;

    public static Task<AnvilBench> Start() => Start(Market);

    /// <param name="market">Whose contracts they are.</param>
    /// <param name="stakeMin">The least stake of a member.</param>
    public static async Task<AnvilBench> Start(Bytes32 market, ulong stakeMin = 100)
    {
        var bench = new AnvilBench(await AnvilNode.Start(), market);
        bench._rpc = new FailoverRpc(
            new RpcOptions
            {
                ChainId = 31337,
                Endpoints = [bench._anvil.Endpoint],
                Invoker = bench._invoker,
                TimeProvider = TimeProvider.System,
                Chance = new Random(1),
            }
        );
        await bench._anvil.Tell("evm_setAutomine", true);
        var wallet = await bench.WalletOf(bench._operator);
        var token = ContractBuild.DevelopmentToken;
        bench._token = await wallet.Deploy(token.CreationOf("Token", "TKN", new System.Numerics.BigInteger(6)), token.Abi, default);
        bench._escrow = await bench.DeployEscrow(stakeMin);
        bench._registry = (await bench.Chain.ReadTerms(default)).Registry;
        return bench;
    }

    /// <summary>Contracts of the same market and token once more, at another address.</summary>
    public async Task<EvmAddress> DeployEscrow(ulong stakeMin = 100)
    {
        var wallet = await WalletOf(_operator);
        var terms = new ChainContractTerms { StakeMin = new TokenAmount(stakeMin), CommitteeMin = 3 };
        return await wallet.Deploy(
            ContractBuild.Escrow.CreationOf(_token, _market.ToArray(), wallet.Address, terms.ToAbi()),
            ContractBuild.Escrow.Abi,
            default
        );
    }

    public override Task Mine(int blocks = 1) => _anvil.Mine(blocks);

    public override async Task NextEpoch()
    {
        await _anvil.Tell("evm_increaseTime", 3600);
        await _anvil.Mine();
    }

    /// <summary>
    /// The first of the new blocks has a transfer between strangers: empty blocks of the same second would be the old ones again, which the
    /// node then loses.
    /// </summary>
    public override Task Reorganise(int depth)
    {
        var transfer = new JsonObject
        {
            ["from"] = Stranger,
            ["to"] = $"0x{1:x40}",
            ["value"] = "0x1",
            ["gas"] = "0x5208",
            ["maxFeePerGas"] = "0x77359400",
            ["maxPriorityFeePerGas"] = "0x1",
        };
        return _anvil.Reorganise(depth, new JsonArray(new JsonArray(transfer, 0)));
    }

    public override async Task Deposit(Secp256k1PrivateKey owner, ulong amount)
    {
        var wallet = await Funded(owner, _escrow, amount);
        await wallet.Send(_escrow, EscrowCalls.Deposit(wallet.Address, new TokenAmount(amount)), ContractBuild.Escrow.Abi, default);
    }

    public override async Task Request(Secp256k1PrivateKey owner, ulong amount) =>
        await Call(owner, EscrowCalls.RequestWithdrawal(new TokenAmount(amount)));

    public override async Task Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path)
    {
        await _anvil.Tell("evm_increaseTime", 1);
        await Call(_operator, EscrowCalls.Withdraw(totals, path));
    }

    public override Task Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Call(_operator, EscrowCalls.Claim(totals, path));

    public override async Task Register(Secp256k1PrivateKey owner, WorkerId worker, BlsSecretKey key, ulong stake)
    {
        var wallet = await Funded(owner, _registry, stake);
        var proof = key.ProvePossession(Possession.Digest(Domain, wallet.Address, worker, key.PublicKey));
        var data = StakeRegistryCalls.Register(worker.Value, key.PublicKey, proof, new TokenAmount(stake));
        await wallet.Send(_registry, data, ContractBuild.StakeRegistry.Abi, default);
    }

    public override async Task Increase(Secp256k1PrivateKey owner, BlsSecretKey key, ulong amount)
    {
        var wallet = await Funded(owner, _registry, amount);
        var data = StakeRegistryCalls.IncreaseStake(Possession.MemberOf(key.PublicKey), new TokenAmount(amount));
        await wallet.Send(_registry, data, ContractBuild.StakeRegistry.Abi, default);
    }

    public override async Task Unbond(Secp256k1PrivateKey owner, BlsSecretKey key)
    {
        // More than there is means all.
        var data = StakeRegistryCalls.BeginUnbonding(Possession.MemberOf(key.PublicKey), new TokenAmount(UInt128.MaxValue));
        await (await WalletOf(owner)).Send(_registry, data, ContractBuild.StakeRegistry.Abi, default);
    }

    public override async Task Slash(BlsSecretKey key, AccountId harmed, JobId job)
    {
        var one = Receipt(harmed, job);
        object[] votes = [.. new[] { one, one with { EndedAt = 2 } }.Select(receipt => Vote(key, receipt))];
        var member = Possession.MemberOf(key.PublicKey).ToArray();
        var data = ContractBuild.StakeRegistry.Abi.Function("slashForReceipts").Signature.EncodeCall([member, .. votes]);
        await (await WalletOf(_operator)).Send(_registry, data, ContractBuild.StakeRegistry.Abi, default);
    }

    public override async ValueTask DisposeAsync()
    {
        await _anvil.DisposeAsync();
        _invoker.Dispose();
        _operator.Dispose();
    }

    /// <summary>As a market asks it by nodes of its own choice.</summary>
    public EvmMarketChain ChainBy(IEvmRpc rpc) => new(rpc, _escrow, _operator);

    /// <summary>Tokens that the escrow has.</summary>
    public async Task<TokenAmount> EscrowHolds()
    {
        var balanceOf = ContractBuild.DevelopmentToken.Abi.Function("balanceOf");
        var call = new EvmCall { To = _token, Data = balanceOf.Signature.EncodeCall(_escrow) };
        var head = await _rpc.GetHead(HeadKind.Latest, default);
        var answer = balanceOf.DecodeOutputs(await _rpc.Call(call, BlockId.Of(head.Hash), default))[0];
        return new TokenAmount((UInt128)(System.Numerics.BigInteger)answer);
    }

    /// <summary>The numbers of the settlements that the chain has, in its order.</summary>
    public async Task<ulong[]> SettledNumbers()
    {
        var settled = ContractBuild.Escrow.Abi.Event("Settled");
        var head = await _rpc.GetHead(HeadKind.Latest, default);
        var filter = new LogFilter
        {
            FromBlock = 0,
            ToBlock = head.Number,
            Addresses = [_escrow],
            Topics =
            [
                [settled.Signature.Topic],
            ],
        };
        var logs = await _rpc.GetLogs(filter, default);
        return [.. logs.Select(log => (ulong)(System.Numerics.BigInteger)settled.Decode(log.Topics, log.Data)[0])];
    }

    /// <summary>What a silo sees that was given another address.</summary>
    public IMarketChain At(EvmAddress escrow) => new EvmMarketChain(_rpc, escrow, key: null);

    /// <summary>Blocks come only when they are asked for.</summary>
    public Task StopMining() => _anvil.Tell("evm_setAutomine", false);

    private async Task Call(Secp256k1PrivateKey owner, byte[] data) =>
        await (await WalletOf(owner)).Send(_escrow, data, ContractBuild.Escrow.Abi, default);

    /// <summary>What a member alone signed of a batch with one receipt, as the registry takes it.</summary>
    private object[] Vote(BlsSecretKey key, Receipt receipt)
    {
        var committee = new Bytes32([.. Enumerable.Repeat((byte)0x99, Bytes32.Size)]);
        var signature = key.Sign(BatchDigest.OfCommitteeReceipts(Domain, committee, receipt.Hash()).ToArray());
        return
        [
            ReceiptValues.Of(receipt),
            new object[] { Array.Empty<object>(), System.Numerics.BigInteger.Zero },
            committee.ToArray(),
            new object[] { Possession.MemberOf(key.PublicKey).ToArray() },
            new object[] { signature.Coordinates().Chunk(Bytes32.Size).Select(word => (object)word).ToArray() },
        ];
    }

    private static Receipt Receipt(AccountId payer, JobId job) =>
        new()
        {
            Execution = new Execution
            {
                Invocation = new Invocation
                {
                    Job = job,
                    Program = new ProgramId(Market),
                    Module = new BlobId(Market),
                    EntryPoint = "main",
                    Arguments = [],
                    Environment = [],
                    Input = new BlobId(Market),
                    Files = [],
                    Clock = 0,
                    FuelLimit = 1,
                    MemoryPages = 1,
                    TimeLimit = 1,
                },
                Result = new RunResult
                {
                    Profile = Market,
                    Outcome = "completed",
                    ExitCode = 0,
                    Fuel = 1,
                    Output = new BlobId(Market),
                    OutputFiles = [],
                    StateBefore = default,
                    StateAfter = default,
                    Writes = default,
                },
            },
            Payer = payer,
            Seats = [],
            Assurance = "committee 3",
            State = "completed",
            Fault = "none",
            PriceLimit = new TokenAmount(1),
            Price = new TokenAmount(1),
            Shares = [],
            Epoch = 1,
            EndedAt = 1,
        };

    private async Task<EvmWallet> Funded(Secp256k1PrivateKey owner, EvmAddress spender, ulong amount)
    {
        var wallet = await WalletOf(owner);
        await wallet.Send(_token, TokenCalls.Mint(wallet.Address, amount), ContractBuild.DevelopmentToken.Abi, default);
        await wallet.Send(_token, TokenCalls.Approve(spender, amount), ContractBuild.DevelopmentToken.Abi, default);
        return wallet;
    }

    private async Task<EvmWallet> WalletOf(Secp256k1PrivateKey key)
    {
        var wallet = new EvmWallet(_rpc, key, TimeProvider.System);
        await _anvil.Tell("anvil_setBalance", wallet.Address.ToString(), "0x56bc75e2d63100000");
        return wallet;
    }
}
