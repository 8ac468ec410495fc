namespace Marketplace.Crypto;

/// <summary>A signature, of one signer or of many, or a proof of possession: a point of G2, decoded once, 96 bytes when written.</summary>
public sealed class BlsSignature : IEquatable<BlsSignature>
{
    public const int Size = 96;

    /// <summary>Two coordinates of two numbers, 48 bytes each.</summary>
    public const int CoordinatesSize = 2 * Size;

    private readonly byte[] _bytes;

    private BlsSignature(byte[] bytes, in BlsAffinePoint<Fp2> point) => (_bytes, Point) = (bytes, point);

    internal BlsAffinePoint<Fp2> Point { get; }

    /// <summary>The compressed form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <exception cref="FormatException">The bytes are no signature; the message says what they would have to be.</exception>
    public static BlsSignature Read(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, out var signature)
            ? signature
            : throw new FormatException($"{bytes.Length} bytes are no BLS signature: {Size} bytes, the compressed form of a point of G2.");

    /// <returns>
    /// False where the bytes are not the one form of a point of the curve in the subgroup. Infinity is read, as the sum of signatures may
    /// be that; it verifies for no key.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BlsSignature? signature)
    {
        signature = null;
        if (bytes.Length != Size || !BlsEncoding.TryRead<Fp2>(bytes, out var point) || !BlsGroups.IsInSubgroup(in point))
        {
            return false;
        }
        signature = new BlsSignature(bytes.ToArray(), in point);
        return true;
    }

    /// <summary>
    /// x and y, each with its real part first, big-endian, without flags: what contracts take (the compressed form has the imaginary part
    /// first). Infinity is all zeros.
    /// </summary>
    public byte[] Coordinates()
    {
        var written = new byte[CoordinatesSize];
        if (Point.IsInfinity)
        {
            return written;
        }
        BlsEncoding.WriteUncompressed(Point, written);
        const int Number = CoordinatesSize / 4;
        return [.. written[Number..Size], .. written[..Number], .. written[^Number..], .. written[Size..^Number]];
    }

    public bool Equals(BlsSignature? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as BlsSignature);

    public override int GetHashCode() => BitConverter.ToInt32(_bytes, Size - sizeof(int));

    public override string ToString() => Convert.ToHexStringLower(_bytes);

    /// <summary>Of a point that is known to be in the subgroup.</summary>
    internal static BlsSignature From(in BlsAffinePoint<Fp2> point)
    {
        var bytes = new byte[Size];
        BlsEncoding.WriteCompressed(in point, bytes);
        return new BlsSignature(bytes, in point);
    }
}
