using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Marketplace.Storage;

/// <summary>
/// Neither SQLite nor, unless it was set up so, PostgreSQL keeps a checksum of what it stores. So each document and each entry has one over
/// its content and what names it; a row that came to stand under another name is found as well.
/// </summary>
internal static class RowChecksum
{
    public static long Of(string name, long version, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, version);
        var crc = Crc32C.Of(number);
        crc = Crc32C.Continue(crc, MemoryMarshal.AsBytes(name.AsSpan()));
        return Crc32C.Continue(crc, content);
    }
}
