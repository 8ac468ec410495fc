namespace Marketplace.Storage.BitRot;

/// <summary>A record of the archive, of which each bit is flipped; the record before it must stay as it is.</summary>
internal static class ArchiveRot
{
    private static readonly DocumentKey First = new("kind", "first");
    private static readonly DocumentKey Second = new("kind", "second");

    /// <param name="recordBytes">Of the whole record, with header and names.</param>
    public static BitRotResult Run(int recordBytes)
    {
        var tally = new BitRotTally();
        using var disk = new SimulatedDisk(1);
        var archive = new Archive(disk.Open().Archive, 1 << 20);
        var content = new byte[recordBytes - Archive.RecordHeaderBytes - Second.Kind.Length - Second.Id.Length];
        new Random(1).NextBytes(content);
        var before = archive.Append(First, new StoredDocument(7, content.AsMemory(0, 7)));
        var position = archive.Append(Second, new StoredDocument(8, content));
        archive.Flush();
        var file = disk.FilesOf("archive").Keys.Single();
        var start = Archive.Split(position).Offset * 8;
        for (var bit = start; bit < start + (recordBytes * 8L); bit++)
        {
            tally.Count();
            disk.Flip("archive", file, bit);
            if (archive.TryRead(position, out _, out var what))
            {
                tally.Require(false, bit, "the record was read");
            }
            else
            {
                tally.Detected++;
            }
            tally.Require(what.Length > 0, bit, "the damage has no words");
            tally.Require(IsRight(archive, before, First, 7, content.AsSpan(0, 7)), bit, "the record before is not read right");
            disk.Flip("archive", file, bit);
        }
        tally.Require(disk.FilesOf("archive")[file] * 8 == start + (recordBytes * 8L), start, "the record has another size than expected");
        tally.Require(IsRight(archive, position, Second, 8, content), start, "the whole record is not read right");
        return tally.Result;
    }

    private static bool IsRight(Archive archive, long position, DocumentKey key, long version, ReadOnlySpan<byte> content) =>
        archive.TryRead(position, out var found, out _)
        && found.Key == key
        && found.Document.Version == version
        && found.Document.Content.Span.SequenceEqual(content);
}
