using System.Numerics;

namespace Marketplace.Crypto;

/// <summary>
/// Members of whom a threshold must sign. An aggregate comes with a bitmap that says which of them signed; it counts only where at least
/// the threshold of bits are set and the signature is the sum of exactly those members'.
/// </summary>
public sealed class BlsCommittee
{
    /// <summary>A bitmap is one word.</summary>
    public const int MembersMax = 64;

    private readonly ProvenBlsPublicKey[] _members;

    /// <exception cref="ArgumentException">
    /// There are no members or over 64, a member is there twice, which would be one signer with two votes, or the threshold is not from 1
    /// to the number of members.
    /// </exception>
    public BlsCommittee(ReadOnlySpan<ProvenBlsPublicKey> members, int threshold)
    {
        if (members.Length is 0 or > MembersMax)
        {
            throw new ArgumentException($"A committee has 1 to {MembersMax} members, got {members.Length}.", nameof(members));
        }
        if (threshold < 1 || threshold > members.Length)
        {
            throw new ArgumentException($"A threshold is from 1 to the {members.Length} members, got {threshold}.", nameof(threshold));
        }
        _members = members.ToArray();
        if (_members.Distinct().Count() != _members.Length)
        {
            throw new ArgumentException("A member is in the committee twice: each key has one vote.", nameof(members));
        }
        Threshold = threshold;
    }

    public int Threshold { get; }

    public IReadOnlyList<ProvenBlsPublicKey> Members => _members;

    /// <param name="signers">Bit i is set where member i signed.</param>
    /// <returns>False also where too few bits are set, or one that is no member's.</returns>
    public bool Verify(ulong signers, ReadOnlySpan<byte> message, BlsSignature aggregate)
    {
        if (BitOperations.PopCount(signers) < Threshold || (_members.Length < MembersMax && signers >> _members.Length != 0))
        {
            return false;
        }
        return Bls.FastAggregateVerify([.. _members.Where((_, i) => (signers >> i & 1) != 0)], message, aggregate);
    }
}
