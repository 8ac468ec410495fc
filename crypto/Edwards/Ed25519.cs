namespace Marketplace.Crypto;

/// <summary>
/// Ed25519 (<see href="https://www.rfc-editor.org/rfc/rfc8032">RFC 8032</see>, pure, without context). To sign see
/// <see cref="Ed25519KeyPair"/>.
///
/// <para>The rule. A signature R | S of a message M under a public key A is valid if, and only if, all of these hold:</para>
/// <list type="number">
/// <item>it has 64 bytes, and S is below the group order L;</item>
/// <item>A and R are the canonical encodings of points of the curve (y below p, no sign on x = 0);</item>
/// <item>neither A nor R is one of the eight points of small order;</item>
/// <item>[S]B = R + [k]A exactly, without multiplying by the cofactor, with k = SHA-512(R | A | M) over the bytes as received.</item>
/// </list>
/// Points with a component of small order beside a large one are not refused as such: the equation decides. RATIONALE.md says why this
/// rule; operators that followed different ones would disagree about what was signed, and the books would part.
/// </summary>
public static class Ed25519
{
    public const int SeedSize = 32;
    public const int PublicKeySize = 32;
    public const int SignatureSize = 64;

    private const int WindowOfKey = 5;
    private const int WindowOfBase = 8;
    private const int OddMultiplesOfKey = 1 << (WindowOfKey - 2);

    /// <summary>Whether the signature is valid by the rule above. Malformed input is an invalid signature, never an exception.</summary>
    public static bool Verify(Bytes32 publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize || !Scalar.IsCanonical(signature[32..]))
        {
            return false;
        }
        Span<byte> key = stackalloc byte[PublicKeySize];
        publicKey.CopyTo(key);
        if (!EdwardsPoint.TryDecode(key, out var a) || a.IsOfSmallOrder())
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[Sha512Parts.Size],
            k = stackalloc byte[Scalar.Size],
            encoded = stackalloc byte[FieldElement.Size];
        Sha512Parts.Hash(signature[..32], key, message, hash);
        Scalar.Reduce(hash, k);
        EdwardsPoint.Negate(ref a);
        var r = MultiplyBoth(in a, k, signature[32..]);
        // The point that R must be is encoded canonically, so no other encoding of it can be equal.
        r.Encode(encoded);
        return encoded.SequenceEqual(signature[..32]) && !r.IsOfSmallOrder();
    }

    /// <summary>Whether signatures under this key can be valid at all: accounts and workers are checked when they are made known.</summary>
    public static bool IsValidPublicKey(Bytes32 publicKey)
    {
        Span<byte> key = stackalloc byte[PublicKeySize];
        publicKey.CopyTo(key);
        return EdwardsPoint.TryDecode(key, out var point) && !point.IsOfSmallOrder();
    }

    /// <summary>[k]A + [s]B, both digits in one chain of doublings. All of it is public, so the time may depend on it.</summary>
    private static EdwardsPoint MultiplyBoth(in EdwardsPoint a, ReadOnlySpan<byte> k, ReadOnlySpan<byte> s)
    {
        Span<CachedPoint> odd = stackalloc CachedPoint[OddMultiplesOfKey];
        FillOddMultiples(in a, odd);
        Span<sbyte> ofKey = stackalloc sbyte[Scalar.WindowDigits],
            ofBase = stackalloc sbyte[Scalar.WindowDigits];
        Scalar.ToWindows(k, WindowOfKey, ofKey);
        Scalar.ToWindows(s, WindowOfBase, ofBase);

        var point = EdwardsPoint.Identity;
        for (var i = Math.Max(ofKey.LastIndexOfAnyExcept((sbyte)0), ofBase.LastIndexOfAnyExcept((sbyte)0)); i >= 0; i--)
        {
            EdwardsPoint.DoubleOpen(in point, out var sum);
            int key = ofKey[i],
                fixedPoint = ofBase[i];
            if (key != 0)
            {
                sum.Close(ref point);
                if (key > 0)
                {
                    EdwardsPoint.AddOpen(in point, in odd[key / 2], out sum);
                }
                else
                {
                    EdwardsPoint.SubtractOpen(in point, in odd[-key / 2], out sum);
                }
            }
            if (fixedPoint != 0)
            {
                sum.Close(ref point);
                if (fixedPoint > 0)
                {
                    EdwardsPoint.AddOpen(in point, in BasePointTables.OddMultiple(fixedPoint), out sum);
                }
                else
                {
                    EdwardsPoint.SubtractOpen(in point, in BasePointTables.OddMultiple(-fixedPoint), out sum);
                }
            }
            sum.CloseForDoubling(ref point);
        }
        return point;
    }

    private static void FillOddMultiples(in EdwardsPoint a, Span<CachedPoint> odd)
    {
        var twice = a;
        EdwardsPoint.Double(ref twice);
        CachedPoint.From(in twice, out var step);
        var multiple = a;
        CachedPoint.From(in multiple, out odd[0]);
        for (var i = 1; i < odd.Length; i++)
        {
            EdwardsPoint.AddOpen(in multiple, in step, out var sum);
            sum.Close(ref multiple);
            CachedPoint.From(in multiple, out odd[i]);
        }
    }
}
