using System.Diagnostics.Metrics;

namespace Marketplace.Storage;

/// <summary>
/// Group commit: while one batch is on its way to the disk, the next one gathers. The driver calls <see cref="CommitOnce"/> from one
/// thread at a time. After a failure nothing is ever written again: a failed fsync says nothing about what is on the disk, and a second
/// one may report success although the bytes are gone.
/// </summary>
internal sealed class Committer(StoreMemory memory, JournalFramer framer, JournalSegments segments, TimeProvider time, bool continueOnPool)
{
    private static readonly Histogram<double> Flushes = MarketMetrics.FlushDuration.CreateHistogram(new Meter(MarketMetrics.MeterName));

    private readonly PendingWritePool _pool = new(continueOnPool);
    private List<PendingWrite> _gathering = [];
    private List<PendingWrite> _committing = [];
    private List<Memory<byte>> _ranges = [];

    /// <summary>Why no more writes are taken; null while they are. Belongs to the gate.</summary>
    public StoreStoppedException? Stopped { get; private set; }

    /// <summary>Belongs to the gate.</summary>
    public PendingWrite Enqueue(MemoryEntry entry, StoredDocument? document, LogEntry[]? entries, long version, Frame frame)
    {
        var write = _pool.Rent().Set(entry, document, entries, version, frame);
        _gathering.Add(write);
        entry.InFlight++;
        return write;
    }

    /// <summary>The write that was enqueued last opened a batch, so the driver must be told. Belongs to the gate.</summary>
    public bool IsFirst => _gathering.Count == 1;

    /// <returns>False where nothing waited.</returns>
    public bool CommitOnce()
    {
        long durable;
        long lastSequence;
        List<Memory<byte>> ranges;
        lock (memory.Gate)
        {
            if (_gathering.Count == 0)
            {
                return false;
            }
            (_committing, _gathering) = (_gathering, _committing);
            ranges = framer.Take(_ranges);
            durable = memory.DurableSequence;
            lastSequence = framer.NextSequence - 1;
        }
        try
        {
            JournalFramer.Seal(ranges, durable, time.GetUtcNow());
            var began = time.GetTimestamp();
            segments.Append(ranges, lastSequence);
            Flushes.Record(time.GetElapsedTime(began).TotalSeconds);
        }
        catch (Exception failure)
        {
            Stop(new StoreStoppedException($"the journal could not be written ({failure.Message}).", failure));
            return true;
        }
        ranges.Clear();
        _ranges = ranges;
        Publish(lastSequence);
        Complete();
        return true;
    }

    /// <summary>Refuses all writes from now on and fails those that are under way, which may have happened.</summary>
    public void Stop(StoreStoppedException why)
    {
        List<PendingWrite> failed;
        List<TaskCompletionSource> waiting;
        lock (memory.Gate)
        {
            if (Stopped is not null)
            {
                return;
            }
            Stopped = why;
            failed = [.. _committing, .. _gathering];
            _committing = [];
            _gathering = [];
            waiting = memory.TakeWaiting();
        }
        foreach (var source in waiting)
        {
            source.TrySetException(why);
        }
        foreach (var write in failed)
        {
            write.Fail(why);
        }
    }

    /// <summary>Ends the journal with a record that proves that all before it was durable. Nothing may be gathering.</summary>
    public void WriteClosed()
    {
        List<Memory<byte>> ranges;
        lock (memory.Gate)
        {
            framer.Closed();
            ranges = framer.Take([]);
        }
        JournalFramer.Seal(ranges, memory.DurableSequence, time.GetUtcNow());
        segments.Append(ranges, framer.NextSequence - 1);
        segments.Trim();
    }

    /// <summary>For a simulated crash.</summary>
    public void WriteWithoutFlush()
    {
        if (Stopped is not null)
        {
            return;
        }
        try
        {
            var ranges = framer.Take([]);
            JournalFramer.Seal(ranges, memory.DurableSequence, time.GetUtcNow());
            segments.Write(ranges);
        }
        catch (IOException)
        {
            // The disk was failing already; the crash comes all the same.
        }
    }

    private void Publish(long lastSequence)
    {
        var now = time.GetTimestamp();
        lock (memory.Gate)
        {
            // The fold may have stopped the store meanwhile: those writes were refused, and must not show now.
            if (Stopped is not null)
            {
                return;
            }
            memory.DurableSequence = lastSequence;
            foreach (var write in _committing)
            {
                write.Entry.InFlight--;
                if (write.Entry is DocumentEntry document)
                {
                    document.Durable = write.Document;
                }
                else if (write.Entry is StreamEntry stream)
                {
                    stream.Unfolded.AddRange(write.Entries!);
                }
                memory.Enqueue(write.Entry, write.Sequence, write.RecordBytes, now);
            }
        }
    }

    private void Complete()
    {
        if (!continueOnPool)
        {
            // A continuation may write again at once, and so gather; it never touches the list that is being completed.
            foreach (var write in _committing)
            {
                write.Complete();
            }
            _committing.Clear();
            return;
        }
        var completed = _committing;
        _committing = [];
        ThreadPool.UnsafeQueueUserWorkItem(
            static writes =>
            {
                foreach (var write in writes)
                {
                    write.Complete();
                }
            },
            completed,
            preferLocal: false
        );
    }
}
