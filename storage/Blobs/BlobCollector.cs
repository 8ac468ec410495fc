using System.Globalization;

namespace Marketplace.Storage;

/// <summary>What one collection did.</summary>
public readonly record struct BlobCollection(long Examined, long Deleted, long DeletedBytes);

/// <summary>
/// Deletes blobs without a pin. Puts, reads, deletes and other collections, of this process and of others, may go on.
/// </summary>
/// <param name="store">The folder's.</param>
/// <param name="mark">
/// Looked at before each delete: another folder may have taken the place of this one while its blobs were asked about. Null for a folder
/// that one process has.
/// </param>
public sealed class BlobCollector(FileBlobStore store, BlobMark? mark = null)
{
    private const string TurnPrefix = "collection.";

    /// <summary>Collects, unless a process that shares the folder has begun to in the same period.</summary>
    /// <param name="period">Periods are counted by the folder's clock, so all processes mean the same.</param>
    /// <inheritdoc cref="Collect"/>
    /// <returns>Null where it was not this process's turn.</returns>
    /// <exception cref="BlobFolderException">The folder was lost; from then on nothing was deleted.</exception>
    public async ValueTask<BlobCollection?> CollectInTurn(
        TimeSpan period,
        Func<BlobId, ValueTask<bool>> isPinned,
        TimeSpan graceAge,
        CancellationToken cancellation = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        mark?.Check();
        return TryTakeTurn(period) ? await Collect(isPinned, graceAge, cancellation).ConfigureAwait(false) : null;
    }

    /// <param name="isPinned">Asked once for each blob that is old enough.</param>
    /// <param name="graceAge">Younger blobs are left alone, for their pin may be on its way: longer than from any put to its pin.</param>
    /// <param name="cancellation">Stops between two blobs.</param>
    /// <exception cref="BlobFolderException">The folder was lost; from then on nothing was deleted.</exception>
    public async ValueTask<BlobCollection> Collect(
        Func<BlobId, ValueTask<bool>> isPinned,
        TimeSpan graceAge,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(isPinned);
        ArgumentOutOfRangeException.ThrowIfLessThan(graceAge, TimeSpan.Zero);
        var before = store.Clock.Now() - graceAge;
        var result = new BlobCollection();
        mark?.Check();
        store.Shelf.PutBackAll(before);
        await foreach (var blob in store.List(cancellation).ConfigureAwait(false))
        {
            result = result with { Examined = result.Examined + 1 };
            if (blob.StoredAt >= before || await isPinned(blob.Id).ConfigureAwait(false))
            {
                continue;
            }
            mark?.Check();
            if (!store.DeleteIfOlder(blob.Id, before))
            {
                continue;
            }
            result = result with { Deleted = result.Deleted + 1, DeletedBytes = result.DeletedBytes + blob.Size };
        }
        foreach (var (id, file) in store.Files.Enumerate(BlobFiles.TreeEnding))
        {
            if (file.LastWriteTimeUtc >= before.UtcDateTime)
            {
                continue;
            }
            mark?.Check();
            store.DeleteStrayTree(id, before);
        }
        mark?.Check();
        store.DeleteIncoming(before);
        return result;
    }

    /// <summary>The turn of a period is a file with its number: the process that makes the file has the turn.</summary>
    private bool TryTakeTurn(TimeSpan period)
    {
        var number = store.Clock.Now().UtcTicks / period.Ticks;
        try
        {
            File.OpenHandle(TurnFile(number), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (IOException) when (File.Exists(TurnFile(number)))
        {
            return false;
        }
        foreach (var turn in Directory.GetFiles(store.Files.Folder, TurnPrefix + "*"))
        {
            var digits = Path.GetFileName(turn).AsSpan(TurnPrefix.Length);
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var earlier) && earlier < number)
            {
                File.Delete(turn);
            }
        }
        return true;
    }

    private string TurnFile(long number) => Path.Combine(store.Files.Folder, TurnPrefix + number.ToString(CultureInfo.InvariantCulture));
}
