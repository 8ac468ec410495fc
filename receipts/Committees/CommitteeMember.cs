using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>A member of a committee, or a worker that may become one.</summary>
public sealed record CommitteeMember
{
    internal const string Type = "Member(bytes32 worker,bytes blsKey,bytes possession,bytes registration,uint128 weight)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    public required WorkerId Worker { get; init; }

    /// <summary>What it signs with in committees: a point of G1, 96 hexadecimal digits.</summary>
    public required string BlsKey { get; init; }

    /// <summary>
    /// The proof that it has the secret of <see cref="BlsKey"/>, 192 hexadecimal digits. Without it a key could be chosen so that its sum
    /// with those of others is a key of the chooser alone.
    /// </summary>
    public required string Possession { get; init; }

    /// <summary>
    /// The worker's signature that this is its key (<see cref="BatchDigest.OfRegistration"/>): Ed25519, 128 hexadecimal digits. Without it
    /// a market could list keys of its own for workers that know nothing of them.
    /// </summary>
    public required string Registration { get; init; }

    /// <summary>What its vote weighs: its stake in the epoch.</summary>
    public required TokenAmount Weight { get; init; }

    /// <summary>Whether members outweigh two thirds of all: three times their weight is more than twice the weight of all.</summary>
    public static bool IsEnough(BigInteger weight, BigInteger total) => 3 * weight > 2 * total;

    public static BigInteger WeightOf(IEnumerable<CommitteeMember> members) =>
        members.Aggregate(BigInteger.Zero, (sum, member) => sum + member.Weight.BaseUnits);

    /// <summary>The hash of a list of members, by EIP-712: what members of an epoch are told of it.</summary>
    /// <param name="members">In their order.</param>
    /// <exception cref="FormatException">A key or a proof is not hexadecimal.</exception>
    public static Bytes32 HashOf(IReadOnlyList<CommitteeMember> members) => TypedWords.HashOf(members, Hash);

    /// <summary>Verifies that the member has the secret of its key.</summary>
    /// <param name="proven">The key, which may now be summed with others.</param>
    /// <exception cref="FormatException">The key or the proof is not hexadecimal.</exception>
    public bool TryProve([NotNullWhen(true)] out ProvenBlsPublicKey? proven)
    {
        proven = null;
        return BlsPublicKey.TryRead(Convert.FromHexString(BlsKey), out var key)
            && BlsSignature.TryRead(Convert.FromHexString(Possession), out var proof)
            && Bls.TryProvePossession(key, proof, out proven);
    }

    /// <summary>Whether the worker has signed for this market that the key is its own.</summary>
    /// <exception cref="FormatException">The key is not hexadecimal.</exception>
    public bool IsRegistered(MarketDomain domain) =>
        ReceiptChecks.IsSigned(Worker.Value, BatchDigest.OfRegistration(domain, Worker, Convert.FromHexString(BlsKey)), Registration);

    /// <summary>Whether key, proof and registration have the digits that they must have.</summary>
    internal bool IsHexadecimal() =>
        CommitteeCertificate.IsHexadecimal(BlsKey, BlsPublicKey.Size)
        && CommitteeCertificate.IsHexadecimal(Possession, BlsSignature.Size)
        && CommitteeCertificate.IsHexadecimal(Registration, Ed25519.SignatureSize);

    /// <exception cref="FormatException">The key, the proof or the registration is not hexadecimal.</exception>
    internal static Bytes32 Hash(CommitteeMember member)
    {
        var words = new TypedWords(stackalloc byte[6 * Bytes32.Size], TypeHash);
        words.Add(member.Worker.Value);
        words.Add(TypedWords.HashOf(Convert.FromHexString(member.BlsKey)));
        words.Add(TypedWords.HashOf(Convert.FromHexString(member.Possession)));
        words.Add(TypedWords.HashOf(Convert.FromHexString(member.Registration)));
        words.Add(member.Weight.BaseUnits);
        return words.Hash();
    }
}
