namespace Marketplace.Storage;

/// <summary>
/// Folded segments that stay for backups, in the folder of the journal under an ending that recovery does not read. They stay while a mark
/// of a backup is there (<see cref="BackupMarks"/>): the next run copies them and deletes them.
/// </summary>
internal sealed class KeptSegments(IJournalFiles files, long segmentBytes)
{
    /// <summary>
    /// What may be kept: some three million jobs. A backup that does not run any more must not fill the disk; one that comes later than
    /// that begins anew with a copy of the tables.
    /// </summary>
    public const long BytesMax = 4L << 30;

    public bool AreWanted => files.List().Any(BackupMarks.IsMark);

    /// <summary>The ending changes, the bytes do not; durable when the folder is flushed.</summary>
    public void Keep(long number) => files.Rename(JournalFormat.SegmentName(number), JournalFormat.FoldedName(number));

    /// <summary>Deletes the oldest beyond the bound, or all.</summary>
    public void DropOldest(bool all)
    {
        var kept = files.List().Where(name => JournalFormat.FoldedNumber(name) is not null).ToList();
        var excess = all ? kept.Count : kept.Count - (int)(BytesMax / segmentBytes);
        foreach (var name in kept.Take(Math.Max(0, excess)))
        {
            files.Delete(name);
        }
    }
}
