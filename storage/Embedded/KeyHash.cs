using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Marketplace.Storage;

/// <summary>
/// A 64-bit hash of a name, seeded by a secret of the store so that no client can choose names that collide. It is on disk (the narrow
/// indexes are by hash), so it must never change. Equal hashes are only a hint: the code that finds one compares the names.
/// </summary>
internal static class KeyHash
{
    private const ulong First = 0xA0761D6478BD642F;
    private const ulong Second = 0xE7037ED1A0B428DB;

    public static long OfDocument(ulong seed, DocumentKey key) => unchecked((long)Add(Add(seed, key.Kind), key.Id));

    public static long OfStream(ulong seed, string stream) => unchecked((long)Add(seed ^ Second, stream));

    private static ulong Add(ulong state, string text)
    {
        var bytes = MemoryMarshal.AsBytes(text.AsSpan());
        state ^= (ulong)bytes.Length * First;
        while (bytes.Length >= 16)
        {
            state = Mix(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ First,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ state
            );
            bytes = bytes[16..];
        }
        Span<byte> last = stackalloc byte[16];
        bytes.CopyTo(last);
        return Mix(
            BinaryPrimitives.ReadUInt64LittleEndian(last) ^ Second,
            BinaryPrimitives.ReadUInt64LittleEndian(last[8..]) ^ state ^ First
        );
    }

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
