using System.Buffers;
using System.Runtime.CompilerServices;

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

/// <summary>The disk has too little room left; nothing was kept. Safe to try again when there is more.</summary>
public sealed class InsufficientDiskException(long free, long floor)
    : IOException($"The disk has {free} bytes left, and {floor} must stay free. Make room, or lower the floor.")
{
    public long Free { get; } = free;
    public long Floor { get; } = floor;
}

/// <summary>
/// Blobs as files of one folder, written to a temporary file, flushed, renamed; the folder is flushed before a put returns. A blob is
/// there when its data file is there; the tree file beside it was there before.
/// </summary>
public sealed class FileBlobStore : IBlobStore
{
    private const int BufferBytes = 16 * BlobTree.GroupBytes;

    /// <summary>So often a long put looks at the free disk; beyond it a put can use up this much more than the floor allows.</summary>
    private const long LookAtDiskEveryBytes = 16 << 20;

    private const int LockStripes = 64;

    private readonly FileBlobStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock[] _stripes = [.. Enumerable.Range(0, LockStripes).Select(_ => new Lock())];
    private long _incoming;

    private FileBlobStore(BlobFiles files, FileBlobStoreOptions options, TimeProvider time) =>
        (Files, _options, _time) = (files, options, time);

    internal BlobFiles Files { get; }

    /// <summary>Opens the folder, which no other process may write to meanwhile, and removes what unfinished puts left.</summary>
    public static FileBlobStore Open(string folder, FileBlobStoreOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.FreeBytesMin);
        var files = new BlobFiles(folder);
        _ = new RealFiles(files.Folder);
        _ = new RealFiles(files.Incoming);
        foreach (var leftover in Directory.EnumerateFiles(files.Incoming))
            File.Delete(leftover);
        return new FileBlobStore(files, options, time);
    }

    /// <summary>
    /// Opens the folder for <see cref="Check"/> and reading beside a process that writes to it: removes and changes nothing.
    /// </summary>
    public static FileBlobStore OpenBeside(string folder, TimeProvider time) =>
        new(new BlobFiles(folder), new FileBlobStoreOptions(), time);

    public async ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(sizeMax);
        ThrowIfDiskIsShort();
        using var writer = new BlobWriter(Files.Incoming, $"{Interlocked.Increment(ref _incoming):d10}");
        var id = await Receive(content, writer, sizeMax, cancellation).ConfigureAwait(false);
        if (expected is { } wanted && wanted != id)
            throw new BlobMismatchException(wanted, id);
        return Keep(id, writer);
    }

    public ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default)
    {
        var file = new FileInfo(Files.Data(id));
        return new(file.Exists ? Describe(id, file) : null);
    }

    public ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var reader = OpenReader(id);
        if (reader is null)
            return default;
        var count = length ?? reader.Length - offset;
        var stream = new VerifiedBlobStream(reader, offset, Math.Max(0, count));
        try
        {
            var isInside = offset <= reader.Length && count >= 0 && count <= reader.Length - offset;
            // The last group proves the length: a blob that was cut short must not pass for a shorter or an empty one.
            if (!isInside || count == 0 || reader.Length <= BlobTree.GroupBytes)
                stream.VerifyLength();
            if (isInside)
                return new(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        stream.Dispose();
        throw new ArgumentOutOfRangeException(
            nameof(offset), $"The range of {count} bytes from {offset} is outside of the blob's {reader.Length}.");
    }

    public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default)
    {
        lock (StripeOf(id))
            return new(DeleteFiles(id));
    }

    public async IAsyncEnumerable<BlobInfo> List([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var (id, file) in Files.Enumerate(BlobFiles.DataEnding))
        {
            cancellation.ThrowIfCancellationRequested();
            if (file.Exists)
                yield return Describe(id, file);
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
                yield return damage;
        }
    }

    /// <summary>
    /// Deletes the blob if it was stored, or stored again, before the moment; a put of the same blob cannot come between.
    /// </summary>
    internal bool DeleteIfOlder(BlobId id, DateTimeOffset before)
    {
        lock (StripeOf(id))
            return new FileInfo(Files.Data(id)) is { Exists: true } file && file.LastWriteTimeUtc < before.UtcDateTime && DeleteFiles(id);
    }

    /// <summary>Removes a tree without data, which a crash in the middle of a put or delete can leave.</summary>
    internal void DeleteStrayTree(BlobId id)
    {
        lock (StripeOf(id))
        {
            if (!File.Exists(Files.Data(id)))
                File.Delete(Files.Tree(id));
        }
    }

    private static BlobInfo Describe(BlobId id, FileInfo file) =>
        new(id, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));

    private async ValueTask<BlobId> Receive(Stream content, BlobWriter writer, long sizeMax, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var lookAgainAt = LookAtDiskEveryBytes;
            while (true)
            {
                // One byte more than allowed is asked for, so that "too large" is known without reading on.
                var room = sizeMax - writer.Length >= BufferBytes ? BufferBytes : (int)(sizeMax - writer.Length) + 1;
                var read = await content.ReadAtLeastAsync(
                    buffer.AsMemory(0, room), room, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
                if (writer.Length + read > sizeMax)
                    throw new BlobTooLargeException(sizeMax);
                if (writer.Length == 0 && read <= BlobTree.GroupBytes)
                    return writer.WriteSmall(buffer.AsSpan(0, read));
                writer.WriteGroups(buffer.AsSpan(0, read));
                if (read < room)
                    return await writer.Finish().ConfigureAwait(false);
                if (writer.Length < lookAgainAt)
                    continue;
                lookAgainAt += LookAtDiskEveryBytes;
                ThrowIfDiskIsShort();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private BlobInfo Keep(BlobId id, BlobWriter writer)
    {
        var now = _time.GetUtcNow();
        var data = new FileInfo(Files.Data(id));
        lock (StripeOf(id))
        {
            if (data.Exists && data.Length == writer.Length)
            {
                // Younger again, so that a collection that runs now does not take away what the caller is about to pin.
                File.SetLastWriteTimeUtc(data.FullName, now.UtcDateTime);
                return new BlobInfo(id, writer.Length, now);
            }
            var folder = new RealFiles(Files.FolderOf(id));
            File.SetLastWriteTimeUtc(writer.DataPath, now.UtcDateTime);
            if (File.Exists(writer.TreePath))
                File.Move(writer.TreePath, Files.Tree(id), overwrite: true);
            File.Move(writer.DataPath, data.FullName, overwrite: true);
            folder.FlushFolder();
        }
        return new BlobInfo(id, writer.Length, now);
    }

    private BlobReader? OpenReader(BlobId id)
    {
        Microsoft.Win32.SafeHandles.SafeFileHandle? data = null;
        Microsoft.Win32.SafeHandles.SafeFileHandle? tree = null;
        try
        {
            data = File.OpenHandle(Files.Data(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (BlobTree.FileBytes(RandomAccess.GetLength(data)) > 0)
                tree = OpenTree(id);
            return new BlobReader(id, data, tree);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch
        {
            data?.Dispose();
            tree?.Dispose();
            throw;
        }
    }

    /// <returns>Null where there is none: that is damage, which the reader reports.</returns>
    private Microsoft.Win32.SafeHandles.SafeFileHandle? OpenTree(BlobId id)
    {
        try
        {
            return File.OpenHandle(Files.Tree(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Data first: a blob without a tree would be damage, a tree without data is nothing.</summary>
    private bool DeleteFiles(BlobId id)
    {
        if (!File.Exists(Files.Data(id)))
            return false;
        File.Delete(Files.Data(id));
        File.Delete(Files.Tree(id));
        FolderFlush.Flush(Files.FolderOf(id));
        return true;
    }

    private void ThrowIfDiskIsShort()
    {
        var free = _options.FreeBytes(Files.Folder);
        if (free < _options.FreeBytesMin)
            throw new InsufficientDiskException(free, _options.FreeBytesMin);
    }

    private Lock StripeOf(BlobId id) => _stripes[id.Value.Prefix % LockStripes];
}
