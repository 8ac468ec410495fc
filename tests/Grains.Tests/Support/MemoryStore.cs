using System.Runtime.CompilerServices;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Support;

/// <summary>
/// A store over a <see cref="MemoryDisk"/> as one run of a silo sees it. Each write takes a moment of simulated time and asks
/// <see cref="OnWrite"/> what becomes of it. After <see cref="Crash"/> nothing is written or answered any more.
/// </summary>
internal sealed class MemoryStore(MemoryDisk disk, TimeProvider time) : IDocumentStore, IEventLog, IListing, IStoreRoom
{
    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(1);
    private readonly TaskCompletionSource _never = new();

    /// <summary>What becomes of a write; the name is the document's key or the stream.</summary>
    public Func<string, WriteFate> OnWrite { get; set; } = _ => WriteFate.Done;

    /// <summary>What becomes of reading a document or a stream: null where it is read.</summary>
    public Func<string, Exception?> OnRead { get; set; } = _ => null;

    public DiskShortage? Shortage { get; set; }

    public int Writes { get; private set; }

    public bool IsCrashed { get; private set; }

    public long Lag => 0;

    public void Crash() => IsCrashed = true;

    public async ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default)
    {
        await StopIfCrashed();
        if (OnRead(key.ToString()) is { } failure)
        {
            throw failure;
        }
        return disk.Documents.TryGetValue(key, out var document) ? document : (Document?)null;
    }

    public async ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        var own = content.ToArray();
        return await Do(key.ToString(), () => disk.Write(key, expectedVersion, own));
    }

    public async ValueTask Delete(DocumentKey key, long expectedVersion) =>
        await Do(
            key.ToString(),
            () =>
            {
                disk.Delete(key, expectedVersion);
                return 0;
            }
        );

    public async ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
        await Do(stream, () => disk.Append(stream, expectedVersion, entries));

    public async IAsyncEnumerable<LogEntry> Read(
        string stream,
        long fromVersion = 1,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await StopIfCrashed();
        if (OnRead(stream) is { } failure)
        {
            throw failure;
        }
        if (!disk.Streams.TryGetValue(stream, out var entries))
        {
            yield break;
        }
        for (var version = fromVersion; version <= entries.Count; version++)
        {
            yield return new LogEntry(version, entries[(int)version - 1]);
        }
    }

    public async IAsyncEnumerable<string> Streams(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await StopIfCrashed();
        foreach (var stream in disk.Streams.Keys.Where(stream => stream.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            yield return stream;
        }
    }

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await StopIfCrashed();
        foreach (
            var pair in disk.Documents.Where(pair => pair.Key.Kind == kind).OrderBy(pair => pair.Key.Id, StringComparer.Ordinal).ToArray()
        )
        {
            yield return pair;
        }
    }

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => Scan(kind, cancellation);

    public async ValueTask<IReadOnlyList<ListingRow>> List(ListingQuery query, CancellationToken cancellation = default)
    {
        await StopIfCrashed();
        var projection = MarketProjections.All.Single(projection => projection.Kind == query.Kind);
        return
        [
            .. disk
                .Documents.Where(pair => pair.Key.Kind == query.Kind)
                .Select(pair => projection.Project(pair.Key.Id, pair.Value.Content.Span, out _))
                .OfType<ListingRow>()
                .Where(row =>
                    (query.Owner is null || row.Owner == query.Owner)
                    && (query.State is null || row.State == query.State)
                    && (query.Label is null || row.Label == query.Label)
                )
                .OrderByDescending(row => row.At)
                .ThenBy(row => row.Id, StringComparer.Ordinal)
                .Where(row =>
                    query.After is not { } after || row.At < after.At || (row.At == after.At && string.CompareOrdinal(row.Id, after.Id) > 0)
                )
                .Take(query.Limit),
        ];
    }

    public ValueTask CatchUp(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    private async ValueTask<long> Do(string name, Func<long> write)
    {
        await StopIfCrashed();
        Writes++;
        var fate = OnWrite(name);
        if (fate == WriteFate.Lost)
        {
            await Task.Delay(WriteTime, time);
            throw new IOException($"The write of {name} was lost.");
        }

        await Task.Delay(fate == WriteFate.Late ? 50 * WriteTime : WriteTime, time);
        await StopIfCrashed();
        var version = write();
        if (fate == WriteFate.Unconfirmed)
        {
            throw new IOException($"The write of {name} was not confirmed.");
        }
        if (fate == WriteFate.CrashAfter)
        {
            Crash();
        }
        await StopIfCrashed();
        return version;
    }

    private Task StopIfCrashed() => IsCrashed ? _never.Task : Task.CompletedTask;
}

internal enum WriteFate
{
    Done = 0,

    /// <summary>Takes longer than the writes after it.</summary>
    Late = 1,

    /// <summary>Fails, and nothing was written.</summary>
    Lost = 2,

    /// <summary>Fails, but was written.</summary>
    Unconfirmed = 3,

    /// <summary>Is written; the process ends before it is told.</summary>
    CrashAfter = 4,
}
