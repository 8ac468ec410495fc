namespace Marketplace.Crypto;

/// <summary>
/// A public key: a point of G1 but infinity, decoded once, 48 bytes when written. That its owner knows the secret key is not said: until
/// <see cref="Bls.TryProvePossession"/> it may be made of other keys so that a sum with them is the attacker's own.
/// </summary>
public sealed class BlsPublicKey : IEquatable<BlsPublicKey>
{
    public const int Size = 48;

    /// <summary>Both coordinates, 48 bytes each.</summary>
    public const int CoordinatesSize = 2 * Size;

    private readonly byte[] _bytes;

    private BlsPublicKey(byte[] bytes, in BlsAffinePoint<Fp> point) => (_bytes, Point) = (bytes, point);

    internal BlsAffinePoint<Fp> Point { get; }

    /// <summary>The compressed form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <exception cref="FormatException">The bytes are no public key; the message says what they would have to be.</exception>
    public static BlsPublicKey Read(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, out var key)
            ? key
            : throw new FormatException(
                $"{bytes.Length} bytes are no BLS public key: {Size} bytes, the compressed form of a point of G1 other than infinity."
            );

    /// <returns>False where the bytes are not the one form of a point of the curve, in the subgroup, other than infinity.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BlsPublicKey? key)
    {
        key = null;
        if (bytes.Length != Size || !BlsEncoding.TryRead<Fp>(bytes, out var point) || point.IsInfinity || !BlsGroups.IsInSubgroup(in point))
        {
            return false;
        }
        key = new BlsPublicKey(bytes.ToArray(), in point);
        return true;
    }

    /// <summary>Of <see cref="Coordinates"/>.</summary>
    /// <exception cref="FormatException">The bytes are not those of a public key.</exception>
    public static BlsPublicKey ReadCoordinates(ReadOnlySpan<byte> bytes) =>
        bytes.Length == CoordinatesSize
        && BlsEncoding.TryRead<Fp>(bytes, out var point)
        && !point.IsInfinity
        && BlsGroups.IsInSubgroup(in point)
            ? From(in point)
            : throw new FormatException(
                $"{bytes.Length} bytes are no BLS public key: {CoordinatesSize} bytes, x and y of a point of G1 other than infinity."
            );

    /// <summary>x and y, big-endian, without flags: what contracts take.</summary>
    public byte[] Coordinates()
    {
        var bytes = new byte[CoordinatesSize];
        BlsEncoding.WriteUncompressed(Point, bytes);
        return bytes;
    }

    public bool Equals(BlsPublicKey? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as BlsPublicKey);

    public override int GetHashCode() => BitConverter.ToInt32(_bytes, Size - sizeof(int));

    public override string ToString() => Convert.ToHexStringLower(_bytes);

    /// <summary>Of a point that is known to be in the subgroup and not infinity.</summary>
    internal static BlsPublicKey From(in BlsAffinePoint<Fp> point)
    {
        var bytes = new byte[Size];
        BlsEncoding.WriteCompressed(in point, bytes);
        return new BlsPublicKey(bytes, in point);
    }
}
