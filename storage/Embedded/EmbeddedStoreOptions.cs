namespace Marketplace.Storage;

/// <summary>How an embedded store is opened.</summary>
public sealed record EmbeddedStoreOptions
{
    /// <summary>Of a segment; a smaller one would be little more than its header and the fsyncs that it costs.</summary>
    internal const int SegmentBytesMin = 4096;

    /// <summary>The read model's projections, at most one a kind.</summary>
    public IReadOnlyList<IProjection> Projections { get; init; } = [];

    /// <summary>
    /// When the journal starts a new file. Smaller: segments are deleted, and recovery is short, sooner; larger: fewer new files, each of
    /// which costs three fsyncs while writers wait.
    /// </summary>
    public long SegmentBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Durable bytes that may wait in memory for the fold. Beyond it writers wait, so that memory and the time of a recovery stay bounded.
    /// </summary>
    public long UnfoldedBytesMax { get; init; } = 256 << 20;

    /// <summary>
    /// How long a write rests before it is folded. A job that ends within it costs one row instead of two: it is longer than the queue of a
    /// busy silo, and short beside a recovery. Who needs the read model now asks for it (<see cref="IListing.CatchUp"/>).
    /// </summary>
    public TimeSpan FoldDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>When the archive starts a new file.</summary>
    public long ArchiveFileBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Free disk below which <see cref="IStoreRoom.Shortage"/> is said; 0: never. Writes go on below it. It is for the ends of what was
    /// accepted: journal, tables and archive each need room for them, and a journal that cannot be written stops the store.
    /// </summary>
    public long FreeBytesMin { get; init; }

    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    public void Validate()
    {
        Require(SegmentBytes is >= SegmentBytesMin and <= 1 << 30, nameof(SegmentBytes), "between 4 KiB and 1 GiB");
        Require(UnfoldedBytesMax >= 1 << 16, nameof(UnfoldedBytesMax), "at least 64 KiB");
        Require(FoldDelay >= TimeSpan.Zero && FoldDelay <= TimeSpan.FromMinutes(1), nameof(FoldDelay), "between 0 and one minute");
        Require(ArchiveFileBytes is >= 4096 and <= uint.MaxValue, nameof(ArchiveFileBytes), "between 4 KiB and 4 GiB");
        Require(FreeBytesMin >= 0, nameof(FreeBytesMin), "0 or more");
        Require(
            Projections.Select(projection => projection.Kind).Distinct().Count() == Projections.Count,
            nameof(Projections),
            "one a kind"
        );
    }

    private static void Require(bool holds, string property, string bound)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(EmbeddedStoreOptions)}.{property} must be {bound}.");
        }
    }
}
