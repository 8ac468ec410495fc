using System.Buffers;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>How a blob store is opened.</summary>
public sealed record FileBlobStoreOptions
{
    /// <summary>
    /// A put that would leave less free disk than this is refused: the journal on the same disk stops for good when the disk is full.
    /// </summary>
    public long FreeBytesMin { get; init; } = 256 << 20;

    /// <summary>How much is free on the disk of a folder; tests put their own here.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}

/// <summary>
/// Blobs as files of one folder, written to a temporary file, flushed, renamed; the folder is flushed before a put returns. A blob is
/// there when its data file is there; the tree file beside it was there before, and stays when the blob is deleted, until it is old.
/// <para>
/// The folder belongs to one process (<c>Open</c>) or is shared by many on many machines (<see cref="OpenShared"/>): BLOBS.md says
/// what a shared folder must be able to do. What differs is only who clears away what unfinished puts left, and which clock tells ages.
/// </para>
/// </summary>
public sealed class FileBlobStore : IBlobStore
{
    private const int BufferBytes = 16 * BlobTree.GroupBytes;

    /// <summary>So often a long put looks at the free disk; beyond it a put can use up this much more than the floor allows.</summary>
    private const long LookAtDiskEveryBytes = 16 << 20;

    private static readonly Counter<long> Stored = MarketMetrics.BlobsStored.CreateCounter(new Meter(MarketMetrics.MeterName));

    private readonly FileBlobStoreOptions _options;

    private FileBlobStore(BlobFiles files, FileBlobStoreOptions options, BlobClock clock) =>
        (Files, _options, Clock, Shelf) = (files, options, clock, new BlobShelf(files));

    internal BlobFiles Files { get; }
    internal BlobClock Clock { get; }
    internal BlobShelf Shelf { get; }

    /// <summary>Opens the folder, which no other process may write to meanwhile, and removes what unfinished puts left.</summary>
    public static FileBlobStore Open(string folder, FileBlobStoreOptions options, TimeProvider time)
    {
        var files = Prepare(folder, options);
        foreach (var leftover in Directory.EnumerateFiles(files.Incoming))
        {
            File.Delete(leftover);
        }
        return new FileBlobStore(files, options, BlobClock.OfMachine(time));
    }

    /// <summary>
    /// Opens a folder that other processes, on this machine and others, have open in the same way. What their unfinished puts left is
    /// removed by a <see cref="BlobCollector"/> when it is old.
    /// </summary>
    public static FileBlobStore OpenShared(string folder, FileBlobStoreOptions options)
    {
        var files = Prepare(folder, options);
        return new FileBlobStore(files, options, BlobClock.OfFolder(() => files.NewIncoming() + ".clock"));
    }

    /// <summary>
    /// Opens the folder for <see cref="Check"/> and reading beside a process that writes to it: removes and changes nothing.
    /// </summary>
    public static FileBlobStore OpenBeside(string folder, TimeProvider time) =>
        new(new BlobFiles(folder), new FileBlobStoreOptions(), BlobClock.OfMachine(time));

    /// <summary>The same blobs, for puts that may go below the floor of others, down to this one.</summary>
    public FileBlobStore WithFloor(long freeBytesMin) => new(Files, _options with { FreeBytesMin = freeBytesMin }, Clock);

    public async ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(sizeMax);
        ThrowIfDiskIsShort();
        using var writer = new BlobWriter(Files.NewIncoming());
        var id = await Receive(content, writer, sizeMax, cancellation).ConfigureAwait(false);
        if (expected is { } wanted && wanted != id)
        {
            throw new BlobMismatchException(wanted, id);
        }
        return Keep(id, writer);
    }

    public ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default)
    {
        using var data = OpenFile(Files.Data(id));
        return new(
            data is null
                ? null
                : new BlobInfo(id, RandomAccess.GetLength(data), new DateTimeOffset(File.GetLastWriteTimeUtc(data), TimeSpan.Zero))
        );
    }

    public ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var reader = OpenReader(id);
        if (reader is null)
        {
            return default;
        }
        var count = length ?? reader.Length - offset;
        var stream = new VerifiedBlobStream(reader, offset, Math.Max(0, count));
        try
        {
            var isInside = offset <= reader.Length && count >= 0 && count <= reader.Length - offset;
            // The last group proves the length: a blob that was cut short must not pass for a shorter or an empty one.
            if (!isInside || count == 0 || reader.Length <= BlobTree.GroupBytes)
            {
                stream.VerifyLength();
            }
            if (isInside)
            {
                return new(stream);
            }
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        stream.Dispose();
        throw new ArgumentOutOfRangeException(
            nameof(offset),
            $"The range of {count} bytes from {offset} is outside of the blob's {reader.Length}."
        );
    }

    public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default)
    {
        var data = Files.Data(id);
        if (!File.Exists(data) && !BlobShelf.Rescue(data))
        {
            return new(false);
        }
        // Only the data: a put of the same blob may just have brought the tree. A collection removes a tree alone, when it is old.
        File.Delete(data);
        FolderFlush.Flush(Files.FolderOf(id));
        return new(true);
    }

    public async IAsyncEnumerable<BlobInfo> List([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var (id, file) in Files.Enumerate(BlobFiles.DataEnding))
        {
            cancellation.ThrowIfCancellationRequested();
            if (file.Exists)
            {
                yield return Describe(id, file);
            }
            await Task.CompletedTask.ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<BlobDamage> Check([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var (id, file) in Files.Enumerate(BlobFiles.DataEnding))
        {
            cancellation.ThrowIfCancellationRequested();
            List<BlobDamage> damages;
            try
            {
                damages = await Task.Run(() => BlobCheck.Check(id, file.FullName, Files.Tree(id)), cancellation).ConfigureAwait(false);
            }
            catch (FileNotFoundException)
            {
                // Deleted since it was listed.
                continue;
            }
            foreach (var damage in damages)
            {
                yield return damage;
            }
        }
    }

    /// <summary>
    /// Deletes the blob if it was stored, or stored again, before the moment; a put of the same blob cannot come between.
    /// </summary>
    internal bool DeleteIfOlder(BlobId id, DateTimeOffset before)
    {
        if (!Shelf.DeleteIfOlder(Files.Data(id), before))
        {
            return false;
        }
        FolderFlush.Flush(Files.FolderOf(id));
        return true;
    }

    /// <summary>Removes an old tree without data: what a deletion leaves, and a crash in the middle of a put.</summary>
    internal void DeleteStrayTree(BlobId id, DateTimeOffset before)
    {
        if (!File.Exists(Files.Data(id)) && !BlobShelf.IsBeingTaken(Files.Data(id)))
        {
            Shelf.DeleteIfOlder(Files.Tree(id), before);
        }
    }

    /// <summary>Removes what unfinished puts left. One that still goes on, however slowly, writes and so is young.</summary>
    internal void DeleteIncoming(DateTimeOffset before)
    {
        foreach (var leftover in new DirectoryInfo(Files.Incoming).EnumerateFiles())
        {
            if (leftover.LastWriteTimeUtc < before.UtcDateTime)
            {
                leftover.Delete();
            }
        }
    }

    private static BlobFiles Prepare(string folder, FileBlobStoreOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.FreeBytesMin);
        var files = new BlobFiles(folder);
        _ = new RealFiles(files.Folder);
        _ = new RealFiles(files.Incoming);
        return files;
    }

    private static BlobInfo Describe(BlobId id, FileInfo file) =>
        new(id, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));

    /// <summary>Reads ahead: while a piece is hashed and written, the next one comes in on another core.</summary>
    private async ValueTask<BlobId> Receive(Stream content, BlobWriter writer, long sizeMax, CancellationToken cancellation)
    {
        var (coming, going) = (ArrayPool<byte>.Shared.Rent(BufferBytes), Array.Empty<byte>());
        var written = Task.CompletedTask;
        try
        {
            var lookAgainAt = LookAtDiskEveryBytes;
            for (var received = 0L; ; )
            {
                // One byte more than allowed is asked for, so that "too large" is known without reading on.
                var room = sizeMax - received >= BufferBytes ? BufferBytes : (int)(sizeMax - received) + 1;
                var read = await content
                    .ReadAtLeastAsync(coming.AsMemory(0, room), room, throwOnEndOfStream: false, cancellation)
                    .ConfigureAwait(false);
                received += read;
                if (received > sizeMax)
                {
                    throw new BlobTooLargeException(sizeMax);
                }
                if (received == read && read <= BlobTree.GroupBytes)
                {
                    return writer.WriteSmall(coming.AsSpan(0, read));
                }
                await written.ConfigureAwait(false);
                if (read < room)
                {
                    writer.WriteGroups(coming.AsSpan(0, read));
                    return await writer.Finish().ConfigureAwait(false);
                }
                (coming, going) = (going.Length > 0 ? going : ArrayPool<byte>.Shared.Rent(BufferBytes), coming);
                var piece = going.AsMemory(0, read);
                written = Task.Run(() => writer.WriteGroups(piece.Span), CancellationToken.None);
                if (received >= lookAgainAt)
                {
                    lookAgainAt += LookAtDiskEveryBytes;
                    ThrowIfDiskIsShort();
                }
            }
        }
        finally
        {
            // The writer and the buffers are used as long as it runs.
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(coming);
            if (going.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(going);
            }
        }
    }

    /// <summary>
    /// Also where the blob is there already: so it is young again, and a collection that runs now does not take away what the caller is
    /// about to pin; and a damaged file is replaced by a whole one.
    /// </summary>
    private BlobInfo Keep(BlobId id, BlobWriter writer)
    {
        var folder = new RealFiles(Files.FolderOf(id));
        if (writer.HasTree)
        {
            Clock.Stamp(writer.TreePath);
            BlobShelf.Place(writer.TreePath, Files.Tree(id));
        }
        Clock.Stamp(writer.DataPath);
        BlobShelf.Place(writer.DataPath, Files.Data(id));
        folder.FlushFolder();
        Stored.Add(writer.Length);
        return new BlobInfo(id, writer.Length, writer.StoredAt);
    }

    private BlobReader? OpenReader(BlobId id)
    {
        var data = OpenFile(Files.Data(id));
        if (data is null)
        {
            return null;
        }
        Microsoft.Win32.SafeHandles.SafeFileHandle? tree = null;
        try
        {
            // Without its tree it is damaged, which the reader reports.
            if (BlobTree.FileBytes(RandomAccess.GetLength(data)) > 0)
            {
                tree = OpenFile(Files.Tree(id));
            }
            return new BlobReader(id, data, tree);
        }
        catch
        {
            data.Dispose();
            tree?.Dispose();
            throw;
        }
    }

    /// <returns>Null where there is none.</returns>
    private static Microsoft.Win32.SafeHandles.SafeFileHandle? OpenFile(string path)
    {
        while (true)
        {
            try
            {
                return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
            {
                if (!BlobShelf.Rescue(path))
                {
                    return null;
                }
            }
        }
    }

    private void ThrowIfDiskIsShort()
    {
        var free = _options.FreeBytes(Files.Folder);
        if (free < _options.FreeBytesMin)
        {
            throw new InsufficientDiskException(free, _options.FreeBytesMin);
        }
    }
}
