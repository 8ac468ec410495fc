namespace Marketplace.Crypto;

/// <summary>
/// ECDSA over secp256k1 (<see href="https://www.secg.org/sec1-v2.pdf">SEC 1, 4.1</see>): verification and recovery of the public key, as
/// Ethereum and Bitcoin use it; <see cref="Secp256k1PrivateKey"/> signs. A signature is r and s, 32 bytes each; a public key x and y,
/// likewise; numbers are big-endian. One rule: r and s are from 1 to n - 1, and s is at most half of n, else each signature would have a
/// second form. Handles public values only, in time that depends on them; allocates nothing; may be called from any thread.
/// </summary>
public static class Secp256k1
{
    public const int DigestSize = 32;
    public const int SignatureSize = 64;
    public const int PublicKeySize = 64;

    private static readonly Number256 HalfOrder = new(0xDFE92F46681B20A0, 0x5D576E7357A4501D, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF);

    /// <summary>Whether a signature has the form that the rule wants. Says nothing about its signer.</summary>
    public static bool IsSignature(ReadOnlySpan<byte> signature) => TryRead(signature, acceptsHighS: false, out _, out _);

    /// <summary>Whether a public key is a point of the curve.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> publicKey) => TryRead(publicKey, out _);

    public static bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey) =>
        Verify(digest, signature, publicKey, acceptsHighS: false);

    /// <summary>Finds the key that made a signature.</summary>
    /// <param name="digest">What was signed.</param>
    /// <param name="signature">r and s.</param>
    /// <param name="recovery">0 to 3: bit 0 is set where the nonce's point has an odd y, bit 1 where its x is r + n.</param>
    /// <param name="publicKey">Where the key goes.</param>
    /// <returns>False where no key made it.</returns>
    public static bool TryRecover(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, int recovery, Span<byte> publicKey)
    {
        Check(digest, DigestSize, nameof(digest));
        Check(publicKey, PublicKeySize, nameof(publicKey));
        ArgumentOutOfRangeException.ThrowIfNegative(recovery);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recovery, 3);
        if (!TryRead(signature, acceptsHighS: false, out var r, out var s))
        {
            return false;
        }
        var scalars = CurvePoint.Scalars;
        var x = r;
        if ((recovery & 2) != 0)
        {
            x = Number256.Add(r, scalars.Prime, out var carry);
            if (carry != 0)
            {
                return false;
            }
        }

        if (!CurvePoint.TryCreate(x, (recovery & 1) != 0, out var nonce))
        {
            return false;
        }
        var inverse = scalars.Invert(r);
        var key = CurvePoint.Combine(
            scalars.Negate(scalars.Multiply(scalars.Reduce(Number256.FromBigEndian(digest)), inverse)),
            scalars.Multiply(s, inverse),
            nonce
        );
        if (key.IsInfinity)
        {
            return false;
        }
        var (keyX, keyY) = key.ToAffine();
        keyX.WriteBigEndian(publicKey);
        keyY.WriteBigEndian(publicKey[Number256.Size..]);
        return true;
    }

    /// <param name="digest">What was signed.</param>
    /// <param name="signature">r and s.</param>
    /// <param name="publicKey">x and y.</param>
    /// <param name="acceptsHighS">Whether s may be over half of n, as SEC 1 has it.</param>
    internal static bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey, bool acceptsHighS)
    {
        Check(digest, DigestSize, nameof(digest));
        if (!TryRead(signature, acceptsHighS, out var r, out var s) || !TryRead(publicKey, out var key))
        {
            return false;
        }
        var scalars = CurvePoint.Scalars;
        var inverse = scalars.Invert(s);
        var point = CurvePoint.Combine(
            scalars.Multiply(scalars.Reduce(Number256.FromBigEndian(digest)), inverse),
            scalars.Multiply(r, inverse),
            key
        );
        return !point.IsInfinity && scalars.Reduce(point.ToAffine().X) == r;
    }

    private static bool TryRead(ReadOnlySpan<byte> signature, bool acceptsHighS, out Number256 r, out Number256 s)
    {
        Check(signature, SignatureSize, nameof(signature));
        r = Number256.FromBigEndian(signature);
        s = Number256.FromBigEndian(signature[Number256.Size..]);
        return !r.IsZero
            && CurvePoint.Scalars.Contains(r)
            && !s.IsZero
            && (acceptsHighS ? CurvePoint.Scalars.Contains(s) : !HalfOrder.IsBelow(s));
    }

    private static bool TryRead(ReadOnlySpan<byte> publicKey, out CurvePoint point)
    {
        Check(publicKey, PublicKeySize, nameof(publicKey));
        return CurvePoint.TryCreate(Number256.FromBigEndian(publicKey), Number256.FromBigEndian(publicKey[Number256.Size..]), out point);
    }

    internal static void Check(ReadOnlySpan<byte> bytes, int size, string what)
    {
        if (bytes.Length != size)
        {
            throw new ArgumentException($"Expected {size} bytes, got {bytes.Length}.", what);
        }
    }
}
