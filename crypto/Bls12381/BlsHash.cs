using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// Hashing to the groups: <see href="https://www.rfc-editor.org/rfc/rfc9380">RFC 9380</see>, suites BLS12381G2_XMD:SHA-256_SSWU_RO_ and
/// BLS12381G1_XMD:SHA-256_SSWU_RO_. Messages are public, so are points made of them.
/// </summary>
internal static class BlsHash
{
    /// <summary>L of the suites: 64 bytes for each number, so that it is uniform modulo p but for one part in 2^128.</summary>
    private const int NumberSize = 64;

    private const int TagSizeMax = 255;
    private const int BlockSize = 64;

    public static BlsPoint<Fp2> ToG2(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag)
    {
        Span<byte> uniform = stackalloc byte[4 * NumberSize];
        Expand(message, tag, uniform);
        BlsMap.ToCurve(ReadFp2(uniform), out var first);
        BlsMap.ToCurve(ReadFp2(uniform[(2 * NumberSize)..]), out var second);
        BlsPoint<Fp2>.Add(in first, in second, out var sum);
        BlsGroups.ClearCofactor(in sum, out var cleared);
        return cleared;
    }

    public static BlsPoint<Fp> ToG1(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag)
    {
        Span<byte> uniform = stackalloc byte[2 * NumberSize];
        Expand(message, tag, uniform);
        BlsMap.ToCurve(Fp.ReadWide(uniform[..NumberSize]), out var first);
        BlsMap.ToCurve(Fp.ReadWide(uniform[NumberSize..]), out var second);
        BlsPoint<Fp>.Add(in first, in second, out var sum);
        BlsGroups.ClearCofactor(in sum, out var cleared);
        return cleared;
    }

    /// <summary>expand_message_xmd with SHA-256 (RFC 9380, 5.3.1).</summary>
    /// <exception cref="ArgumentException">The tag, which separates uses from each other, is empty or longer than 255 bytes.</exception>
    public static void Expand(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag, Span<byte> uniform)
    {
        if (tag.Length is 0 or > TagSizeMax)
        {
            throw new ArgumentException($"A domain separation tag has 1 to {TagSizeMax} bytes, got {tag.Length}.", nameof(tag));
        }
        Span<byte> ending = stackalloc byte[3 + TagSizeMax + 1];
        BinaryPrimitives.WriteUInt16BigEndian(ending, (ushort)uniform.Length);
        ending[2] = 0;
        tag.CopyTo(ending[3..]);
        ending[3 + tag.Length] = (byte)tag.Length;
        ending = ending[..(4 + tag.Length)];

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> padding = stackalloc byte[BlockSize],
            first = stackalloc byte[SHA256.HashSizeInBytes],
            block = stackalloc byte[SHA256.HashSizeInBytes + 1];
        padding.Clear();
        block.Clear();
        hash.AppendData(padding);
        hash.AppendData(message);
        hash.AppendData(ending);
        hash.GetHashAndReset(first);
        for (var i = 0; i * first.Length < uniform.Length; i++)
        {
            for (var j = 0; j < first.Length; j++)
            {
                block[j] ^= first[j];
            }
            block[^1] = (byte)(i + 1);
            hash.AppendData(block);
            hash.AppendData(ending[3..]);
            hash.GetHashAndReset(block[..first.Length]);
            block[..first.Length].CopyTo(uniform[(i * first.Length)..]);
        }
    }

    private static Fp2 ReadFp2(ReadOnlySpan<byte> uniform) =>
        new(Fp.ReadWide(uniform[..NumberSize]), Fp.ReadWide(uniform[NumberSize..(2 * NumberSize)]));
}
