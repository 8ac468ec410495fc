using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// Where signatures of typed data count (<see href="https://eips.ethereum.org/EIPS/eip-712">EIP-712</see>, "Definition of
/// domainSeparator"). Members that are null are no part of it; a contract says which it has.
/// </summary>
public sealed record TypedDomain
{
    private const string StructName = "EIP712Domain";

    public string? Name { get; init; }

    public string? Version { get; init; }

    /// <summary>By EIP-155; from 0 to 2^256 - 1.</summary>
    public BigInteger? ChainId { get; init; }

    public EvmAddress? VerifyingContract { get; init; }

    public Bytes32? Salt { get; init; }

    /// <summary>The domain separator.</summary>
    /// <exception cref="AbiException">A name or a version is no Unicode, or the chain's number is none.</exception>
    public Bytes32 Separator()
    {
        (string Name, string Type, object? Value)[] all =
        [
            ("name", "string", Name),
            ("version", "string", Version),
            ("chainId", "uint256", ChainId),
            ("verifyingContract", "address", VerifyingContract),
            ("salt", "bytes32", Salt?.ToArray()),
        ];
        var present = Array.FindAll(all, member => member.Value is not null);
        var members = present.Select(member => new TypedMember(member.Name, member.Type)).ToArray();
        return new TypedStructs([new(StructName, members)])[StructName].Hash([.. present.Select(member => member.Value!)]);
    }

    /// <summary>The 32 bytes that are signed for a struct.</summary>
    /// <param name="hash">Of the struct: <see cref="TypedStruct.Hash"/>.</param>
    /// <inheritdoc cref="Separator"/>
    public Bytes32 Digest(Bytes32 hash)
    {
        Span<byte> parts = stackalloc byte[2 + (2 * Bytes32.Size)];
        parts[0] = 0x19;
        parts[1] = 0x01;
        Separator().CopyTo(parts[2..]);
        hash.CopyTo(parts[(2 + Bytes32.Size)..]);
        return new Bytes32(Keccak256.Hash(parts));
    }
}
