using System.Numerics;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>The members of one size in one epoch: whose votes are enough, and whether signatures are theirs.</summary>
internal sealed class Committee
{
    private readonly RosterMember[] _members;
    private readonly ProvenBlsPublicKey[] _keys;
    private readonly MarketDomain _domain;
    private readonly BigInteger _total;

    /// <param name="epoch">Its number.</param>
    /// <param name="members">In the order in which they were drawn. Their keys were checked when they registered.</param>
    /// <param name="domain">The market's.</param>
    public Committee(ulong epoch, IEnumerable<RosterMember> members, MarketDomain domain)
    {
        (Epoch, _domain, _members) = (epoch, domain, [.. members]);
        _keys = [.. _members.Select(member => ProvenBlsPublicKey.FromTrustedStorage(member.Key.Key.Span))];
        _total = _members.Aggregate(BigInteger.Zero, (sum, member) => sum + member.Weight.BaseUnits);
        Hash = BatchDigest.CommitteeHash(epoch, [.. _members.Select(ToMember)]);
    }

    public ulong Epoch { get; }

    /// <inheritdoc cref="EpochList.SignsUntil"/>
    public DateTimeOffset? SignsUntil { get; init; }

    public IReadOnlyList<RosterMember> Members => _members;

    /// <summary>What its signatures bind.</summary>
    public Bytes32 Hash { get; }

    /// <summary>Whether its members sign nothing any more.</summary>
    public bool IsOver(DateTimeOffset now) => now >= SignsUntil;

    /// <returns>Its place; -1 where it is no member.</returns>
    public int IndexOf(WorkerId worker) => Array.FindIndex(_members, member => member.Worker == worker);

    public BigInteger WeightOf(IEnumerable<WorkerId> workers) =>
        workers.Aggregate(
            BigInteger.Zero,
            (sum, worker) => IndexOf(worker) is >= 0 and var index ? sum + _members[index].Weight.BaseUnits : sum
        );

    /// <summary>Whether these members together may speak for it.</summary>
    public bool IsEnough(IEnumerable<WorkerId> workers) => CommitteeMember.IsEnough(WeightOf(workers), _total);

    public byte[] Digest(Bytes32 root) => BatchDigest.OfCommitteeReceipts(_domain, Hash, root).ToArray();

    /// <summary>Whether the sum of signatures is that of these members.</summary>
    /// <param name="signers">Their places.</param>
    /// <param name="digest">See <see cref="Digest"/>.</param>
    /// <param name="sum">The sum.</param>
    public bool Verify(IReadOnlyList<int> signers, byte[] digest, BlsSignature sum) =>
        Bls.FastAggregateVerify([.. signers.Select(signer => _keys[signer])], digest, sum);

    public static CommitteeMember ToMember(RosterMember member) =>
        new()
        {
            Worker = member.Worker,
            BlsKey = Convert.ToHexStringLower(member.Key.Key.Span),
            Possession = Convert.ToHexStringLower(member.Key.Possession.Span),
            Registration = Convert.ToHexStringLower(member.Key.Registration.Span),
            Weight = member.Weight,
        };
}
