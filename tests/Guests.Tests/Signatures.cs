using Marketplace.Crypto;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>ECDSA as every host of guests has it.</summary>
internal sealed class Signatures : IGuestSignatures
{
    public bool IsSignature(ReadOnlySpan<byte> signature) => Secp256k1.IsSignature(signature);

    public bool IsPublicKey(ReadOnlySpan<byte> publicKey) => Secp256k1.IsPublicKey(publicKey);

    public bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey) =>
        Secp256k1.Verify(digest, signature, publicKey);

    public bool TryRecover(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, int recovery, Span<byte> publicKey) =>
        Secp256k1.TryRecover(digest, signature, recovery, publicKey);
}
