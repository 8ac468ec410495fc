using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// A secret key that signs with <see cref="Bls"/>'s suite. Signing takes a time that does not depend on the key; several threads may sign
/// at once, and disposing, which wipes the key, must wait for them.
/// </summary>
public sealed class BlsSecretKey : IDisposable
{
    public const int Size = BlsScalar.Size;

    /// <summary>Bytes of a seed at least: shorter ones could be guessed.</summary>
    public const int SeedSizeMin = 32;

    /// <summary>L of the standard: 48 bytes, so that the number is uniform modulo r.</summary>
    private const int OutputSize = 48;

    /// <summary>Pinned, so that the garbage collector leaves no copies behind when it moves things.</summary>
    private readonly byte[] _secret = GC.AllocateArray<byte>(Size, pinned: true);
    private bool _disposed;

    /// <param name="secret">A number from 1 to r - 1, big-endian; the caller wipes the copy.</param>
    /// <exception cref="ArgumentException"><paramref name="secret"/> is not 32 bytes long, or no such number.</exception>
    public BlsSecretKey(ReadOnlySpan<byte> secret)
    {
        if (!BlsScalar.IsSecretKey(secret))
        {
            throw new ArgumentException(
                $"A BLS secret key is {Size} bytes, big-endian, from 1 to the groups' order less 1; got {secret.Length} bytes"
                    + (secret.Length == Size ? " of another number." : "."),
                nameof(secret)
            );
        }
        secret.CopyTo(_secret);
        BlsSecretMultiple.Multiply(BlsGroups.G1.ToPoint(), _secret, out var point);
        PublicKey = BlsPublicKey.From(point.ToAffine());
    }

    public BlsPublicKey PublicKey { get; }

    /// <summary>
    /// The key of a seed, by KeyGen of <see href="https://www.ietf.org/archive/id/draft-irtf-cfrg-bls-signature-05.html#section-2.3">the
    /// standard</see>, which is derive_master_SK of <see href="https://eips.ethereum.org/EIPS/eip-2333">EIP-2333</see>.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="seed"/> is shorter than 32 bytes.</exception>
    public static BlsSecretKey FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length < SeedSizeMin)
        {
            throw new ArgumentException($"A seed has {SeedSizeMin} bytes at least, got {seed.Length}.", nameof(seed));
        }
        var input = GC.AllocateArray<byte>(seed.Length + 1, pinned: true);
        seed.CopyTo(input);
        Span<byte> salt = stackalloc byte[SHA256.HashSizeInBytes],
            extracted = stackalloc byte[SHA256.HashSizeInBytes],
            output = stackalloc byte[OutputSize],
            secret = stackalloc byte[Size];
        SHA256.HashData("BLS-SIG-KEYGEN-SALT-"u8, salt);
        HKDF.Extract(HashAlgorithmName.SHA256, input, salt, extracted);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, output, [0, OutputSize]);
        BlsScalar.Reduce(output, secret);
        // Zero, for which the standard hashes the salt once more, is refused by the constructor: one seed in 2^255.
        var key = new BlsSecretKey(secret);
        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(extracted);
        CryptographicOperations.ZeroMemory(output);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>A new key from the randomness that is passed in.</summary>
    public static BlsSecretKey Generate(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> seed = stackalloc byte[SeedSizeMin];
        random.GetBytes(seed);
        var key = FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>The 32 bytes of the key, to be kept in a key file; the caller wipes the copy.</summary>
    public void CopyTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _secret.CopyTo(destination);
    }

    public BlsSignature Sign(ReadOnlySpan<byte> message) => Sign(message, Bls.SignatureTag);

    /// <summary>What others need before they let this key into a sum: a signature of the public key, under a tag of its own.</summary>
    public BlsSignature ProvePossession() => Sign(PublicKey.Bytes, Bls.PossessionTag);

    /// <summary>
    /// Proves that its owner has the secret key to one that asks for it, under the tag of <see cref="ProvePossession()"/>: a proof for
    /// everybody, which anybody could show, is worth nothing there. A digest has 32 bytes and a key 48, so neither stands for the other.
    /// </summary>
    /// <param name="digest">What names who asks, who owns the key, and the key.</param>
    public BlsSignature ProvePossession(Bytes32 digest) => Sign(digest.ToArray(), Bls.PossessionTag);

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    internal BlsSignature Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var hash = BlsHash.ToG2(message, tag);
        BlsSecretMultiple.MultiplyInSubgroup(in hash, _secret, out var point);
        return BlsSignature.From(point.ToAffine());
    }
}
