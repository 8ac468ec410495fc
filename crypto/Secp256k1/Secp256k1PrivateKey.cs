using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// A key that signs for Ethereum and its like: ECDSA over secp256k1 with the deterministic nonce of
/// <see href="https://www.rfc-editor.org/rfc/rfc6979">RFC 6979</see> and s at most half of n. Signing takes a time that does not depend on
/// the key; several threads may sign at once, and disposing, which wipes the key, must wait for them.
/// </summary>
public sealed class Secp256k1PrivateKey : IDisposable
{
    public const int Size = 32;

    private static readonly SecretResidues Scalars = new(CurvePoint.Scalars.Prime);

    /// <summary>Pinned, so that the garbage collector leaves no copies behind when it moves things.</summary>
    private readonly byte[] _secret = GC.AllocateArray<byte>(Size, pinned: true);
    private readonly byte[] _publicKey = new byte[Secp256k1.PublicKeySize];
    private bool _disposed;

    /// <param name="secret">A number from 1 to n - 1, big-endian; the caller wipes his copy.</param>
    /// <exception cref="ArgumentException"><paramref name="secret"/> is not 32 bytes long, or no such number.</exception>
    public Secp256k1PrivateKey(ReadOnlySpan<byte> secret)
    {
        if (!IsPrivateKey(secret))
        {
            throw new ArgumentException(
                $"A secp256k1 private key is {Size} bytes, big-endian, from 1 to the group's order less 1; got {secret.Length} bytes"
                    + (secret.Length == Size ? " of another number." : "."),
                nameof(secret)
            );
        }
        secret.CopyTo(_secret);
        var (x, y) = SecretPoint.MultiplyGenerator(Number256.FromBigEndian(secret));
        x.WriteBigEndian(_publicKey);
        y.WriteBigEndian(_publicKey.AsSpan(Number256.Size));
    }

    /// <summary>x and y, 64 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>Whether bytes are 32 and a number from 1 to n - 1.</summary>
    public static bool IsPrivateKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Size)
        {
            return false;
        }
        var number = Number256.FromBigEndian(secret);
        _ = Scalars.Reduce(in number, out var wasAbove);
        return (wasAbove == 0) & !number.IsZero;
    }

    /// <summary>A new key from the randomness that is passed in.</summary>
    public static Secp256k1PrivateKey Generate(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> secret = stackalloc byte[Size];
        // One number in 2^127 is too large.
        do
        {
            random.GetBytes(secret);
        } while (!IsPrivateKey(secret));
        var key = new Secp256k1PrivateKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>The 32 bytes of the key, to be kept in a key file; the caller wipes the copy.</summary>
    public void CopyTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _secret.CopyTo(destination);
    }

    /// <summary>Writes the 64 bytes, r and s, of the signature of a digest of 32 bytes.</summary>
    /// <returns>The recovery id: 0 to 3, see <see cref="Secp256k1.TryRecover"/>.</returns>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public int Sign(ReadOnlySpan<byte> digest, Span<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Secp256k1.Check(digest, Secp256k1.DigestSize, nameof(digest));
        Secp256k1.Check(signature, Secp256k1.SignatureSize, nameof(signature));
        Span<byte> reduced = stackalloc byte[Number256.Size],
            candidate = stackalloc byte[Number256.Size],
            work = stackalloc byte[2 * Number256.Size];
        var message = Scalars.Reduce(Number256.FromBigEndian(digest), out _);
        message.WriteBigEndian(reduced);
        var nonces = new DeterministicNonce(work, _secret, reduced);
        int recovery;
        while (true)
        {
            nonces.Next(candidate);
            if (IsPrivateKey(candidate) && TrySign(in message, Number256.FromBigEndian(candidate), signature, out recovery))
            {
                break;
            }
            nonces.Skip();
        }
        CryptographicOperations.ZeroMemory(candidate);
        CryptographicOperations.ZeroMemory(work);
        return recovery;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <returns>False where r or s is zero, which no digest is known to give; only that is branched on.</returns>
    private bool TrySign(in Number256 message, Number256 nonce, Span<byte> signature, out int recovery)
    {
        var (x, y) = SecretPoint.MultiplyGenerator(in nonce);
        var r = Scalars.Reduce(in x, out var wasAbove);
        var secret = Scalars.ToForm(Number256.FromBigEndian(_secret));
        var inverse = Scalars.Invert(Scalars.ToForm(in nonce));
        // r d + e is a plain number: one factor is in Montgomery's form, the other is not. So is s.
        var sum = Scalars.Add(Scalars.Multiply(in r, in secret), in message);
        var s = Scalars.Multiply(in sum, in inverse);
        var negated = Scalars.Subtract(default, in s);
        var isHigh = SecretResidues.IsBelow(in negated, in s);
        var lower = SecretResidues.Choose(0 - isHigh, in s, in negated);
        recovery = (int)((y.A & 1) ^ isHigh | wasAbove << 1);
        r.WriteBigEndian(signature);
        lower.WriteBigEndian(signature[Number256.Size..]);
        Wipe(ref nonce);
        Wipe(ref secret);
        Wipe(ref inverse);
        Wipe(ref sum);
        return !r.IsZero & !s.IsZero;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wipe(ref Number256 value) =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Number256>(ref value)));
}
