namespace Marketplace.Storage;

public sealed class JournalSegmentsTests
{
    private const int SegmentBytes = 4 << 20;

    [Fact]
    public void SmallBatch_FindsItsRoomWrittenByTheOneBefore()
    {
        using var files = new RecordingFiles();
        using var segments = Start(files);

        segments.Append([new byte[100]], 1);
        var ahead = files.WrittenTo;
        Assert.InRange(ahead, 1 << 20, SegmentBytes);
        files.Writes.Clear();
        segments.Append([new byte[200], new byte[50]], 2);

        Assert.Equal([(164L, 200), (364L, 50)], files.Writes);
        Assert.Equal(ahead, files.WrittenTo);
    }

    [Fact]
    public void RoomAhead_EndsWithItsSegment()
    {
        using var files = new RecordingFiles();
        using var segments = Start(files);
        for (var sequence = 1; sequence <= 80; sequence++)
        {
            segments.Append([new byte[50_000]], sequence);
        }
        Assert.Equal(SegmentBytes, files.WrittenTo);
    }

    [Fact]
    public void LargeBatch_IsWrittenOnce()
    {
        using var files = new RecordingFiles();
        using var segments = Start(files);

        segments.Append([new byte[100_000]], 1);

        Assert.Equal([(0L, 64), (64L, 100_000)], files.Writes);
    }

    private static JournalSegments Start(RecordingFiles files)
    {
        var segments = new JournalSegments(files, SegmentBytes);
        segments.Continue([], 0, 0);
        return segments;
    }

    /// <summary>One file at a time, of which only the places of writes are kept.</summary>
    private sealed class RecordingFiles : IJournalFiles, IJournalFile
    {
        public List<(long Offset, int Length)> Writes { get; } = [];

        public long WrittenTo { get; private set; }

        public string Folder => "";

        public long Length => SegmentBytes;

        public IReadOnlyList<string> List() => [];

        public IJournalFile Create(string name, long size) => this;

        public IJournalFile Open(string name) => this;

        public void Rename(string from, string to) { }

        public void Delete(string name) { }

        public void FlushFolder() { }

        public int Read(long offset, Span<byte> destination) => 0;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            Writes.Add((offset, bytes.Length));
            WrittenTo = Math.Max(WrittenTo, offset + bytes.Length);
        }

        public void SetLength(long length) { }

        public void Flush() { }

        public void Dispose() { }
    }
}
