namespace Marketplace.Crypto;

/// <summary>
/// What the points of G1 and of G2 need of the field of their coordinates, so that both are written once. See <see cref="Fp"/> for what
/// "normal" and "sum" mean: arguments are normal or sums of two normal elements, results are normal but for those of Add.
/// </summary>
internal interface ICurveField<T>
    where T : struct, ICurveField<T>
{
    /// <summary>Bytes of an element: big-endian, for Fp2 the coefficient of u first.</summary>
    static abstract int EncodedSize { get; }

    static abstract T One { get; }

    /// <summary>A sum, not carried.</summary>
    static abstract void Add(in T left, in T right, out T sum);

    static abstract void Subtract(in T left, in T right, out T difference);

    static abstract void Multiply(in T left, in T right, out T product);

    static abstract void Square(in T value, out T square);

    /// <summary>A multiple, at most 16, of a normal element.</summary>
    static abstract void MultiplySmall(in T value, ulong factor, out T product);

    static abstract void Normalize(in T sum, out T normal);

    static abstract void Negate(in T value, out T negative);

    /// <summary>value * 3b, of a normal element, where y² = x³ + b is the curve: 12, and 12 (1 + u).</summary>
    static abstract void MultiplyByThreeB(in T value, out T product);

    /// <summary>Zero gives zero.</summary>
    static abstract void Invert(in T value, out T inverse);

    /// <summary>Takes a time that depends on the value.</summary>
    static abstract bool TryRoot(in T value, out T root);

    static abstract bool IsZero(in T value);

    static abstract bool AreEqual(in T left, in T right);

    /// <summary>Whether the value is over its negative, in the order of the encodings.</summary>
    static abstract bool IsLarger(in T value);

    /// <summary>Copies <paramref name="other"/> where <paramref name="mask"/> is all ones, nothing where it is zero.</summary>
    static abstract void Choose(ulong mask, in T other, ref T value);

    /// <returns>False where the bytes are not the encoding of an element, each number of it below p.</returns>
    static abstract bool TryRead(ReadOnlySpan<byte> bytes, out T value);

    static abstract void Write(in T value, Span<byte> bytes);
}
