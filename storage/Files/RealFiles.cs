using Marketplace.Crypto;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Storage;

/// <summary>A folder of the file system.</summary>
public sealed class RealFiles : IJournalFiles
{
    private readonly bool _isOwnersOnly;

    public RealFiles(string folder)
        : this(folder, isOwnersOnly: false) { }

    /// <param name="folder">Made where it is missing, with the folders above it, each durable in the one above.</param>
    /// <param name="isOwnersOnly">What is made here, folder and files, is for its owner only; else as the process's mask says.</param>
    internal RealFiles(string folder, bool isOwnersOnly)
    {
        (Folder, _isOwnersOnly) = (Path.GetFullPath(folder), isOwnersOnly);
        Make(Folder, isOwnersOnly);
    }

    public string Folder { get; }

    public IReadOnlyList<string> List()
    {
        var names = Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public IJournalFile Create(string name, long size) =>
        _isOwnersOnly
            ? RealFile.Of(OwnerFile.Create(PathOf(name), bufferBytes: 0))
            : new RealFile(
                File.OpenHandle(
                    PathOf(name),
                    FileMode.CreateNew,
                    FileAccess.ReadWrite,
                    FileShare.Read | FileShare.Delete,
                    FileOptions.None,
                    size
                )
            );

    public IJournalFile Open(string name) =>
        new RealFile(File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => File.Delete(PathOf(name));

    public void FlushFolder() => FolderFlush.Flush(Folder);

    private static void Make(string folder, bool isOwnersOnly)
    {
        if (Directory.Exists(folder))
        {
            return;
        }
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null)
        {
            Make(parent, isOwnersOnly: false);
        }
        if (isOwnersOnly && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, OwnerFile.FolderMode);
        }
        else
        {
            Directory.CreateDirectory(folder);
        }
        if (parent is not null)
        {
            FolderFlush.Flush(parent);
        }
    }

    private string PathOf(string name) => Path.Combine(Folder, name);

    /// <param name="handle">What it reads and writes with.</param>
    /// <param name="stream">Whose handle it is, if it is a stream's: kept so that the handle lives.</param>
    private sealed class RealFile(SafeFileHandle handle, FileStream? stream = null) : IJournalFile
    {
        public static RealFile Of(FileStream stream) => new(stream.SafeFileHandle, stream);

        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> destination)
        {
            var done = 0;
            while (done < destination.Length)
            {
                var read = RandomAccess.Read(handle, destination[done..], offset + done);
                if (read == 0)
                {
                    break;
                }
                done += read;
            }
            return done;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Dispose()
        {
            stream?.Dispose();
            handle.Dispose();
        }
    }
}
