using System.Numerics;
using Marketplace.Crypto;
using static Marketplace.Chain.ContractValues;

namespace Marketplace.Chain;

/// <summary>A market's contracts on an EVM chain (contracts/evm).</summary>
/// <param name="rpc">The nodes.</param>
/// <param name="escrow">Its address, which names all else.</param>
/// <param name="key">The operator's; null: what is here only reads.</param>
public sealed class EvmMarketChain(IEvmRpc rpc, EvmAddress escrow, Secp256k1PrivateKey? key) : IMarketChain
{
    /// <summary>
    /// Gas of a settlement without absentees, and of each absentee: about twice what tests/Benchmarks measures, because a transaction that
    /// runs out of gas is paid for, and what is not used is not.
    /// </summary>
    private const int SettleGas = 600_000;
    private const int AbsenteeGas = 25_000;

    private static readonly AbiEvent Registered = ContractBuild.StakeRegistry.Abi.Event("MemberRegistered");
    private static readonly AbiEvent Slashed = ContractBuild.StakeRegistry.Abi.Event("MemberSlashed");
    private static readonly AbiEvent[] StakeTouches =
    [
        .. ((string[])["StakeIncreased", "UnbondingBegun"]).Select(name => ContractBuild.StakeRegistry.Abi.Event(name)),
    ];
    private static readonly AbiEvent[] Touches =
    [
        .. ((string[])["Deposited", "WithdrawalRequested", "WithdrawalCancelled", "Withdrawn", "Claimed"]).Select(name =>
            ContractBuild.Escrow.Abi.Event(name)
        ),
    ];

    /// <summary>
    /// The first contract that the escrow has created, in its constructor: its address follows from the escrow's, so no node is asked for.
    /// A contract counts what it creates from 1 (<see href="https://eips.ethereum.org/EIPS/eip-161">EIP-161</see>).
    /// </summary>
    private readonly EvmAddress _registry = ContractAddresses.OfCreate(escrow, 1);

    /// <exception cref="ChainException">Also where the code is not that of the contracts of this build, or the escrow's registry is said to
    /// be one that it did not create.</exception>
    public Task<ChainTerms> ReadTerms(CancellationToken cancellation) =>
        Ask(async () =>
        {
            var head = await rpc.GetHead(HeadKind.Latest, cancellation);
            var at = BlockId.Of(head.Hash);
            await RequireCode(ContractBuild.Escrow, escrow, at, cancellation);
            string[] asked = ["registry", "token", "market", "createdIn", "exitDelay"];
            var escrowTerms = await CallAll(ContractBuild.Escrow, escrow, asked, at, cancellation);
            RequireRegistry((EvmAddress)escrowTerms[0]);
            await RequireCode(ContractBuild.StakeRegistry, _registry, at, cancellation);
            var registryTerms = await CallAll(
                ContractBuild.StakeRegistry,
                _registry,
                ["startedAt", "epochLength", "committeeMin", "unbondingDelay"],
                at,
                cancellation
            );
            var token = (EvmAddress)escrowTerms[1];
            return new ChainTerms
            {
                ChainId = rpc.ChainId,
                Escrow = escrow,
                Registry = _registry,
                Token = token,
                Decimals = (byte)(BigInteger)await Call(ContractBuild.DevelopmentToken, token, "decimals", at, cancellation),
                Symbol = (string)await Call(ContractBuild.DevelopmentToken, token, "symbol", at, cancellation),
                Market = Word(escrowTerms[2]),
                CreatedIn = Number(escrowTerms[3]),
                EpochsBegan = Number(registryTerms[0]),
                EpochLength = TimeSpan.FromSeconds(Number(registryTerms[1])),
                CommitteeMin = Number(registryTerms[2]),
                UnbondingDelay = TimeSpan.FromSeconds(Number(registryTerms[3])),
                ExitDelay = TimeSpan.FromSeconds(Number(escrowTerms[4])),
            };
        });

    public Task<ChainBlock> ReadHead(CancellationToken cancellation) =>
        Ask(async () => ToBlock(await rpc.GetHead(HeadKind.Latest, cancellation)));

    public Task<ChainBlock?> FindBlock(ulong number, CancellationToken cancellation) =>
        Ask<ChainBlock?>(async () => await rpc.FindHeader(BlockId.Of(number), cancellation) is { } header ? ToBlock(header) : null);

    public Task<IReadOnlyList<ChainEvent>> ReadEvents(ulong from, ChainBlock to, CancellationToken cancellation) =>
        Ask<IReadOnlyList<ChainEvent>>(async () =>
        {
            var logs = await rpc.GetLogs(
                new LogFilter
                {
                    FromBlock = from,
                    ToBlock = to.Number,
                    Addresses = [escrow, _registry],
                    Topics =
                    [
                        [.. Touches.Concat(StakeTouches).Append(Registered).Append(Slashed).Select(happened => happened.Signature.Topic)],
                    ],
                },
                cancellation
            );
            // What was read is of the chain that has this block, if the chain has it still.
            if ((await rpc.FindHeader(BlockId.Of(to.Number), cancellation))?.Hash != to.Hash)
            {
                throw new ChainException($"Block {to.Number} is not {to.Hash} any more.");
            }
            return [.. logs.Select(ToEvent).OfType<ChainEvent>()];
        });

    public Task<IReadOnlyList<ChainBalance>> ReadBalances(
        IReadOnlyList<EvmAddress> owners,
        ChainBlock at,
        CancellationToken cancellation
    ) =>
        Ask<IReadOnlyList<ChainBalance>>(async () =>
        {
            var function = ContractBuild.Escrow.Abi.Function("balanceOf");
            var answers = await CallTogether(escrow, function, [.. owners.Select(owner => new object[] { owner })], at, cancellation);
            return [.. answers.Select(answer => ToBalance((object[])answer[0]))];
        });

    public Task<ChainBooks> ReadBooks(ChainBlock at, CancellationToken cancellation) =>
        Ask(async () =>
        {
            var answers = await CallAll(
                ContractBuild.Escrow,
                escrow,
                ["lastSettlement", "isClosed", "compensated", "operator", "settledAt"],
                BlockId.Of(at.Hash),
                cancellation
            );
            var last = Settlement(answers[0]);
            return new ChainBooks(
                Last: last.Number == 0 ? null : last,
                IsClosed: (bool)answers[1],
                Compensated: Amount(answers[2]),
                Operator: (EvmAddress)answers[3],
                SettledAt: Number(answers[4])
            );
        });

    public Task<IReadOnlyList<TokenAmount>> ReadWeights(
        ulong epoch,
        IReadOnlyList<Bytes32> members,
        ChainBlock at,
        CancellationToken cancellation
    ) =>
        Ask<IReadOnlyList<TokenAmount>>(async () =>
        {
            var function = ContractBuild.StakeRegistry.Abi.Function("weightOf");
            object[][] calls = [.. members.Select(member => new object[] { member.ToArray(), new BigInteger(epoch) })];
            var answers = await CallTogether(_registry, function, calls, at, cancellation);
            return [.. answers.Select(answer => Amount(answer[0]))];
        });

    public Task<ChainCommittee> ReadCommittee(ulong epoch, ChainBlock at, CancellationToken cancellation) =>
        Ask(async () =>
        {
            var function = ContractBuild.StakeRegistry.Abi.Function("committeeOf");
            var answers = await CallTogether(
                _registry,
                function,
                [
                    [new BigInteger(epoch)],
                ],
                at,
                cancellation
            );
            var members = (object[])answers[0][0];
            return new ChainCommittee(Number(members[0]), Amount(members[1]));
        });

    public Task<IReadOnlyList<ChainMember?>> ReadMembers(IReadOnlyList<Bytes32> members, ChainBlock at, CancellationToken cancellation) =>
        Ask<IReadOnlyList<ChainMember?>>(async () =>
        {
            object[][] calls = [.. members.Select(member => new object[] { member.ToArray() })];
            var known = await CallTogether(_registry, ContractBuild.StakeRegistry.Abi.Function("memberOf"), calls, at, cancellation);
            var keys = await CallTogether(_registry, ContractBuild.StakeRegistry.Abi.Function("keyOf"), calls, at, cancellation);
            return [.. known.Zip(keys, (member, key) => ToMember((object[])member[0], key[0]))];
        });

    public Task<ulong> ReadNonce(ChainBlock at, CancellationToken cancellation) =>
        Ask(() => rpc.GetTransactionCount(EvmAddresses.Of(RequireKey().PublicKey), BlockId.Of(at.Hash), cancellation));

    public Task<ChainFee> ReadFee(CancellationToken cancellation) =>
        Ask(async () =>
        {
            var head = await rpc.GetHead(HeadKind.Latest, cancellation);
            var tip = await rpc.GetPriorityFee(cancellation);
            // The base fee rises by an eighth a block at most: twice of it is six blocks of that.
            return new ChainFee((UInt128)((2 * (head.BaseFeePerGas ?? BigInteger.Zero)) + tip), (UInt128)tip);
        });

    public ChainTransaction Sign(SettlementOrder order, ulong nonce, ChainFee fee)
    {
        ArgumentNullException.ThrowIfNull(order);
        var data = EscrowCalls.Settle(order.Settlement, order.Absentees, order.Signature);
        var signed = new EvmTransaction
        {
            Kind = EvmTransactionKind.FeeMarket,
            ChainId = rpc.ChainId,
            Nonce = nonce,
            GasPrice = (BigInteger)fee.Most,
            PriorityFee = (BigInteger)fee.Tip,
            GasLimit = SettleGas + (AbsenteeGas * order.Absentees.Count),
            To = escrow,
            Value = BigInteger.Zero,
            Data = data,
        }.Sign(RequireKey());
        return new ChainTransaction(signed.Hash, signed.Bytes);
    }

    public Task Send(ReadOnlyMemory<byte> transaction, CancellationToken cancellation) =>
        Ask(async () =>
        {
            try
            {
                await rpc.Send(SignedTransaction.Parse(transaction.Span), cancellation);
            }
            catch (RpcErrorException)
            {
                // Known already, too cheap, or its place is taken: its block says what became of it.
            }
            return true;
        });

    public Task<ChainInclusion?> FindInclusion(Bytes32 transaction, CancellationToken cancellation) =>
        Ask(async () =>
        {
            if (await rpc.FindReceipt(transaction, cancellation) is not { } receipt)
            {
                return null;
            }
            var header = await rpc.FindHeader(BlockId.Of(receipt.BlockNumber), cancellation);
            // A receipt of a block that is no longer there says nothing.
            return header?.Hash == receipt.BlockHash ? new ChainInclusion(ToBlock(header), receipt.Succeeded, receipt.GasUsed) : null;
        });

    private static async Task<TAnswer> Ask<TAnswer>(Func<Task<TAnswer>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or AbiException or OverflowException or FormatException)
        {
            throw new ChainException(failure.Message, failure);
        }
    }

    private static ChainBlock ToBlock(BlockHeader header) => new(header.Number, header.Hash, header.Timestamp);

    private ChainEvent? ToEvent(EvmLog log)
    {
        var topic = log.Topics[0];
        if (log.Address == _registry)
        {
            return ToRegistryEvent(log);
        }
        var touched = Touches.FirstOrDefault(happened => happened.Signature.Topic == topic);
        return touched is null ? null : new AccountTouched(log.BlockNumber, (EvmAddress)touched.Decode(log.Topics, log.Data)[0]);
    }

    private static ChainEvent? ToRegistryEvent(EvmLog log)
    {
        var topic = log.Topics[0];
        if (topic == Registered.Signature.Topic)
        {
            var said = Registered.Decode(log.Topics, log.Data);
            // The registry has refused what is no point of the subgroup, so its event has none.
            return new MemberRegistered(log.BlockNumber, Word(said[0]), new WorkerId(Word(said[2])), Key(said[3]));
        }
        if (topic == Slashed.Signature.Topic)
        {
            var said = Slashed.Decode(log.Topics, log.Data);
            var (harmed, job) = (Word(said[2]), Word(said[3]));
            return new MemberSlashed(
                Block: log.BlockNumber,
                Member: Word(said[0]),
                Harmed: harmed == default ? null : new AccountId(harmed),
                Job: job == default ? null : new JobId(job),
                // The reporter has the rest.
                Amount: Amount(said[4]) - Amount(said[5])
            );
        }
        var touched = StakeTouches.FirstOrDefault(happened => happened.Signature.Topic == topic);
        return touched is null ? null : new StakeTouched(log.BlockNumber, Word(touched.Decode(log.Topics, log.Data)[0]));
    }

    private static ChainMember? ToMember(object[] member, object key) =>
        (EvmAddress)member[0] == default ? null : new ChainMember(new WorkerId(Word(member[1])), Key(key));

    private static ChainBalance ToBalance(object[] members) =>
        new(
            Deposited: Amount(members[0]),
            Withdrawn: Amount(members[1]),
            Claimed: Amount(members[2]),
            Requested: Amount(members[3]),
            RequestedBlock: Number(members[5])
        );

    private void RequireRegistry(EvmAddress said)
    {
        if (said != _registry)
        {
            throw new ChainException(
                $"Escrow {escrow} on chain {rpc.ChainId} is said to have registry {said}; it has created {_registry}. The node's answer "
                    + "is not true: ask another node."
            );
        }
    }

    private async Task RequireCode(ContractBuild contract, EvmAddress address, BlockId at, CancellationToken cancellation)
    {
        var code = await rpc.GetCode(address, at, cancellation);
        if (!contract.IsCodeOf(code))
        {
            throw new ChainException(
                code.Length == 0
                    ? $"Chain {rpc.ChainId} has no contract at {address}; expected is the market's {contract.Name}."
                    : $"The contract at {address} on chain {rpc.ChainId} is not the {contract.Name} of this build."
            );
        }
    }

    private async Task<object> Call(ContractBuild contract, EvmAddress address, string function, BlockId at, CancellationToken cancellation)
    {
        var called = contract.Abi.Function(function);
        var answer = await rpc.Call(new EvmCall { To = address, Data = called.Signature.EncodeCall() }, at, cancellation);
        return called.DecodeOutputs(answer)[0];
    }

    private async Task<object[]> CallAll(
        ContractBuild contract,
        EvmAddress address,
        string[] functions,
        BlockId at,
        CancellationToken cancellation
    )
    {
        AbiFunction[] called = [.. functions.Select(contract.Abi.Function)];
        var answers = await Multicall(address, [.. called.Select(function => function.Signature.EncodeCall())], at, cancellation);
        return [.. called.Select((function, index) => function.DecodeOutputs(answers[index])[0])];
    }

    /// <summary>One function with many arguments, in one question.</summary>
    private async Task<IReadOnlyList<object[]>> CallTogether(
        EvmAddress address,
        AbiFunction function,
        object[][] arguments,
        ChainBlock at,
        CancellationToken cancellation
    )
    {
        var answers = new List<object[]>(arguments.Length);
        foreach (var part in arguments.Chunk(CallsAtOnceMax))
        {
            var given = await Multicall(
                address,
                [.. part.Select(some => function.Signature.EncodeCall(some))],
                BlockId.Of(at.Hash),
                cancellation
            );
            answers.AddRange(given.Select(answer => function.DecodeOutputs(answer)));
        }
        return answers;
    }

    /// <summary>Calls in one question: what nodes answer without complaint, and its answer stays small.</summary>
    private const int CallsAtOnceMax = 256;

    private async Task<byte[][]> Multicall(EvmAddress address, byte[][] calls, BlockId at, CancellationToken cancellation)
    {
        var multicall = ContractBuild.Escrow.Abi.Function("multicall");
        var data = multicall.Signature.EncodeCall(new object[] { calls.Select(call => (object)call).ToArray() });
        var answer = await rpc.Call(new EvmCall { To = address, Data = data }, at, cancellation);
        var answers = (object[])multicall.DecodeOutputs(answer)[0];
        return answers.Length == calls.Length
            ? [.. answers.Select(one => (byte[])one)]
            : throw new ChainException($"{calls.Length} calls to {address} have {answers.Length} answers.");
    }

    private Secp256k1PrivateKey RequireKey() =>
        key ?? throw new InvalidOperationException("This is a bug: what only reads the chain was told to send.");
}
