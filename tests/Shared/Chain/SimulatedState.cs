using System.Collections.Immutable;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Testing;

/// <summary>The contracts after a block. What they refuse throws <see cref="InvalidOperationException"/>.</summary>
internal sealed record SimulatedState
{
    /// <summary>The block.</summary>
    public ulong Number { get; init; }

    public ulong Epoch { get; init; }

    /// <summary>The operator's next.</summary>
    public ulong Nonce { get; init; }

    public Settlement? Last { get; init; }

    /// <summary>All that were ever settled on this side of every fork.</summary>
    public ImmutableArray<Settlement> Settled { get; init; } = [];

    /// <summary>When the last settlement came, or the escrow was created, in seconds since 1970.</summary>
    public ulong SettledAt { get; init; }

    public bool IsClosed { get; init; }

    /// <summary>The least first deposit of an account. As in the contracts whose least stake is under 1,000, it is nothing.</summary>
    public TokenAmount DepositMin { get; init; }

    public TokenAmount Compensated { get; init; }

    public ImmutableList<ChainEvent> Events { get; init; } = [];

    public ImmutableDictionary<EvmAddress, SimulatedBalance> Balances { get; init; } =
        ImmutableDictionary<EvmAddress, SimulatedBalance>.Empty;

    public ImmutableDictionary<Bytes32, SimulatedMember> Members { get; init; } = ImmutableDictionary<Bytes32, SimulatedMember>.Empty;

    /// <summary>Tokens that left the escrow.</summary>
    public TokenAmount PaidOut => Sum(balance => balance.Withdrawn) + Sum(balance => balance.Claimed);

    public TokenAmount Deposited => Sum(balance => balance.Deposited);

    public SimulatedBalance BalanceOf(EvmAddress owner) => Balances.GetValueOrDefault(owner) ?? new SimulatedBalance();

    public TokenAmount WeightOf(Bytes32 member, ulong epoch) =>
        Members.GetValueOrDefault(member) is { } known
            ? known.Stakes.LastOrDefault(stake => stake.FromEpoch <= epoch).Amount
            : TokenAmount.Zero;

    public SimulatedState Deposit(EvmAddress owner, ulong amount)
    {
        var (balance, added) = (BalanceOf(owner), new TokenAmount(amount));
        Require(!added.IsZero && (!balance.Deposited.IsZero || added >= DepositMin));
        return With(owner, balance with { Deposited = balance.Deposited + added });
    }

    public SimulatedState Request(EvmAddress owner, ulong amount)
    {
        var balance = BalanceOf(owner);
        Require(balance.Requested.IsZero && new TokenAmount(amount) <= balance.Deposited - balance.Withdrawn);
        return With(owner, balance with { Requested = new TokenAmount(amount), RequestedOf = balance.Deposited, RequestedBlock = Number });
    }

    public SimulatedState Cancel(EvmAddress owner) =>
        With(owner, BalanceOf(owner) with { Requested = TokenAmount.Zero, RequestedOf = TokenAmount.Zero, RequestedBlock = 0 });

    /// <summary>By the last settlement, whose file the caller has.</summary>
    public SimulatedState Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path)
    {
        var balance = BalanceOf(totals.Owner);
        Require(IsSettled(totals, path) && !balance.Requested.IsZero && balance.RequestedBlock <= Last!.ChainBlock);
        var gone = balance.Withdrawn + totals.Spent + totals.Held;
        var free = balance.RequestedOf - TokenAmount.Min(balance.RequestedOf, gone);
        var paid = TokenAmount.Min(balance.Requested, free);
        Require(!paid.IsZero);
        return With(
            totals.Owner,
            balance with
            {
                Withdrawn = balance.Withdrawn + paid,
                Requested = TokenAmount.Zero,
                RequestedOf = TokenAmount.Zero,
                RequestedBlock = 0,
            }
        );
    }

    public SimulatedState Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path)
    {
        var balance = BalanceOf(totals.Owner);
        Require(IsSettled(totals, path) && totals.Earned > balance.Claimed);
        return With(totals.Owner, balance with { Claimed = totals.Earned });
    }

    public SimulatedState Register(WorkerId worker, BlsPublicKey key, ulong stake)
    {
        var id = Possession.MemberOf(key);
        Require(!Members.ContainsKey(id));
        return this with
        {
            Members = Members.Add(id, new SimulatedMember(id, worker, key).With(Epoch + 1, new TokenAmount(stake))),
            Events = Events.Add(new MemberRegistered(Number, id, worker, key)),
        };
    }

    /// <summary>It has so much at stake from the next epoch on, more or less than before.</summary>
    public SimulatedState Restake(BlsPublicKey key, ulong stake)
    {
        var id = Possession.MemberOf(key);
        var member = Members.GetValueOrDefault(id);
        Require(member is { IsSlashed: false } && member.Stake != new TokenAmount(stake));
        return this with
        {
            Members = Members.SetItem(id, member!.With(Epoch + 1, new TokenAmount(stake))),
            Events = Events.Add(new StakeTouched(Number, id)),
        };
    }

    /// <summary>Somebody has shown what the member signed: nine tenths of its stake come to the escrow.</summary>
    public SimulatedState Slash(BlsPublicKey key, AccountId? harmed = null, JobId? job = null)
    {
        var id = Possession.MemberOf(key);
        var member = Members.GetValueOrDefault(id);
        Require(member is { IsSlashed: false });
        var rest = new TokenAmount(member!.Stake.BaseUnits - (member.Stake.BaseUnits * 10 / 100));
        return this with
        {
            Members = Members.SetItem(id, member.With(Epoch + 1, TokenAmount.Zero) with { IsSlashed = true }),
            Compensated = Compensated + rest,
            Events = Events.Add(new MemberSlashed(Number, id, harmed, job, rest)),
        };
    }

    private bool IsSettled(AccountTotals totals, IReadOnlyList<MerkleStep> path) =>
        Last is not null && MerkleBatch.RootOf(totals.Hash(), path) == Last.Accounts;

    private SimulatedState With(EvmAddress owner, SimulatedBalance balance) =>
        this with
        {
            Balances = Balances.SetItem(owner, balance),
            Events = Events.Add(new AccountTouched(Number, owner)),
        };

    private TokenAmount Sum(Func<SimulatedBalance, TokenAmount> part) =>
        Balances.Values.Aggregate(TokenAmount.Zero, (sum, balance) => sum + part(balance));

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("The contract reverts.");
        }
    }
}

internal sealed record SimulatedBalance
{
    public TokenAmount Deposited { get; init; }
    public TokenAmount Withdrawn { get; init; }
    public TokenAmount Claimed { get; init; }
    public TokenAmount Requested { get; init; }
    public TokenAmount RequestedOf { get; init; }
    public ulong RequestedBlock { get; init; }

    public ChainBalance ToBalance() => new(Deposited, Withdrawn, Claimed, Requested, RequestedBlock);
}

internal sealed record SimulatedMember(Bytes32 Id, WorkerId Worker, BlsPublicKey Key)
{
    /// <summary>What counts from which epoch on, ascending.</summary>
    public ImmutableList<(ulong FromEpoch, TokenAmount Amount)> Stakes { get; init; } = [];

    public bool IsSlashed { get; init; }

    public TokenAmount Stake => Stakes[^1].Amount;

    public SimulatedMember With(ulong fromEpoch, TokenAmount stake) =>
        this with
        {
            Stakes = Stakes.RemoveAll(known => known.FromEpoch == fromEpoch).Add((fromEpoch, stake)),
        };
}
