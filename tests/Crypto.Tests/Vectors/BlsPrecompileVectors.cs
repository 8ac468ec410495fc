using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Runs the vectors of <see href="https://eips.ethereum.org/EIPS/eip-2537">EIP-2537</see> over the arithmetic: numbers have 64 bytes, the
/// coefficients of Fp2 are in rising order, infinity is all zeros. Additions take all points of the curve, the others those of the
/// subgroup. Files whose name begins with "fail" hold what must be refused.
/// </summary>
public static class BlsPrecompileVectors
{
    public const string Folder = "bls/eip-2537";

    private const int NumberSize = 64;
    private const int ScalarSize = 32;

    public static VectorTally Run(string folder)
    {
        var tally = new VectorTally();
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var test in document.RootElement.EnumerateArray())
            {
                var output = Operation(name, Hex.Bytes(test.GetProperty("Input")));
                var expected = test.TryGetProperty("Expected", out var digits) ? Hex.Bytes(digits) : null;
                tally.Add(
                    $"{name} {test.GetProperty("Name").GetString()}",
                    expected is null ? output is null : expected.AsSpan().SequenceEqual(output)
                );
            }
        }
        return tally;
    }

    private static byte[]? Operation(string name, byte[] input)
    {
        var operation = name.Replace("fail-", "", StringComparison.Ordinal);
        return operation switch
        {
            "add_G1_bls" => Add<Fp>(input),
            "add_G2_bls" => Add<Fp2>(input),
            "mul_G1_bls" => input.Length == (2 * NumberSize) + ScalarSize ? Sum<Fp>(input) : null,
            "mul_G2_bls" => input.Length == (4 * NumberSize) + ScalarSize ? Sum<Fp2>(input) : null,
            "multiexp_G1_bls" => Sum<Fp>(input),
            "multiexp_G2_bls" => Sum<Fp2>(input),
            "map_fp_to_G1_bls" => MapToG1(input),
            "map_fp2_to_G2_bls" => MapToG2(input),
            "pairing_check_bls" => Pairing(input),
            _ => throw new InvalidOperationException($"The operation {name} is not known."),
        };
    }

    private static byte[]? Add<T>(byte[] input)
        where T : unmanaged, ICurveField<T>
    {
        var size = PointSize<T>();
        if (
            input.Length != 2 * size
            || !TryReadPoint<T>(input.AsSpan(0, size), out var left)
            || !TryReadPoint<T>(input.AsSpan(size), out var right)
        )
        {
            return null;
        }
        BlsPoint<T>.Add(left.ToPoint(), right.ToPoint(), out var sum);
        return Write(sum.ToAffine());
    }

    private static byte[]? Sum<T>(byte[] input)
        where T : unmanaged, ICurveField<T>
    {
        var size = PointSize<T>() + ScalarSize;
        if (input.Length == 0 || input.Length % size != 0)
        {
            return null;
        }
        var points = new BlsAffinePoint<T>[input.Length / size];
        var scalars = new byte[points.Length * ScalarSize];
        for (var i = 0; i < points.Length; i++)
        {
            var item = input.AsSpan(i * size, size);
            if (!TryReadPoint(item[..PointSize<T>()], out points[i]) || !IsInSubgroup(points[i]))
            {
                return null;
            }
            item[^ScalarSize..].CopyTo(scalars.AsSpan(i * ScalarSize));
        }
        return Write(BlsMultiple.Sum<T>(points, scalars, ScalarSize).ToAffine());
    }

    private static byte[]? MapToG1(byte[] input)
    {
        if (input.Length != NumberSize || !TryReadNumber(input, out var u))
        {
            return null;
        }
        BlsMap.ToCurve(in u, out var point);
        BlsGroups.ClearCofactor(in point, out var cleared);
        return Write(cleared.ToAffine());
    }

    private static byte[]? MapToG2(byte[] input)
    {
        if (input.Length != 2 * NumberSize || !TryRead<Fp2>(input, out var u))
        {
            return null;
        }
        BlsMap.ToCurve(in u, out var point);
        BlsGroups.ClearCofactor(in point, out var cleared);
        return Write(cleared.ToAffine());
    }

    private static byte[]? Pairing(byte[] input)
    {
        var (size1, size2) = (PointSize<Fp>(), PointSize<Fp2>());
        if (input.Length == 0 || input.Length % (size1 + size2) != 0)
        {
            return null;
        }
        var left = new BlsAffinePoint<Fp>[input.Length / (size1 + size2)];
        var right = new BlsAffinePoint<Fp2>[left.Length];
        for (var i = 0; i < left.Length; i++)
        {
            var item = input.AsSpan(i * (size1 + size2), size1 + size2);
            if (
                !TryReadPoint(item[..size1], out left[i])
                || !TryReadPoint(item[size1..], out right[i])
                || !BlsGroups.IsInSubgroup(in left[i])
                || !BlsGroups.IsInSubgroup(in right[i])
            )
            {
                return null;
            }
        }
        var output = new byte[ScalarSize];
        output[^1] = BlsPairing.IsProductOne(left, right) ? (byte)1 : (byte)0;
        return output;
    }

    private static bool IsInSubgroup<T>(BlsAffinePoint<T> point)
        where T : struct, ICurveField<T> =>
        point switch
        {
            BlsAffinePoint<Fp> inG1 => BlsGroups.IsInSubgroup(in inG1),
            BlsAffinePoint<Fp2> inG2 => BlsGroups.IsInSubgroup(in inG2),
            _ => false,
        };

    private static int PointSize<T>()
        where T : struct, ICurveField<T> => 2 * T.EncodedSize / Fp.Size * NumberSize;

    private static bool TryReadPoint<T>(ReadOnlySpan<byte> bytes, out BlsAffinePoint<T> point)
        where T : struct, ICurveField<T>
    {
        point = BlsAffinePoint<T>.Infinity;
        if (!bytes.ContainsAnyExcept((byte)0))
        {
            return true;
        }
        var canonical = TryRead<T>(bytes[..(bytes.Length / 2)], out var x) & TryRead<T>(bytes[(bytes.Length / 2)..], out var y);
        point = new BlsAffinePoint<T>(in x, in y, isInfinity: false);
        return canonical && point.IsOnCurve();
    }

    private static bool TryRead<T>(ReadOnlySpan<byte> bytes, out T value)
        where T : struct, ICurveField<T>
    {
        var plain = new byte[T.EncodedSize];
        var padding = true;
        for (var i = 0; i < bytes.Length / NumberSize; i++)
        {
            var number = bytes.Slice(i * NumberSize, NumberSize);
            padding &= !number[..(NumberSize - Fp.Size)].ContainsAnyExcept((byte)0);
            // The compressed form has the highest coefficient first.
            number[(NumberSize - Fp.Size)..].CopyTo(plain.AsSpan(plain.Length - ((i + 1) * Fp.Size)));
        }
        return T.TryRead(plain, out value) && padding;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> bytes, out Fp value) => TryRead(bytes, out value);

    private static byte[] Write<T>(in BlsAffinePoint<T> point)
        where T : struct, ICurveField<T>
    {
        var output = new byte[PointSize<T>()];
        if (!point.IsInfinity)
        {
            Write(in point.X, output.AsSpan(0, output.Length / 2));
            Write(in point.Y, output.AsSpan(output.Length / 2));
        }
        return output;
    }

    private static void Write<T>(in T value, Span<byte> output)
        where T : struct, ICurveField<T>
    {
        var plain = new byte[T.EncodedSize];
        T.Write(in value, plain);
        for (var i = 0; i < output.Length / NumberSize; i++)
        {
            plain.AsSpan(plain.Length - ((i + 1) * Fp.Size), Fp.Size).CopyTo(output[((i * NumberSize) + NumberSize - Fp.Size)..]);
        }
    }
}
