using System.Numerics;

namespace Marketplace.Crypto.Tests;

/// <summary>
/// Encodings that must be refused: each wrong flag, numbers from the prime on, x without a point, points of the curve outside of the
/// subgroup (also such of small order), infinity where it is no key, and wrong lengths. Each kind is made from many points.
/// </summary>
public static class BlsTraps
{
    private const int Points = 8;

    public static void Run(VectorTally tally)
    {
        for (var i = 1; i <= Points; i++)
        {
            BlsMap.ToCurve(Fp.FromNumber(i), out var curve1);
            BlsGroups.ClearCofactor(in curve1, out var group1);
            BlsMap.ToCurve(Fp2.FromNumbers(i, i), out var curve2);
            BlsGroups.ClearCofactor(in curve2, out var group2);
            var key = new byte[BlsPublicKey.Size];
            BlsEncoding.WriteCompressed(group1.ToAffine(), key);
            tally.Add("a key", BlsPublicKey.TryRead(key, out _));
            RunOne("key", key, bytes => BlsPublicKey.TryRead(bytes, out _), tally);
            BlsEncoding.WriteCompressed(curve1.ToAffine(), key);
            tally.Add("key outside of the subgroup", !BlsPublicKey.TryRead(key, out _));
            BlsEncoding.WriteCompressed(SmallOrder(in curve1, in group1), key);
            tally.Add("key with a part outside of the subgroup", !BlsPublicKey.TryRead(key, out _));

            var signature = new byte[BlsSignature.Size];
            BlsEncoding.WriteCompressed(group2.ToAffine(), signature);
            tally.Add("a signature", BlsSignature.TryRead(signature, out _));
            RunOne("signature", signature, bytes => BlsSignature.TryRead(bytes, out _), tally);
            BlsEncoding.WriteCompressed(curve2.ToAffine(), signature);
            tally.Add("signature outside of the subgroup", !BlsSignature.TryRead(signature, out _));
        }
        Infinity("key", BlsPublicKey.Size, accepted: false, bytes => BlsPublicKey.TryRead(bytes, out _), tally);
        Infinity("signature", BlsSignature.Size, accepted: true, bytes => BlsSignature.TryRead(bytes, out _), tally);
        PointOfOrderThree(tally);
    }

    private static void RunOne(string name, byte[] good, Func<byte[], bool> reads, VectorTally tally)
    {
        for (var flags = 0; flags < 8; flags++)
        {
            var bytes = good.ToArray();
            bytes[0] = (byte)((bytes[0] & 0x1f) | flags << 5);
            // Compressed with either sign of y: two of eight.
            tally.Add($"{name} with flags {flags:b3}", reads(bytes) == flags is 0b100 or 0b101);
        }
        foreach (var size in new[] { 0, 1, good.Length - 1, good.Length + 1, 2 * good.Length })
        {
            var bytes = new byte[size];
            good.AsSpan(0, Math.Min(size, good.Length)).CopyTo(bytes);
            tally.Add($"{name} of {size} bytes", !reads(bytes));
        }
        for (var at = 0; at < good.Length; at += Fp.Size)
        {
            var number = new BigInteger(good.AsSpan(at, Fp.Size), isUnsigned: true, isBigEndian: true) & (BigInteger.Pow(2, 381) - 1);
            foreach (var other in new[] { Fp.Prime, number + Fp.Prime, BigInteger.Pow(2, 381) - 1 })
            {
                if (other >= BigInteger.Pow(2, 381))
                {
                    continue;
                }
                var bytes = good.ToArray();
                bytes.AsSpan(at, Fp.Size).Clear();
                other.TryWriteBytes(bytes.AsSpan(at + Fp.Size - other.GetByteCount(isUnsigned: true)), out _, true, true);
                bytes[0] = (byte)((bytes[0] & 0x1f) | (good[0] & 0xe0));
                tally.Add($"{name} with a number from the prime on", !reads(bytes));
            }
        }
        NoPoint(name, good, reads, tally);
    }

    /// <summary>Neighbours of x: those without a point of the curve, and those with one that is not in the subgroup.</summary>
    private static void NoPoint(string name, byte[] good, Func<byte[], bool> reads, VectorTally tally)
    {
        var bytes = good.ToArray();
        for (var i = 0; i < 8; i++)
        {
            bytes[^1]++;
            tally.Add($"{name} with another x", !reads(bytes));
        }
    }

    private static void Infinity(string name, int size, bool accepted, Func<byte[], bool> reads, VectorTally tally)
    {
        for (var flags = 0; flags < 8; flags++)
        {
            var bytes = new byte[size];
            bytes[0] = (byte)(flags << 5);
            tally.Add($"{name} of zeros with flags {flags:b3}", reads(bytes) == (accepted && flags == 0b110));
        }
        for (var at = 0; at < size; at++)
        {
            var bytes = new byte[size];
            bytes[0] = 0xc0;
            bytes[at] |= 1;
            tally.Add($"{name}: infinity with a bit in byte {at}", !reads(bytes));
        }
    }

    /// <summary>A point of the subgroup and one of the cofactor's order, added.</summary>
    private static BlsAffinePoint<Fp> SmallOrder(in BlsPoint<Fp> curve, in BlsPoint<Fp> group)
    {
        var small = BitByBit.Multiply(in curve, BlsGroups.Order.ToByteArray(isUnsigned: true, isBigEndian: true));
        BlsPoint<Fp>.Add(in small, in group, out var sum);
        return sum.ToAffine();
    }

    /// <summary>x = 0 and y = 2 or -2: on the curve, and no generator's multiple.</summary>
    private static void PointOfOrderThree(VectorTally tally)
    {
        foreach (var flag in new byte[] { 0x80, 0xa0 })
        {
            byte[] bytes = [flag, .. new byte[BlsPublicKey.Size - 1]];
            tally.Add("key of order three", BlsEncoding.TryRead<Fp>(bytes, out _) && !BlsPublicKey.TryRead(bytes, out _));
        }
    }
}
