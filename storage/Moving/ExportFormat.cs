using System.Buffers.Binary;

namespace Marketplace.Storage;

/// <summary>What a record of an export file says; the numbers are in files. They come in this order.</summary>
internal enum ExportRecordKind : byte
{
    About = 1,
    Secret = 2,
    Blob = 3,
    BlobPiece = 4,
    Document = 5,
    Entry = 6,
    End = 7,
}

/// <summary>The layout of an export file: EXPORT.md says it in words.</summary>
internal static class ExportFormat
{
    public const uint Version = 1;
    public const int HeaderBytes = 16;

    /// <summary>Length and kind, before the payload.</summary>
    public const int RecordHeadBytes = 5;

    public const int ChecksumBytes = 4;

    public static ReadOnlySpan<byte> Magic => "MKTEXPRT"u8;

    public static byte[] Header()
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), Crc32C.Of(header.AsSpan(0, 12)));
        return header;
    }

    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? CheckHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderBytes || !header.StartsWith(Magic))
        {
            return "it does not begin like an export of a market's data.";
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) != Crc32C.Of(header[..12]))
        {
            return "the checksum of its header does not fit.";
        }
        return BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) is var version && version != Version
            ? $"its format is version {version}, and this program reads version {Version}. Use the release that wrote it, or a newer one."
            : null;
    }

    /// <summary>The checksum covers length, kind and payload.</summary>
    public static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload) => Crc32C.Continue(Crc32C.Of(head), payload);
}
