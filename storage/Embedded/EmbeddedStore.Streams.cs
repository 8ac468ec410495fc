using System.Runtime.CompilerServices;

namespace Marketplace.Storage;

public sealed partial class EmbeddedStore
{
    private const int EntriesPage = 256;

    public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        StoreArguments.CheckName(stream, nameof(stream));
        StoreArguments.CheckVersion(expectedVersion);
        var totalBytes = StoreArguments.Check(entries);
        var hash = _memory.HashOf(stream);
        var looked = new Looked<(long Row, long Version)>();
        while (true)
        {
            lock (_memory.Gate)
            {
                ThrowIfStopped();
                if (_memory.UnfoldedBytes > _options.UnfoldedBytesMax)
                {
                    return new ValueTask<long>(AppendWhenThereIsRoom(stream, expectedVersion, entries));
                }
                var entry = _memory.Find(stream, hash);
                if (entry is not null || looked.IsTrueAt(_memory.Removals) || !_memory.Filter.MayContain(hash))
                {
                    return Enqueue(entry, stream, hash, looked.Found, expectedVersion, entries, totalBytes).Version;
                }
                looked.Removals = _memory.Removals;
            }
            looked.Found = _folded.Ask(reader => reader.Stream(stream, hash));
        }
    }

    /// <summary>Belongs to the gate.</summary>
    private PendingResult Enqueue(
        StreamEntry? entry,
        string stream,
        long hash,
        (long Row, long Version) found,
        long expected,
        IReadOnlyList<ReadOnlyMemory<byte>> entries,
        int totalBytes
    )
    {
        var newest = entry?.NewestVersion ?? found.Version;
        if (newest != expected)
        {
            return new PendingResult(Task.FromException<long>(new VersionConflictException(stream, expected, newest)));
        }
        var frame = _framer.Entries(stream, newest + 1, entries, totalBytes);
        entry ??= AddStream(stream, hash, found);
        entry.NewestVersion = newest + entries.Count;
        return Commit(_committer.Enqueue(entry, null, Unpack(frame.Payload, newest + 1, entries), entry.NewestVersion, frame));
    }

    public async IAsyncEnumerable<LogEntry> Read(
        string stream,
        long fromVersion = 1,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        StoreArguments.CheckName(stream, nameof(stream));
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        var hash = _memory.HashOf(stream);
        if (!_memory.Filter.MayContain(hash))
        {
            yield break;
        }
        // Taken before the tables are asked: what is not in memory then is in the tables, and an entry never changes.
        LogEntry[] inMemory;
        lock (_memory.Gate)
        {
            inMemory = _memory.Find(stream, hash) is { } entry ? [.. entry.Unfolded] : [];
        }
        var last = inMemory.Length > 0 ? inMemory[0].Version - 1 : long.MaxValue;
        while (fromVersion <= last)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = _folded.Ask(reader => reader.Entries(reader.Stream(stream, hash).Row, stream, fromVersion, last, EntriesPage));
            foreach (var entry in page)
            {
                yield return entry;
            }
            if (page.Count < EntriesPage)
            {
                break;
            }
            fromVersion = page[^1].Version + 1;
            await Task.CompletedTask.ConfigureAwait(false);
        }
        foreach (var entry in inMemory)
        {
            if (entry.Version >= fromVersion)
            {
                yield return entry;
            }
        }
    }

    public async IAsyncEnumerable<string> Streams(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        StoreArguments.CheckName(prefix, nameof(prefix));
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var stream in AllStreams(cancellation).Where(stream => stream.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return stream;
        }
    }

    private async Task<long> AppendWhenThereIsRoom(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        await WaitForRoom().ConfigureAwait(KeepsContext);
        return await Append(stream, expectedVersion, entries).ConfigureAwait(KeepsContext);
    }

    private StreamEntry AddStream(string stream, long hash, (long Row, long Version) found)
    {
        var entry = new StreamEntry(stream, hash) { Row = found.Row };
        _memory.Add(entry);
        return entry;
    }

    /// <summary>The entries as they lie in the journal's own memory: when the append returns, the caller may reuse its buffers.</summary>
    private static LogEntry[] Unpack(ReadOnlyMemory<byte> payload, long firstVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var unpacked = new LogEntry[entries.Count];
        var offset = 0;
        for (var index = 0; index < unpacked.Length; index++)
        {
            unpacked[index] = new LogEntry(firstVersion + index, payload.Slice(offset + 4, entries[index].Length));
            offset += 4 + entries[index].Length;
        }
        return unpacked;
    }
}
