using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Reads of the store as grains do them: what goes wrong is something that their callers understand.</summary>
internal static class StoreReads
{
    public static async ValueTask<Document?> ReadDocument(this IDocumentStore store, DocumentKey key)
    {
        try
        {
            return await store.Read(key);
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    /// <summary>Rows of the read model that show everything that was durable at the moment of the call.</summary>
    public static async ValueTask<IReadOnlyList<ListingRow>> ListNewest(this IListing listing, ListingQuery query)
    {
        try
        {
            await listing.CatchUp();
            return await listing.List(query);
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    /// <summary>Hands over the entries of a stream from a version on, in order.</summary>
    public static async ValueTask Replay(
        this IEventLog log,
        string stream,
        long fromVersion,
        Action<LogEntry> take,
        CancellationToken cancellation = default
    )
    {
        await using var entries = log.Read(stream, fromVersion, cancellation).GetAsyncEnumerator(cancellation);
        while (await MoveNext(entries))
        {
            take(entries.Current);
        }
    }

    /// <summary>As the other, up to a version; what takes an entry may itself read.</summary>
    public static async ValueTask Replay(
        this IEventLog log,
        string stream,
        long fromVersion,
        long toVersion,
        Func<LogEntry, ValueTask> take,
        CancellationToken cancellation = default
    )
    {
        if (fromVersion > toVersion)
        {
            return;
        }
        await using var entries = log.Read(stream, fromVersion, cancellation).GetAsyncEnumerator(cancellation);
        while (await MoveNext(entries))
        {
            await take(entries.Current);
            if (entries.Current.Version >= toVersion)
            {
                return;
            }
        }
    }

    /// <inheritdoc cref="IEventLog.Streams"/>
    public static async ValueTask EachStream(
        this IEventLog log,
        string prefix,
        Func<string, ValueTask> take,
        CancellationToken cancellation
    )
    {
        await using var names = log.Streams(prefix, cancellation).GetAsyncEnumerator(cancellation);
        while (await MoveNext(names))
        {
            await take(names.Current);
        }
    }

    public static async ValueTask<BlobInfo?> FindBlob(this IBlobStore blobs, BlobId id, CancellationToken cancellation = default)
    {
        try
        {
            return await blobs.Find(id, cancellation);
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    /// <summary>Apart from what is done with the entry: a bug there is no failed read.</summary>
    private static async ValueTask<bool> MoveNext<TItem>(IAsyncEnumerator<TItem> entries)
    {
        try
        {
            return await entries.MoveNextAsync();
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }
}
