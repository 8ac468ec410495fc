namespace Marketplace.Crypto;

/// <summary>
/// Points as bytes, as Zcash has them
/// (<see href="https://github.com/zkcrypto/bls12_381/blob/main/src/notes/serialization.rs">the notes of zkcrypto</see>): x, or x and y,
/// with three flags in the highest bits: compressed, infinity, and y the larger one of its two signs. Each point has one compressed and
/// one uncompressed form; all others are refused. Whether a point is in the subgroup is asked elsewhere.
/// </summary>
internal static class BlsEncoding
{
    private const byte Compressed = 0x80;
    private const byte InfinityFlag = 0x40;
    private const byte LargerY = 0x20;
    private const byte Flags = Compressed | InfinityFlag | LargerY;

    /// <param name="bytes">As long as one or two field elements: that decides which form is read.</param>
    public static bool TryRead<TField>(ReadOnlySpan<byte> bytes, out BlsAffinePoint<TField> point)
        where TField : struct, ICurveField<TField>
    {
        point = BlsAffinePoint<TField>.Infinity;
        var size = TField.EncodedSize;
        var isCompressed = bytes.Length == size;
        if (!isCompressed && bytes.Length != 2 * size)
        {
            return false;
        }
        var flags = bytes[0] & Flags;
        if (isCompressed != ((flags & Compressed) != 0))
        {
            return false;
        }
        Span<byte> plain = stackalloc byte[bytes.Length];
        bytes.CopyTo(plain);
        plain[0] &= unchecked((byte)~Flags);
        if ((flags & InfinityFlag) != 0)
        {
            return (flags & LargerY) == 0 && !plain.ContainsAnyExcept((byte)0);
        }
        return isCompressed ? TryReadX(plain, (flags & LargerY) != 0, out point) : (flags & LargerY) == 0 && TryReadXy(plain, out point);
    }

    public static void WriteCompressed<TField>(in BlsAffinePoint<TField> point, Span<byte> bytes)
        where TField : struct, ICurveField<TField>
    {
        bytes = bytes[..TField.EncodedSize];
        if (point.IsInfinity)
        {
            bytes.Clear();
            bytes[0] = Compressed | InfinityFlag;
            return;
        }
        TField.Write(in point.X, bytes);
        bytes[0] |= (byte)(TField.IsLarger(in point.Y) ? Compressed | LargerY : Compressed);
    }

    public static void WriteUncompressed<TField>(in BlsAffinePoint<TField> point, Span<byte> bytes)
        where TField : struct, ICurveField<TField>
    {
        bytes = bytes[..(2 * TField.EncodedSize)];
        if (point.IsInfinity)
        {
            bytes.Clear();
            bytes[0] = InfinityFlag;
            return;
        }
        TField.Write(in point.X, bytes);
        TField.Write(in point.Y, bytes[TField.EncodedSize..]);
    }

    private static bool TryReadX<TField>(ReadOnlySpan<byte> bytes, bool larger, out BlsAffinePoint<TField> point)
        where TField : struct, ICurveField<TField>
    {
        point = default;
        if (!TField.TryRead(bytes, out var x))
        {
            return false;
        }
        BlsAffinePoint<TField>.RightSide(in x, out var square);
        if (!TField.TryRoot(in square, out var y))
        {
            return false;
        }
        // No point has y = 0: there is none of order two on these curves.
        if (TField.IsLarger(in y) != larger)
        {
            TField.Negate(in y, out y);
        }
        point = new BlsAffinePoint<TField>(in x, in y, isInfinity: false);
        return true;
    }

    private static bool TryReadXy<TField>(ReadOnlySpan<byte> bytes, out BlsAffinePoint<TField> point)
        where TField : struct, ICurveField<TField>
    {
        var canonical = TField.TryRead(bytes[..TField.EncodedSize], out var x) & TField.TryRead(bytes[TField.EncodedSize..], out var y);
        point = new BlsAffinePoint<TField>(in x, in y, isInfinity: false);
        return canonical && point.IsOnCurve();
    }
}
