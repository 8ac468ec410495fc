using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Marketplace.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds every single-bit flip and every burst of up to 32 bits.</summary>
public static class Crc32C
{
    private const uint ReversedPolynomial = 0x82F63B78;
    private static readonly uint[] Table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes) => Continue(0, bytes);

    /// <summary>The checksum of the earlier bytes followed by these.</summary>
    public static uint Continue(uint earlier, ReadOnlySpan<byte> bytes)
    {
        var crc = ~earlier;
        if (Sse42.X64.IsSupported)
        {
            return ~OnX64(crc, bytes);
        }
        if (Arm.Crc32.Arm64.IsSupported)
        {
            return ~OnArm(crc, bytes);
        }
        return ~ByTable(crc, bytes);
    }

    internal static uint ByTable(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }
        return crc;
    }

    private static uint OnX64(uint crc, ReadOnlySpan<byte> bytes)
    {
        ulong wide = crc;
        while (bytes.Length >= 8)
        {
            wide = Sse42.X64.Crc32(wide, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        crc = (uint)wide;
        foreach (var value in bytes)
        {
            crc = Sse42.Crc32(crc, value);
        }
        return crc;
    }

    private static uint OnArm(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = Arm.Crc32.Arm64.ComputeCrc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var value in bytes)
        {
            crc = Arm.Crc32.ComputeCrc32C(crc, value);
        }
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint index = 0; index < 256; index++)
        {
            var value = index;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ ReversedPolynomial;
            }
            table[index] = value;
        }
        return table;
    }
}
