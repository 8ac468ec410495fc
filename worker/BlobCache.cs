using Marketplace.Crypto;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Modules and inputs on disk, each in a file named by its id: what was not used for longest makes room. Bytes are verified whenever they
/// are read, so a process that was killed while it wrote, a damaged disk or a stranger's hand cost a transfer and nothing else. What cannot
/// be written is fetched again. Thread-safe; one process at a time.
/// </summary>
internal sealed partial class BlobCache
{
    /// <summary>What a file takes at least: file systems give room in such pieces. It bounds their number as well.</summary>
    internal const int FileBytesMin = 4096;

    private const string PartSuffix = ".new";

    private readonly Lock _lock = new();
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LinkedList<Entry> _newestFirst = new();
    private readonly Dictionary<BlobId, LinkedListNode<Entry>> _entries = [];
    private long _bytes;

    private BlobCache(CacheOptions options, TimeProvider time, ILogger log) => (_options, _time, _log) = (options, time, log);

    /// <summary>The files of earlier processes are taken over, as far as the limit lets them.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static BlobCache Open(CacheOptions options, TimeProvider time, ILogger log)
    {
        var cache = new BlobCache(options, time, log);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(options.Folder);
        }
        else
        {
            Directory.CreateDirectory(options.Folder, OwnerFile.FolderMode);
        }
        foreach (var file in new DirectoryInfo(options.Folder).EnumerateFiles().OrderBy(file => file.LastWriteTimeUtc))
        {
            if (file.Name.EndsWith(PartSuffix, StringComparison.Ordinal))
            {
                file.Delete();
            }
            else if (BlobId.TryParse(file.Name, out var id))
            {
                cache.Forget(cache.Keep(id, file.Length));
            }
        }
        return cache;
    }

    /// <returns>The verified bytes; null where there are none, or more than <paramref name="bytesMax"/>.</returns>
    public byte[]? Read(BlobId id, int bytesMax)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out var entry))
            {
                return null;
            }
            _newestFirst.Remove(entry);
            _newestFirst.AddFirst(entry);
        }
        try
        {
            using var file = new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (file.Length <= bytesMax)
            {
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                if (IdDerivation.Blob(bytes) == id)
                {
                    // The order outlives the process.
                    File.SetLastWriteTimeUtc(PathOf(id), _time.GetUtcNow().UtcDateTime);
                    return bytes;
                }
                LogDamaged(id);
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Another thread may have made room meanwhile; if not, the file is of no use.
            LogUnreadable(id, unreadable.Message);
        }
        Drop(id);
        return null;
    }

    /// <summary>Keeps verified bytes; the caller does not change them.</summary>
    public void Write(BlobId id, byte[] bytes)
    {
        if (CostOf(bytes.Length) > _options.BytesMax)
        {
            return;
        }
        // Two runs may bring the same blob at a time, each in a file of its own.
        var part = $"{PathOf(id)}.{Guid.NewGuid():n}{PartSuffix}";
        try
        {
            using (var file = OwnerFile.Create(part, bufferBytes: 0))
            {
                file.Write(bytes);
            }
            // Under the lock, as removals are: the file is there exactly while its entry is.
            lock (_lock)
            {
                File.Move(part, PathOf(id), overwrite: true);
                Forget(Keep(id, bytes.Length));
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogUnwritable(id, refused.Message);
            TryDelete(part);
        }
    }

    /// <summary>Enters a file as the newest one.</summary>
    /// <returns>Those that have to go for it.</returns>
    private List<BlobId> Keep(BlobId id, long size)
    {
        List<BlobId> going = [];
        if (_entries.Remove(id, out var before))
        {
            _newestFirst.Remove(before);
            _bytes -= before.Value.Cost;
        }
        var entry = new Entry(id, CostOf(size));
        _entries.Add(id, _newestFirst.AddFirst(entry));
        _bytes += entry.Cost;
        while (_bytes > _options.BytesMax && _newestFirst.Last is { } oldest)
        {
            _newestFirst.RemoveLast();
            _entries.Remove(oldest.Value.Id);
            _bytes -= oldest.Value.Cost;
            going.Add(oldest.Value.Id);
        }
        return going;
    }

    private void Forget(List<BlobId> files)
    {
        foreach (var id in files)
        {
            TryDelete(PathOf(id));
        }
    }

    private void Drop(BlobId id)
    {
        lock (_lock)
        {
            if (_entries.Remove(id, out var entry))
            {
                _newestFirst.Remove(entry);
                _bytes -= entry.Value.Cost;
                TryDelete(PathOf(id));
            }
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogStuck(path, refused.Message);
        }
    }

    private string PathOf(BlobId id) => Path.Combine(_options.Folder, id.ToString());

    private static long CostOf(long size) => Math.Max(size, FileBytesMin);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cached file of {Blob} is damaged; it is fetched again")]
    private partial void LogDamaged(BlobId blob);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The cached file of {Blob} cannot be read, it is fetched again: {Reason}")]
    private partial void LogUnreadable(BlobId blob, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Blob} cannot be kept in the cache: {Reason}")]
    private partial void LogUnwritable(BlobId blob, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Path} cannot be deleted from the cache, which takes more room than it may: {Reason}"
    )]
    private partial void LogStuck(string path, string reason);

    private readonly record struct Entry(BlobId Id, long Cost);
}
