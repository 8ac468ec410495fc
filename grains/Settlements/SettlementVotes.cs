using System.Collections.Immutable;
using System.Numerics;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// The signatures of one settlement, in memory until there are enough: a member gives the same one when it is asked again.
/// </summary>
/// <param name="request">What is asked.</param>
/// <param name="digest">What is signed.</param>
/// <param name="committee">The members of the epoch, with their weights.</param>
internal sealed class SettlementVotes(SettlementRequest request, Bytes32 digest, IReadOnlyList<WeighedMember> committee)
{
    private readonly Dictionary<Bytes32, BlsSignature> _signatures = [];
    private readonly BigInteger _total = committee.Aggregate(BigInteger.Zero, (sum, member) => sum + member.Weight.BaseUnits);

    public SettlementRequest Request => request;

    public int Signed => _signatures.Count;

    public int Asked => committee.Count;

    public bool IsComplete => Signed == Asked;

    /// <summary>When there were first enough, of the clock that only runs forward; null: there are not.</summary>
    public long? EnoughAt { get; private set; }

    public ImmutableArray<WorkerId> Missing() =>
        [.. committee.Where(member => !_signatures.ContainsKey(member.Known.Id)).Select(member => member.Known.Worker).Distinct()];

    /// <summary>
    /// Takes a signature, if it is that of a member. Whose it is, its key says: a worker may be named by a member that it is not.
    /// </summary>
    public void Take(WorkerId worker, SettlementVote vote, long now)
    {
        if ((vote.Number, vote.Epoch) != (request.Number, request.Epoch) || !BlsSignature.TryRead(vote.Signature.Span, out var signature))
        {
            return;
        }
        var signer = committee
            .Where(member => member.Known.Worker == worker && !_signatures.ContainsKey(member.Known.Id))
            .FirstOrDefault(member => Bls.FastAggregateVerify([member.Key], digest.ToArray(), signature));
        if (signer is null)
        {
            return;
        }
        _signatures.Add(signer.Known.Id, signature);
        var weight = committee
            .Where(member => _signatures.ContainsKey(member.Known.Id))
            .Aggregate(BigInteger.Zero, (sum, member) => sum + member.Weight.BaseUnits);
        if (CommitteeMember.IsEnough(weight, _total))
        {
            EnoughAt ??= now;
        }
    }

    /// <summary>The sum of all that are there, and who is not in it, ascending.</summary>
    public (BlsSignature Sum, ImmutableArray<Bytes32> Absentees) Close() =>
        (
            Bls.Aggregate([.. _signatures.Values]),
            [.. committee.Select(member => member.Known.Id).Where(id => !_signatures.ContainsKey(id)).Order()]
        );
}

/// <param name="Known">Who.</param>
/// <param name="Weight">In the epoch; not 0.</param>
internal sealed record WeighedMember(KnownMember Known, TokenAmount Weight)
{
    /// <summary>The registry has checked that its owner has the secret.</summary>
    public ProvenBlsPublicKey Key { get; } = ProvenBlsPublicKey.FromTrustedStorage(Known.Key.Bytes);
}
