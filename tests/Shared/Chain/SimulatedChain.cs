using System.Buffers.Binary;
using System.Collections.Immutable;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Testing;

/// <summary>
/// A chain with a market's contracts that does what the test says: blocks come when it mines them, it loses what it was told, is
/// reorganised, and does not answer. Each block has the state after it, so all reads of one block fit together.
/// </summary>
internal sealed class SimulatedChain : IMarketChain
{
    private readonly Dictionary<Bytes32, (SettlementOrder Order, ulong Nonce, ChainFee Fee)> _signed = [];
    private readonly List<Bytes32> _pool = [];
    private readonly List<Func<SimulatedState, SimulatedState>> _next = [];
    private readonly List<Mined> _blocks = [];
    private readonly MarketDomain _domain;
    private readonly Random _chance = new(1);
    private ulong _salt;

    /// <param name="domain">The market's, with the chain's id and the escrow's address.</param>
    /// <param name="epochLength">Of the registry.</param>
    public SimulatedChain(MarketDomain domain, TimeSpan epochLength)
    {
        _domain = domain;
        Terms = new ChainTerms
        {
            ChainId = domain.ChainId,
            Escrow = domain.Contract,
            Registry = EvmAddress.Parse("0x00000000000000000000000000000000000e0002"),
            Token = EvmAddress.Parse("0x00000000000000000000000000000000000e0003"),
            Decimals = 6,
            Symbol = "TKN",
            Market = domain.Market,
            CreatedIn = 1,
            // When simulated runs begin: what is read of the chain is as old as its blocks say.
            EpochsBegan = 1_893_456_000,
            EpochLength = epochLength,
            CommitteeMin = 3,
            UnbondingDelay = TimeSpan.FromDays(7),
            ExitDelay = TimeSpan.FromDays(7),
        };
        var created = new SimulatedState { SettledAt = Terms.EpochsBegan };
        Add(created, [], Terms.EpochsBegan);
        Add(created, [], Terms.EpochsBegan);
    }

    public ChainTerms Terms { get; set; }

    /// <summary>It answers nothing.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Events that it does not tell of.</summary>
    public Func<ChainEvent, bool> Hides { get; set; } = _ => false;

    /// <summary>How many of the newest blocks it has not heard of.</summary>
    public int Behind { get; set; }

    /// <summary>It forgets what is sent.</summary>
    public bool LosesTransactions { get; set; }

    /// <summary>Transactions revert, as those do that run out of gas.</summary>
    public bool RevertsTransactions { get; set; }

    /// <summary>It says of each transaction that this block has it; null: it says what is true.</summary>
    public ChainBlock? SaysIncludedIn { get; set; }

    /// <summary>Of how many questions one is not answered, by chance; 0: all are.</summary>
    public int FailsOneOf { get; set; }

    /// <summary>What a transaction must offer to be taken into a block, in wei.</summary>
    public UInt128 Fee { get; set; } = 1_000_000_000;

    /// <summary>How often a transaction was sent, by its hash.</summary>
    public Dictionary<Bytes32, int> Sent { get; } = [];

    /// <summary>Called with each question's name before it is answered: a test ends the process here.</summary>
    public Action<string>? OnAsked { get; set; }

    /// <summary>The process that asks has ended: what it asks is not heard.</summary>
    public Func<bool> IsAskerGone { get; set; } = () => false;

    public SimulatedState Now => _blocks[^1].State;

    public ulong Head => _blocks[^1].Block.Number;

    /// <summary>Of the newest block, in seconds since 1970.</summary>
    public ulong Time => _blocks[^1].Block.Time;

    /// <summary>The operator's transactions in blocks, with whether each has succeeded.</summary>
    public IEnumerable<(Bytes32 Hash, bool HasSucceeded)> Included => _blocks.SelectMany(mined => mined.Transactions);

    /// <summary>
    /// Something that accounts and members do in the next block; what it refuses throws at once, against the newest block.
    /// </summary>
    public void Do(Func<SimulatedState, SimulatedState> action)
    {
        _ = action(Next(_next));
        _next.Add(action);
    }

    /// <summary>Blocks with what waits, twelve seconds apart.</summary>
    public void Mine(int count = 1, int seconds = 12)
    {
        for (; count > 0; count--)
        {
            var time = _blocks[^1].Block.Time + (ulong)seconds;
            var (number, epoch) = (Head + 1, Terms.EpochAt(time));
            var state = Next(_next, number, epoch);
            var actions = _next.ToArray();
            _next.Clear();
            List<(Bytes32, bool)> transactions = [];
            while (BestOf(state.Nonce) is { } hash)
            {
                var (order, _, _) = _signed[hash];
                var settled = RevertsTransactions ? null : TrySettle(state, order, time);
                state = (settled ?? state) with { Nonce = state.Nonce + 1 };
                transactions.Add((hash, settled is not null));
                var nonce = state.Nonce;
                _pool.RemoveAll(waiting => _signed[waiting].Nonce < nonce);
            }
            Add(state, transactions, time, actions);
        }
    }

    /// <summary>The newest blocks were never there. Others come in their place, with as many more.</summary>
    /// <param name="depth">How many.</param>
    /// <param name="keepsActions">What accounts and members did is in the first of them; else it is lost.</param>
    /// <param name="keepsTransactions">The operator's transactions wait again; else they are forgotten.</param>
    /// <param name="more">Blocks beyond those that are replaced.</param>
    public void Reorganise(int depth, bool keepsActions, bool keepsTransactions, int more = 1)
    {
        var lost = _blocks[^depth..];
        _blocks.RemoveRange(_blocks.Count - depth, depth);
        _salt++;
        var waiting = _next.ToArray();
        _next.Clear();
        if (keepsActions)
        {
            _next.AddRange(lost.SelectMany(mined => mined.Actions));
        }
        _next.AddRange(waiting);
        if (keepsTransactions)
        {
            _pool.AddRange(lost.SelectMany(mined => mined.Transactions).Select(transaction => transaction.Hash));
        }
        Mine(depth + more);
    }

    /// <summary>How many settlements there were so many blocks ago.</summary>
    public ulong SettledBefore(int blocks) => _blocks[^(blocks + 1)].State.Last?.Number ?? 0;

    public Task<ChainTerms> ReadTerms(CancellationToken cancellation) => Answer(nameof(ReadTerms), () => Terms);

    public Task<ChainBlock> ReadHead(CancellationToken cancellation) => Answer(nameof(ReadHead), () => Heard.Block);

    public Task<ChainBlock?> FindBlock(ulong number, CancellationToken cancellation) =>
        Answer<ChainBlock?>(nameof(FindBlock), () => number <= Heard.Block.Number ? _blocks[(int)number].Block : null);

    public Task<IReadOnlyList<ChainEvent>> ReadEvents(ulong from, ChainBlock to, CancellationToken cancellation) =>
        Answer<IReadOnlyList<ChainEvent>>(
            nameof(ReadEvents),
            () => At(to).State.Events.Where(happened => happened.Block >= from && !Hides(happened)).ToArray()
        );

    public Task<IReadOnlyList<ChainBalance>> ReadBalances(
        IReadOnlyList<EvmAddress> owners,
        ChainBlock at,
        CancellationToken cancellation
    ) =>
        Answer<IReadOnlyList<ChainBalance>>(
            nameof(ReadBalances),
            () => owners.Select(owner => At(at).State.BalanceOf(owner).ToBalance()).ToArray()
        );

    public Task<ChainBooks> ReadBooks(ChainBlock at, CancellationToken cancellation) =>
        Answer(
            nameof(ReadBooks),
            () =>
            {
                var state = At(at).State;
                return new ChainBooks(state.Last, state.IsClosed, state.Compensated, Operator: default, state.SettledAt);
            }
        );

    public Task<IReadOnlyList<TokenAmount>> ReadWeights(
        ulong epoch,
        IReadOnlyList<Bytes32> members,
        ChainBlock at,
        CancellationToken cancellation
    ) =>
        Answer<IReadOnlyList<TokenAmount>>(
            nameof(ReadWeights),
            () => members.Select(member => At(at).State.WeightOf(member, epoch)).ToArray()
        );

    public Task<ChainCommittee> ReadCommittee(ulong epoch, ChainBlock at, CancellationToken cancellation) =>
        Answer(
            nameof(ReadCommittee),
            () =>
            {
                var weights = At(at).State.Members.Keys.Select(member => At(at).State.WeightOf(member, epoch)).ToArray();
                return new ChainCommittee(
                    (ulong)weights.Count(weight => !weight.IsZero),
                    weights.Aggregate(TokenAmount.Zero, (sum, weight) => sum + weight)
                );
            }
        );

    public Task<IReadOnlyList<ChainMember?>> ReadMembers(IReadOnlyList<Bytes32> members, ChainBlock at, CancellationToken cancellation) =>
        Answer<IReadOnlyList<ChainMember?>>(
            nameof(ReadMembers),
            () =>
                members
                    .Select(member => At(at).State.Members.GetValueOrDefault(member))
                    .Select(member => member is null ? null : new ChainMember(member.Worker, member.Key))
                    .ToArray()
        );

    public Task<ulong> ReadNonce(ChainBlock at, CancellationToken cancellation) => Answer(nameof(ReadNonce), () => At(at).State.Nonce);

    public Task<ChainFee> ReadFee(CancellationToken cancellation) => Answer(nameof(ReadFee), () => new ChainFee(Fee, Fee / 10));

    public ChainTransaction Sign(SettlementOrder order, ulong nonce, ChainFee fee)
    {
        var bytes = new byte[Bytes32.Size + sizeof(ulong) + 16];
        order.Settlement.Hash().CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(Bytes32.Size), nonce);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(Bytes32.Size + sizeof(ulong)), fee.Most);
        var hash = HashOf(bytes);
        _signed[hash] = (order, nonce, fee);
        return new ChainTransaction(hash, bytes);
    }

    public Task Send(ReadOnlyMemory<byte> transaction, CancellationToken cancellation)
    {
        var hash = HashOf(transaction.Span);
        return Answer(
            nameof(Send),
            () =>
            {
                Sent[hash] = Sent.GetValueOrDefault(hash) + 1;
                if (!LosesTransactions && !_pool.Contains(hash) && !Included.Any(included => included.Hash == hash))
                {
                    _pool.Add(hash);
                }
                return true;
            }
        );
    }

    public Task<ChainInclusion?> FindInclusion(Bytes32 transaction, CancellationToken cancellation) =>
        Answer(
            nameof(FindInclusion),
            () =>
                SaysIncludedIn is { } said
                    ? new ChainInclusion(said, HasSucceeded: true, 250_000)
                    : _blocks
                        .SelectMany(mined => mined.Transactions.Select(included => (mined.Block, included)))
                        .Where(pair => pair.included.Hash == transaction)
                        .Select(pair => new ChainInclusion(pair.Block, pair.included.HasSucceeded, 250_000))
                        .FirstOrDefault()
        );

    private Task<TAnswer> Answer<TAnswer>(string question, Func<TAnswer> answer)
    {
        OnAsked?.Invoke(question);
        if (IsAskerGone())
        {
            return new TaskCompletionSource<TAnswer>().Task;
        }
        if (IsSilent || (FailsOneOf > 0 && _chance.Next(FailsOneOf) == 0))
        {
            return Task.FromException<TAnswer>(new ChainException("The simulated node does not answer."));
        }
        return Task.FromResult(answer());
    }

    private Mined Heard => _blocks[^(1 + Behind)];

    private Mined At(ChainBlock block) =>
        block.Number <= Heard.Block.Number && _blocks[(int)block.Number].Block.Hash == block.Hash
            ? _blocks[(int)block.Number]
            : throw new ChainException($"Block {block.Number} is not on the chain any more.");

    private SimulatedState Next(IEnumerable<Func<SimulatedState, SimulatedState>> actions, ulong? number = null, ulong? epoch = null)
    {
        var state = Now with { Number = number ?? (Head + 1), Epoch = epoch ?? Terms.EpochAt(_blocks[^1].Block.Time) };
        foreach (var action in actions)
        {
            try
            {
                state = action(state);
            }
            catch (InvalidOperationException) when (number is not null)
            {
                // What was possible on the other side of a fork may be reverted on this one.
            }
        }
        return state;
    }

    private Bytes32? BestOf(ulong nonce) =>
        _pool
            .Where(hash => _signed[hash].Nonce == nonce && _signed[hash].Fee.Most >= Fee)
            .OrderByDescending(hash => _signed[hash].Fee.Tip)
            .Select(hash => (Bytes32?)hash)
            .FirstOrDefault();

    /// <summary>As the escrow does it. Null: reverted.</summary>
    private SimulatedState? TrySettle(SimulatedState state, SettlementOrder order, ulong time)
    {
        var (settlement, last) = (order.Settlement, state.Last);
        if (
            state.IsClosed
            || settlement.Number != (last?.Number ?? 0) + 1
            || (settlement.Epoch != state.Epoch && settlement.Epoch + 1 != state.Epoch)
            || settlement.ChainBlock < (last?.ChainBlock ?? 0)
            || settlement.ChainBlock >= state.Number
            || settlement.Earned < (last?.Earned ?? TokenAmount.Zero)
            || settlement.Spent < (last?.Spent ?? TokenAmount.Zero)
            || settlement.Earned > settlement.Spent + state.Compensated
        )
        {
            return null;
        }
        var committee = state.Members.Values.Where(member => !state.WeightOf(member.Id, settlement.Epoch).IsZero).ToArray();
        var signing = committee.Where(member => !order.Absentees.Contains(member.Id)).ToArray();
        var (signed, total) = (Weight(signing), Weight(committee));
        var isSigned =
            order.Absentees.SequenceEqual(order.Absentees.Order())
            && order.Absentees.All(absentee => committee.Any(member => member.Id == absentee))
            && (ulong)committee.Length >= Terms.CommitteeMin
            && CommitteeMember.IsEnough(signed, total)
            && Bls.FastAggregateVerify(
                [.. signing.Select(member => ProvenBlsPublicKey.FromTrustedStorage(member.Key.Bytes))],
                settlement.Digest(_domain).ToArray(),
                order.Signature
            );
        return isSigned ? state with { Last = settlement, SettledAt = time, Settled = [.. state.Settled, settlement] } : null;

        System.Numerics.BigInteger Weight(IEnumerable<SimulatedMember> members) =>
            members.Aggregate(
                System.Numerics.BigInteger.Zero,
                (sum, member) => sum + state.WeightOf(member.Id, settlement.Epoch).BaseUnits
            );
    }

    private void Add(
        SimulatedState state,
        IReadOnlyList<(Bytes32, bool)> transactions,
        ulong time,
        IReadOnlyList<Func<SimulatedState, SimulatedState>>? actions = null
    )
    {
        var number = (ulong)_blocks.Count;
        Span<byte> named = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(named, number);
        BinaryPrimitives.WriteUInt64BigEndian(named[sizeof(ulong)..], _salt);
        _blocks.Add(
            new Mined(new ChainBlock(number, HashOf(named), time), state with { Number = number }, [.. transactions], actions ?? [])
        );
    }

    private static Bytes32 HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(bytes, digest);
        return new Bytes32(digest);
    }

    private sealed record Mined(
        ChainBlock Block,
        SimulatedState State,
        ImmutableArray<(Bytes32 Hash, bool HasSucceeded)> Transactions,
        IReadOnlyList<Func<SimulatedState, SimulatedState>> Actions
    );
}
