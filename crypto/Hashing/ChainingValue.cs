using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Marketplace.Crypto;

/// <summary>Eight words: the chaining value of a node of the BLAKE3 tree, or the key words that a node starts from.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ChainingValue(Vector128<uint> low, Vector128<uint> high)
{
    public const int Size = 32;

    public Vector128<uint> Low = low;
    public Vector128<uint> High = high;

    public static ChainingValue From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A BLAKE3 key has {Size} bytes, got {bytes.Length}.", nameof(bytes));
        }
        return Unsafe.ReadUnaligned<ChainingValue>(ref MemoryMarshal.GetReference(bytes));
    }

    public static ChainingValue From(Bytes32 value)
    {
        ChainingValue words = default;
        value.CopyTo(MemoryMarshal.AsBytes(new Span<ChainingValue>(ref words)));
        return words;
    }

    public readonly Bytes32 ToBytes32() => new(MemoryMarshal.AsBytes(new ReadOnlySpan<ChainingValue>(in this)));
}
