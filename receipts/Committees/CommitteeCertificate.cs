using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>The signature of a committee over a batch of receipts, and what it takes to check it for one of them.</summary>
public sealed record CommitteeCertificate
{
    /// <summary>In the committee's order.</summary>
    public required IReadOnlyList<CommitteeMember> Members { get; init; }

    /// <summary>The market's, that these are the members in the receipt's epoch: Ed25519, 128 hexadecimal digits.</summary>
    public required string MembersSignature { get; init; }

    /// <summary>From the hash of this receipt to the root that is signed.</summary>
    public required IReadOnlyList<PathStep> Path { get; init; }

    /// <summary>Who signed: bit i stands for member i.</summary>
    public required ulong Signers { get; init; }

    /// <summary>The sum of the signers' BLS signatures: 192 hexadecimal digits.</summary>
    public required string Signature { get; init; }

    /// <summary>Whether each key, proof and signature has the digits that it must have.</summary>
    internal bool IsHexadecimal() =>
        IsHexadecimal(MembersSignature, Ed25519.SignatureSize)
        && IsHexadecimal(Signature, BlsSignature.Size)
        && Members.All(member => member.IsHexadecimal());

    internal static bool IsHexadecimal(string text, int size) =>
        text.Length == 2 * size && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
}
