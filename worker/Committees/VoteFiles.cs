using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>A folder of the file system, which one process has at a time.</summary>
public sealed class VoteFiles : IVoteFiles, IDisposable
{
    private const string LockName = "committee.lock";

    private readonly string _folder;
    private readonly FileStream _lock;

    /// <param name="folder">There is such a folder.</param>
    /// <exception cref="VoteLogException">Another process has it.</exception>
    public VoteFiles(string folder)
    {
        _folder = Path.GetFullPath(folder);
        try
        {
            _lock = new FileStream(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken is not DirectoryNotFoundException)
        {
            throw new VoteLogException($"Another process votes with '{_folder}'. Stop it first: two could sign what contradicts.", taken);
        }
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    public bool Exists(string name) => File.Exists(PathOf(name));

    public byte[]? Read(string name) => File.Exists(PathOf(name)) ? File.ReadAllBytes(PathOf(name)) : null;

    public IVoteFile Create(string name) => new VoteFile(OwnerFile.Create(PathOf(name), bufferBytes: 0));

    public void Note(string name, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(PathOf(name), FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(file, bytes, fileOffset: 0);
    }

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => File.Delete(PathOf(name));

    public void FlushFolder() => FolderFlush.Flush(_folder);

    public void Dispose() => _lock.Dispose();

    private sealed class VoteFile(FileStream stream) : IVoteFile
    {
        public void Append(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

        public void Flush() => stream.Flush(flushToDisk: true);

        public void Dispose() => stream.Dispose();
    }
}
