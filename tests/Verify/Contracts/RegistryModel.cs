using System.Numerics;

namespace Marketplace.Verify.Contracts;

/// <summary>What the market chose when it created its contracts, in seconds and base units.</summary>
internal sealed record ModelTerms
{
    public required ulong EpochLength { get; init; }
    public required ulong UnbondingDelay { get; init; }
    public required ulong WithdrawalDelay { get; init; }
    public required ulong ExitDelay { get; init; }
    public required ulong StakeMin { get; init; }
    public required ulong CommitteeMin { get; init; }
}

/// <summary>A sum of signatures, and what the check knows of it.</summary>
internal sealed record ModelSignature
{
    /// <summary>Those who are said not to have signed, as the call says them.</summary>
    public IReadOnlyList<Bytes32> Absentees { get; init; } = [];

    /// <summary>Those whose signatures are in the sum.</summary>
    public required IReadOnlySet<Bytes32> Signers { get; init; }

    /// <summary>What they have signed.</summary>
    public required Bytes32 Digest { get; init; }

    /// <summary>A bit of the sum was changed, so it is no point of the curve.</summary>
    public bool IsDamaged { get; init; }
}

/// <summary>A vote that a reporter shows.</summary>
/// <param name="Hash">Of the struct that is said to be signed.</param>
/// <param name="Digest">Of the same in the market's domain.</param>
/// <param name="Signers">As the call says them.</param>
/// <param name="Signature">What the check knows of the sum.</param>
internal sealed record ModelVote(Bytes32 Hash, Bytes32 Digest, IReadOnlyList<Bytes32> Signers, ModelSignature Signature);

/// <summary>A member of the registry.</summary>
internal sealed class ModelMember
{
    public required EvmAddress Owner { get; init; }
    public required Bytes32 Worker { get; init; }
    public BigInteger Stake { get; set; }
    public BigInteger Unbonding { get; set; }
    public ulong UnbondedAt { get; set; }
    public bool IsSlashed { get; set; }
}

/// <summary>
/// The registry as IStakeRegistry.sol tells of it. The committee of an epoch is counted anew from every stake that ever was, so the
/// model has no sums to keep. Answers as <see cref="EscrowModel"/> does.
/// </summary>
internal sealed class RegistryModel(ModelWorld world, EvmAddress address, ulong startedAt)
{
    private const int RewardPercent = 10;

    /// <summary>The greatest number of 96 bits.</summary>
    private static readonly BigInteger StakeMax = (BigInteger.One << 96) - 1;

    private readonly SortedDictionary<Bytes32, ModelMember> _members = [];
    private readonly List<(ulong FromEpoch, Bytes32 Member, BigInteger Stake)> _stakes = [];

    public required ModelTerms Terms { get; init; }

    public EscrowModel Escrow { get; set; } = null!;

    public EvmAddress Address => address;

    public ulong CurrentEpoch => (world.Next.Time - startedAt) / Terms.EpochLength;

    public IReadOnlyDictionary<Bytes32, ModelMember> Members => _members;

    public BigInteger Total => _members.Values.Aggregate(BigInteger.Zero, (sum, member) => sum + member.Stake + member.Unbonding);

    public BigInteger WeightOf(Bytes32 member, ulong epoch) =>
        _stakes.LastOrDefault(stake => stake.Member == member && stake.FromEpoch <= epoch).Stake;

    /// <summary>The members of an epoch's committee with their weights.</summary>
    public IReadOnlyDictionary<Bytes32, BigInteger> CommitteeOf(ulong epoch)
    {
        var weights = new SortedDictionary<Bytes32, BigInteger>();
        foreach (var (_, member, stake) in _stakes.Where(stake => stake.FromEpoch <= epoch))
        {
            weights[member] = stake;
        }
        return new SortedDictionary<Bytes32, BigInteger>(weights.Where(pair => !pair.Value.IsZero).ToDictionary());
    }

    public byte[]? Register(EvmAddress caller, Bytes32 member, Bytes32 worker, BigInteger amount, bool isProven)
    {
        if (world.Locked.Contains(address))
        {
            return Refusal.Reentered;
        }
        if (_members.ContainsKey(member))
        {
            return Refusal.Of("KeyAlreadyRegistered(bytes32)", member);
        }
        if (amount < Terms.StakeMin)
        {
            return Refusal.Of("StakeTooSmall(uint128,uint128)", amount, Terms.StakeMin);
        }
        if (amount > StakeMax)
        {
            return Refusal.Of("StakeTooLarge(uint256,uint256)", amount, StakeMax);
        }
        if (!isProven)
        {
            return Refusal.Of("PossessionNotProven(bytes32)", member);
        }
        if (world.Token.RefusesPull(caller, address, amount) is { } refusal)
        {
            return refusal;
        }
        _members[member] = new ModelMember { Owner = caller, Worker = worker };
        SetStake(member, amount);
        Alone(() => world.Token.Pull(caller, address, amount));
        return null;
    }

    public byte[]? Increase(EvmAddress caller, Bytes32 member, BigInteger amount)
    {
        if (Unknown(member) is { } refusal)
        {
            return refusal;
        }
        var known = _members[member];
        var stake = known.Stake + amount;
        if (known.IsSlashed)
        {
            return Refusal.Of("MemberIsSlashed(bytes32)", member);
        }
        if (stake > StakeMax)
        {
            return Refusal.Of("StakeTooLarge(uint256,uint256)", stake, StakeMax);
        }
        if (amount.IsZero || stake < Terms.StakeMin)
        {
            return Refusal.Of("StakeTooSmall(uint128,uint128)", amount, Terms.StakeMin);
        }
        if (world.Token.RefusesPull(caller, address, amount) is { } refused)
        {
            return refused;
        }
        SetStake(member, stake);
        Alone(() => world.Token.Pull(caller, address, amount));
        return null;
    }

    public byte[]? Unbond(EvmAddress caller, Bytes32 member, BigInteger amount)
    {
        if (Unknown(member) is { } refusal)
        {
            return refusal;
        }
        var known = _members[member];
        if (known.Owner != caller)
        {
            return Refusal.Of("NotTheOwner(bytes32,address,address)", member, caller, known.Owner);
        }
        if (amount.IsZero || known.Stake.IsZero)
        {
            return Refusal.Of("NothingStaked(bytes32,uint128,uint128)", member, amount, known.Stake);
        }
        amount = BigInteger.Min(amount, known.Stake);
        var left = known.Stake - amount;
        if (!left.IsZero && left < Terms.StakeMin)
        {
            return Refusal.Of("StakeTooSmall(uint128,uint128)", left, Terms.StakeMin);
        }
        known.Unbonding += amount;
        known.UnbondedAt = world.Next.Time + Terms.UnbondingDelay;
        SetStake(member, left);
        return null;
    }

    public byte[]? WithdrawStake(Bytes32 member)
    {
        if (Unknown(member) is { } unknown)
        {
            return unknown;
        }
        var known = _members[member];
        if (known.Unbonding.IsZero)
        {
            return Refusal.Of("NothingUnbonding(bytes32)", member);
        }
        if (world.Next.Time < known.UnbondedAt)
        {
            return Refusal.Of("StillUnbonding(bytes32,uint64)", member, known.UnbondedAt);
        }
        var amount = known.Unbonding;
        if (world.Token.RefusesPay(address, known.Owner, amount) is { } refusal)
        {
            return refusal;
        }
        known.Unbonding = BigInteger.Zero;
        Alone(() => world.Token.Pay(address, known.Owner, amount));
        return null;
    }

    /// <param name="isContradiction">The two are of one number and epoch, or of one job and epoch.</param>
    public byte[]? Slash(EvmAddress caller, Bytes32 member, ModelVote one, ModelVote other, bool isContradiction)
    {
        if (world.Locked.Contains(address))
        {
            return Refusal.Reentered;
        }
        if (!isContradiction)
        {
            return Refusal.Of("NoContradiction()");
        }
        if ((RefusesVote(member, one) ?? RefusesVote(member, other)) is { } refusal)
        {
            return refusal;
        }
        var known = _members[member];
        if (known.IsSlashed)
        {
            return Refusal.Of("MemberIsSlashed(bytes32)", member);
        }
        var amount = known.Stake + known.Unbonding;
        var reward = amount * RewardPercent / 100;
        if ((world.Token.RefusesPay(address, caller, reward) ?? Escrow.RefusesCompensation(amount - reward)) is { } refused)
        {
            return refused;
        }
        known.IsSlashed = true;
        known.Unbonding = BigInteger.Zero;
        if (!known.Stake.IsZero)
        {
            SetStake(member, BigInteger.Zero);
        }
        Alone(() =>
        {
            world.Token.Pay(address, caller, reward);
            Escrow.Compensate(amount - reward);
        });
        return null;
    }

    /// <returns>What the registry reverts with that is asked whether a committee has signed; null: it has.</returns>
    public byte[]? RefusesSignature(ulong epoch, Bytes32 digest, ModelSignature signature)
    {
        if (epoch > CurrentEpoch + 1)
        {
            return Refusal.Of("EpochUnknown(uint64,uint64)", epoch, CurrentEpoch + 1);
        }
        var committee = CommitteeOf(epoch);
        if (committee.Count < (int)Terms.CommitteeMin)
        {
            return Refusal.Of("CommitteeTooSmall(uint64,uint64,uint64)", epoch, committee.Count, Terms.CommitteeMin);
        }
        var present = committee.Keys.ToHashSet();
        var before = default(Bytes32);
        foreach (var absentee in signature.Absentees)
        {
            if (absentee.CompareTo(before) <= 0)
            {
                return Refusal.Of("NotAscending(bytes32,bytes32)", absentee, before);
            }
            before = absentee;
            if (!present.Remove(absentee))
            {
                return Refusal.Of("NotInCommittee(bytes32,uint64)", absentee, epoch);
            }
        }
        var total = committee.Values.Aggregate(BigInteger.Zero, (sum, weight) => sum + weight);
        var signed = present.Aggregate(BigInteger.Zero, (sum, member) => sum + committee[member]);
        return signed * 3 <= total * 2
            ? Refusal.Of("WeightTooSmall(uint64,uint128,uint128)", epoch, signed, total)
            : RefusesSum(digest, present, signature);
    }

    private byte[]? RefusesVote(Bytes32 member, ModelVote vote)
    {
        var before = default(Bytes32);
        foreach (var signer in vote.Signers)
        {
            if (signer.CompareTo(before) <= 0)
            {
                return Refusal.Of("NotAscending(bytes32,bytes32)", signer, before);
            }
            before = signer;
            if (!_members.ContainsKey(signer))
            {
                return Refusal.Of("MemberUnknown(bytes32)", signer);
            }
        }
        return vote.Signers.Contains(member)
            ? RefusesSum(vote.Digest, vote.Signers.ToHashSet(), vote.Signature)
            : Refusal.Of("NotASigner(bytes32)", member);
    }

    private static byte[]? RefusesSum(Bytes32 digest, HashSet<Bytes32> signers, ModelSignature signature) =>
        signature.IsDamaged ? Refusal.NoPoint
        : signature.Digest == digest && signers.SetEquals(signature.Signers) ? null
        : Refusal.Of("SignatureWrong(bytes32)", digest);

    private byte[]? Unknown(Bytes32 member) =>
        world.Locked.Contains(address) ? Refusal.Reentered
        : _members.ContainsKey(member) ? null
        : Refusal.Of("MemberUnknown(bytes32)", member);

    private void SetStake(Bytes32 member, BigInteger stake)
    {
        _members[member].Stake = stake;
        _stakes.Add((CurrentEpoch + 1, member, stake));
    }

    private void Alone(Action move)
    {
        world.Locked.Add(address);
        move();
        world.Locked.Remove(address);
    }
}
