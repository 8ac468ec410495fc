using Microsoft.Win32.SafeHandles;

namespace Marketplace.Storage;

/// <summary>A folder of the file system.</summary>
public sealed class RealFiles : IJournalFiles
{
    public RealFiles(string folder)
    {
        Folder = Path.GetFullPath(folder);
        if (Directory.Exists(Folder))
            return;
        Directory.CreateDirectory(Folder);
        if (Path.GetDirectoryName(Folder) is { } parent)
            FolderFlush.Flush(parent);
    }

    public string Folder { get; }

    public IReadOnlyList<string> List()
    {
        var names = Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public IJournalFile Create(string name, long size) =>
        new RealFile(File.OpenHandle(
            PathOf(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.None, size));

    public IJournalFile Open(string name) =>
        new RealFile(File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => File.Delete(PathOf(name));

    public void FlushFolder() => FolderFlush.Flush(Folder);

    private string PathOf(string name) => Path.Combine(Folder, name);

    private sealed class RealFile(SafeFileHandle handle) : IJournalFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> destination)
        {
            var done = 0;
            while (done < destination.Length)
            {
                var read = RandomAccess.Read(handle, destination[done..], offset + done);
                if (read == 0)
                    break;
                done += read;
            }
            return done;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
