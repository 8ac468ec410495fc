using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// The folder of a backup: files that are written once and never changed, and a manifest that names them all with their hashes. What the
/// manifest does not name does not count: it is of a run that did not come to its end, and the next one goes on from it.
/// </summary>
internal sealed class BackupFolder : IDisposable
{
    private const string IdFile = "id";
    private const int IdDigits = 32;
    private const string PartEnding = ".part";

    private readonly string _path;
    private readonly DirectoryLock? _lock;
    private readonly Func<string, long> _freeBytes;
    private readonly Dictionary<string, Bytes32> _listed = [];
    private readonly HashSet<string> _new = [];
    private readonly HashSet<string> _changedFolders = [];

    private BackupFolder(string path, DirectoryLock? directoryLock, Func<string, long> freeBytes)
    {
        (_path, _lock, _freeBytes) = (path, directoryLock, freeBytes);
        var manifest = Path.Combine(path, BackupManifest.FileName);
        if (!File.Exists(manifest))
        {
            return;
        }
        if (new FileInfo(manifest).Length > BackupPolicy.ManifestBytesMax)
        {
            throw new BackupDamagedException(manifest, $"has more than {BackupPolicy.ManifestBytesMax} bytes.");
        }
        Manifest = BackupManifest.Read(manifest, File.ReadAllText(manifest, Encoding.ASCII));
        foreach (var file in Manifest.Files)
        {
            _listed[file.Path] = file.Hash;
            if (IsList(file.Path))
            {
                ReadList(file);
            }
        }
    }

    /// <summary>Null: no run has come to its end.</summary>
    public BackupManifest? Manifest { get; private set; }

    /// <summary>Every file of the backup, but the manifest.</summary>
    public IReadOnlyDictionary<string, Bytes32> Listed => _listed;

    public int NewFiles { get; private set; }
    public long NewBytes { get; private set; }

    /// <summary>What this folder's mark in a journal is called.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Makes the folder where it is missing, for its owner only: it holds keys.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="freeBytes">What is free on the disk of a folder.</param>
    /// <exception cref="BackupRefusedException">It holds something else, others may enter it, or another run is under way.</exception>
    public static BackupFolder OpenToWrite(string path, Func<string, long> freeBytes)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, IdFile)) && Directory.EnumerateFileSystemEntries(path).Any(IsForeign))
        {
            throw new BackupRefusedException(
                $"'{path}' holds something that is no backup. Give a new folder, or that of an earlier backup."
            );
        }
        RefuseLoose(path);
        var files = OwnerFiles.In(path);
        DirectoryLock taken;
        try
        {
            taken = DirectoryLock.Take(path);
        }
        catch (StoreLockedException busy)
        {
            throw new BackupRefusedException($"Another backup into '{path}' is under way. Wait until it has ended.", busy);
        }
        try
        {
            var id = Path.Combine(path, IdFile);
            if (!File.Exists(id))
            {
                files.Write(IdFile, Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(IdDigits, lowercase: true) + "\n"));
            }
            var folder = new BackupFolder(path, taken, freeBytes) { Id = ReadId(id) };
            return folder.Manifest is { } manifest && manifest.Id != folder.Id
                ? throw new BackupDamagedException(id, $"is '{folder.Id}', and the manifest is of the backup '{manifest.Id}'.")
                : folder;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <exception cref="BackupRefusedException">There is no backup.</exception>
    public static BackupFolder OpenToRead(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(Path.Combine(path, BackupManifest.FileName)))
        {
            throw new BackupRefusedException(
                $"'{path}' holds no backup that came to its end: the file '{BackupManifest.FileName}' is missing. "
                    + "'market backup --to' writes one."
            );
        }
        return new BackupFolder(path, null, _ => 0);
    }

    public string PathOf(string file) => Path.Combine(_path, file);

    /// <summary>Deletes a folder of a backup that no manifest names yet, durably.</summary>
    public void Clear(string folder)
    {
        if (Directory.Exists(PathOf(folder)))
        {
            Directory.Delete(PathOf(folder), recursive: true);
            FolderFlush.Flush(_path);
        }
    }

    /// <summary>Whether the file is in the backup already, as an earlier run wrote it.</summary>
    public bool Has(string file) => _listed.ContainsKey(file) && File.Exists(PathOf(file));

    /// <summary>Writes a file, unless a run that was killed has written the same already.</summary>
    public void Put(string file, ReadOnlySpan<byte> content)
    {
        var hash = Blake3.Hash(content);
        if (!Adopt(file, hash))
        {
            Write(file, new MemoryStream(content.ToArray()), content.Length, default);
        }
    }

    /// <summary>Counts a file as one of this run, if a run that was killed has written it with this hash.</summary>
    public bool Adopt(string file, Bytes32 hash)
    {
        if (!File.Exists(PathOf(file)) || HashOf(file) != hash)
        {
            return false;
        }
        Add(file, hash);
        return true;
    }

    /// <exception cref="BackupRefusedException">So many bytes more would fill the disk.</exception>
    public void RequireRoom(long bytes)
    {
        if (_freeBytes(_path) is var free && free - bytes < BackupPolicy.DiskLeftBytesMin)
        {
            throw new BackupRefusedException(
                $"The disk of '{_path}' has {free} bytes left. {bytes} more are to be written, and {BackupPolicy.DiskLeftBytesMin} "
                    + "must stay free, because a silo may work on the same disk. Make room and run it again: it goes on from here."
            );
        }
    }

    /// <summary>Writes so many bytes of the stream, or replaces the file; under its name it is whole and durable.</summary>
    /// <returns>The hash of what was written.</returns>
    /// <exception cref="BackupRefusedException">The disk has no room for it.</exception>
    public Bytes32 Write(string file, Stream content, long length, CancellationToken cancellation)
    {
        RequireRoom(length);
        var path = PathOf(file);
        MakeFolder(Path.GetDirectoryName(path)!);
        File.Delete(path + PartEnding);
        Bytes32 hash;
        using (var part = OwnerFile.Create(path + PartEnding, bufferBytes: 0))
        {
            hash = Copy(content, part, length, cancellation);
            part.Flush(flushToDisk: true);
        }
        File.Move(path + PartEnding, path, overwrite: true);
        AddWritten(file, hash, length);
        return hash;
    }

    /// <summary>Makes what SQLite has written a file of the backup: for its owner only, durable.</summary>
    public Bytes32 Harden(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PathOf(file), OwnerFile.Mode);
        }
        using var written = new FileStream(PathOf(file), FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        written.Flush(flushToDisk: true);
        var hash = HashOf(file);
        AddWritten(file, hash, written.Length);
        return hash;
    }

    /// <summary>Ends the run: from now on the backup is what <paramref name="chains"/> and the files say.</summary>
    /// <param name="chains">All, with this run's.</param>
    /// <param name="current">Files that the next run may replace: the open segment's copy, and what is secret.</param>
    public void Complete(IReadOnlyList<BackupChain> chains, IReadOnlyCollection<string> current)
    {
        var lists = (Manifest?.Files ?? []).Where(file => IsList(file.Path)).ToList();
        var lines = _new.Where(file => !current.Contains(file)).Select(file => new BackupFile(file, _listed[file])).ToList();
        if (lines.Count > 0)
        {
            var name = $"{BackupPolicy.ListsFolder}/{lists.Count + 1:d10}.list";
            var content = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => $"{line}\n")));
            lists.Add(new BackupFile(name, Write(name, new MemoryStream(content), content.Length, default)));
        }
        foreach (var folder in _changedFolders)
        {
            FolderFlush.Flush(folder);
        }
        var manifest = new BackupManifest(Id, chains, [.. lists, .. current.Select(file => new BackupFile(file, _listed[file]))]);
        OwnerFiles.In(_path).Write(BackupManifest.FileName, Encoding.ASCII.GetBytes(manifest.Write()));
        var before = Manifest;
        Manifest = manifest;
        DeleteReplaced(before, [$"{chains[^1].Folder}/{DataDirectory.JournalFolder}", BackupPolicy.SecretsFolder]);
    }

    /// <exception cref="BackupDamagedException">It is missing, or was changed.</exception>
    public void Verify(string file)
    {
        if (!File.Exists(PathOf(file)))
        {
            throw new BackupDamagedException(PathOf(file), "is missing.");
        }
        if (HashOf(file) is var hash && hash != _listed[file])
        {
            throw new BackupDamagedException(PathOf(file), $"has the hash {hash}, the manifest says {_listed[file]}.");
        }
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>Copies so many bytes, or all, where the length is null.</summary>
    internal static Bytes32 Copy(Stream from, Stream? to, long? length, CancellationToken cancellation)
    {
        var hasher = new Blake3Hasher();
        var piece = ArrayPool<byte>.Shared.Rent(BackupPolicy.PieceBytes);
        var left = length ?? long.MaxValue;
        while (left > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = from.Read(piece, 0, (int)Math.Min(BackupPolicy.PieceBytes, left));
            if (count == 0)
            {
                break;
            }
            hasher.Update(piece.AsSpan(0, count));
            to?.Write(piece, 0, count);
            left -= count;
        }
        ArrayPool<byte>.Shared.Return(piece);
        if (length is { } wanted && left > 0)
        {
            throw new EndOfStreamException($"A file ended {left} bytes before its {wanted}, while it was copied.");
        }
        return hasher.Finish();
    }

    internal static void RefuseLoose(string folder)
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(folder) && (File.GetUnixFileMode(folder) & ~OwnerFile.FolderMode) != 0)
        {
            throw new BackupRefusedException(
                $"'{folder}' may be entered by others than its owner, and keys are to go there. Run 'chmod 700 {folder}'."
            );
        }
    }

    private static bool IsList(string file) => file.StartsWith(BackupPolicy.ListsFolder + "/", StringComparison.Ordinal);

    /// <summary>The lock is there before the id.</summary>
    private static bool IsForeign(string path) => Path.GetFileName(path) is not ("lock" or IdFile + ".new");

    /// <summary>It becomes the name of a file in the journal's folder, so it must lead nowhere else.</summary>
    private static string ReadId(string path)
    {
        var id = File.ReadAllText(path).Trim();
        return id.Length == IdDigits && id.All(char.IsAsciiHexDigitLower)
            ? id
            : throw new BackupDamagedException(path, $"holds '{id}', expected {IdDigits} hexadecimal digits, in lower case.");
    }

    private void ReadList(BackupFile list)
    {
        Verify(list.Path);
        foreach (var line in File.ReadLines(PathOf(list.Path), Encoding.ASCII))
        {
            var file = BackupManifest.File(PathOf(list.Path), line);
            _listed[file.Path] = file.Hash;
        }
    }

    private Bytes32 HashOf(string file)
    {
        using var content = new FileStream(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return Copy(content, null, null, default);
    }

    private void AddWritten(string file, Bytes32 hash, long length)
    {
        (NewFiles, NewBytes) = (NewFiles + 1, NewBytes + length);
        Add(file, hash);
    }

    private void Add(string file, Bytes32 hash)
    {
        _listed[file] = hash;
        _new.Add(file);
        for (var folder = Path.GetDirectoryName(PathOf(file))!; folder.Length >= _path.Length; folder = Path.GetDirectoryName(folder)!)
        {
            _changedFolders.Add(folder);
        }
    }

    internal static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerFile.FolderMode);
        }
    }

    /// <summary>Deletes what was current before and is not any more, and what runs that were killed have left.</summary>
    private void DeleteReplaced(BackupManifest? before, IEnumerable<string> folders)
    {
        foreach (var file in (before?.Files ?? []).Where(file => !IsList(file.Path) && !_new.Contains(file.Path)))
        {
            _listed.Remove(file.Path);
        }
        foreach (var folder in folders.Where(folder => Directory.Exists(PathOf(folder))))
        {
            foreach (var path in Directory.EnumerateFiles(PathOf(folder)))
            {
                if (!_listed.ContainsKey($"{folder}/{Path.GetFileName(path)}"))
                {
                    File.Delete(path);
                }
            }
        }
    }
}
