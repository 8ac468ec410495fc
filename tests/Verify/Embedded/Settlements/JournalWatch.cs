using System.Buffers.Binary;
using Marketplace.Storage;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// Reads the journal of a running silo while it grows: a record is seen as soon as it is handed to the file, mostly while its fsync is
/// still on the way.
/// </summary>
/// <param name="store">The silo's store.</param>
/// <param name="steps">What the records mean.</param>
/// <param name="strike">Is told of each step.</param>
internal sealed class JournalWatch(string store, WriteSteps steps, Strike strike) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private SafeFileHandle? _file;
    private long _segment = 1;
    private long _position = JournalFormat.SegmentHeaderBytes;

    /// <summary>Steps that came on the disk behind the one that the silo was killed for, before it was dead.</summary>
    public int Later { get; private set; }

    /// <summary>Reads until it is cancelled, and then what is there yet.</summary>
    public Task Follow(CancellationToken over) =>
        Task.Factory.StartNew(() => Read(over), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose() => _file?.Dispose();

    private void Read(CancellationToken over)
    {
        Later = 0;
        var isStruck = false;
        while (true)
        {
            var isOver = over.IsCancellationRequested;
            while (Next() is { } record)
            {
                foreach (var step in steps.Of(record))
                {
                    Later += isStruck ? 1 : 0;
                    isStruck |= strike.See(step);
                }
            }
            if (isOver)
            {
                return;
            }
            // A pause of a millisecond is longer than the write that is waited for.
            if (strike.Armed is null)
            {
                Thread.Sleep(Pause);
            }
            else
            {
                Thread.SpinWait(200);
            }
        }
    }

    /// <returns>Null: there is none yet.</returns>
    private JournalRecord? Next()
    {
        var hasNext = File.Exists(PathOf(_segment + 1));
        if (TryRead() is { } record)
        {
            _position += JournalFormat.Padded(record.Length);
            return record;
        }
        if (!hasNext)
        {
            return null;
        }
        _file?.Dispose();
        (_file, _segment, _position) = (null, _segment + 1, JournalFormat.SegmentHeaderBytes);
        return Next();
    }

    private JournalRecord? TryRead()
    {
        if (_file is null && File.Exists(PathOf(_segment)))
        {
            _file = File.OpenHandle(PathOf(_segment), share: FileShare.ReadWrite | FileShare.Delete);
        }
        if (_file is not { } file)
        {
            return null;
        }
        Span<byte> length = stackalloc byte[sizeof(int)];
        var size = RandomAccess.Read(file, length, _position) == length.Length ? BinaryPrimitives.ReadInt32LittleEndian(length) : 0;
        if (size <= 0)
        {
            return null;
        }
        var bytes = new byte[JournalFormat.Padded(Math.Min(size, JournalFormat.RecordBytesMax))];
        return RandomAccess.Read(file, bytes, _position) == bytes.Length && JournalRecord.TryRead(bytes, out var record) ? record : null;
    }

    private string PathOf(long segment) => Path.Combine(store, "journal", JournalFormat.SegmentName(segment));
}
