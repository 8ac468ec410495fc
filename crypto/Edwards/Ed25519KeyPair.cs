using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// An Ed25519 identity: signs, and wipes its secrets when disposed. Signing is deterministic (RFC 8032, 5.1.6), takes a time that does
/// not depend on the secrets, and may be done by several threads at once; disposing must wait for them.
/// </summary>
public sealed class Ed25519KeyPair : IDisposable
{
    private const int ScalarAt = Ed25519.SeedSize;
    private const int PrefixAt = ScalarAt + Scalar.Size;
    private const int SecretSize = PrefixAt + 32;

    /// <summary>Seed, scalar and prefix. Pinned, so that the garbage collector leaves no copies behind when it moves things.</summary>
    private readonly byte[] _secret = GC.AllocateArray<byte>(SecretSize, pinned: true);
    private bool _disposed;

    /// <exception cref="ArgumentException"><paramref name="seed"/> is not 32 bytes long.</exception>
    public Ed25519KeyPair(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != Ed25519.SeedSize)
        {
            throw new ArgumentException($"An Ed25519 seed has {Ed25519.SeedSize} bytes, got {seed.Length}.", nameof(seed));
        }
        seed.CopyTo(_secret);
        var expanded = _secret.AsSpan(ScalarAt);
        SHA512.HashData(seed, expanded);
        // RFC 8032, 5.1.5: a multiple of the cofactor, of one fixed bit length.
        expanded[0] &= 0xf8;
        expanded[31] = (byte)((expanded[31] & 0x7f) | 0x40);

        Span<byte> encoded = stackalloc byte[Ed25519.PublicKeySize];
        BasePointMultiple.Encode(expanded[..Scalar.Size], encoded);
        PublicKey = new Bytes32(encoded);
    }

    public Bytes32 PublicKey { get; }

    /// <summary>A new identity from the randomness that is passed in.</summary>
    public static Ed25519KeyPair Generate(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        random.GetBytes(seed);
        var pair = new Ed25519KeyPair(seed);
        CryptographicOperations.ZeroMemory(seed);
        return pair;
    }

    /// <summary>The seed, to be kept in a key file; the caller wipes the copy.</summary>
    public void CopySeedTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _secret.AsSpan(0, Ed25519.SeedSize).CopyTo(destination);
    }

    /// <summary>Writes the 64 bytes of the signature of <paramref name="message"/>; allocates nothing for messages below 2 KB.</summary>
    /// <exception cref="ArgumentException"><paramref name="signature"/> is not 64 bytes long.</exception>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (signature.Length != Ed25519.SignatureSize)
        {
            throw new ArgumentException(
                $"An Ed25519 signature has {Ed25519.SignatureSize} bytes, got room for {signature.Length}.",
                nameof(signature)
            );
        }

        Span<byte> hash = stackalloc byte[Sha512Parts.Size],
            r = stackalloc byte[Scalar.Size],
            k = stackalloc byte[Scalar.Size];
        Span<byte> key = stackalloc byte[Ed25519.PublicKeySize],
            point = stackalloc byte[FieldElement.Size];
        Sha512Parts.Hash(_secret.AsSpan(PrefixAt), [], message, hash);
        Scalar.Reduce(hash, r);
        BasePointMultiple.Encode(r, point);

        PublicKey.CopyTo(key);
        Sha512Parts.Hash(point, key, message, hash);
        Scalar.Reduce(hash, k);
        // Written last: the signature may lie where the message lies.
        Scalar.MultiplyAdd(k, _secret.AsSpan(ScalarAt, Scalar.Size), r, signature[32..]);
        point.CopyTo(signature);
        CryptographicOperations.ZeroMemory(hash);
        CryptographicOperations.ZeroMemory(r);
    }

    /// <inheritdoc cref="Sign(ReadOnlySpan{byte}, Span{byte})"/>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        var signature = new byte[Ed25519.SignatureSize];
        Sign(message, signature);
        return signature;
    }

    /// <inheritdoc cref="Ed25519.Verify"/>
    public static bool Verify(Bytes32 publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Ed25519.Verify(publicKey, message, signature);

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }
}
