using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>What a restore brought back.</summary>
/// <param name="WrittenAt">When the last thing in it was written.</param>
/// <param name="Record">Its number in the journal.</param>
/// <param name="Blobs">All of the backup, also those that came later.</param>
/// <param name="Secrets">Key files and what is as secret.</param>
public sealed record RestoreSummary(DateTimeOffset WrittenAt, long Record, long Blobs, IReadOnlyList<string> Secrets);

/// <summary>
/// Makes a data folder of a backup, as it was at a moment: every hash is checked before anything is written, all is made in a folder
/// beside the target, and that gets the target's name when it is whole.
/// </summary>
public sealed class StoreRestore
{
    private const string PartEnding = ".restoring";
    private const string LockFile = "lock";
    private const string DataFolder = "data";

    private readonly BackupFolder _from;
    private readonly BackupChain _chain;
    private readonly string _part;
    private readonly TimeProvider _time;
    private readonly IProgress<MoveProgress>? _progress;
    private readonly CancellationToken _cancellation;

    private StoreRestore(
        BackupFolder from,
        BackupChain chain,
        string part,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        (_from, _chain, _part) = (from, chain, part);
        (_time, _progress, _cancellation) = (time, progress, cancellation);
    }

    private string Store => Path.Combine(_part, DataDirectory.StoreFolder);

    /// <param name="backup">The backup's folder.</param>
    /// <param name="to">A folder that does not exist or is empty.</param>
    /// <param name="at">The last group of writes that was written by then is in it, none after it; null: all.</param>
    /// <exception cref="BackupRefusedException">The target is not empty, or the backup does not have the moment.</exception>
    /// <exception cref="BackupDamagedException">The backup is not whole. Nothing was written.</exception>
    public static async ValueTask<RestoreSummary> Run(
        string backup,
        string to,
        DateTimeOffset? at,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        to = Path.GetFullPath(to).TrimEnd(Path.DirectorySeparatorChar);
        RefuseFull(to);
        using var from = BackupFolder.OpenToRead(backup);
        var chain = ChainOf(from, at);
        var (beside, part) = (to + PartEnding, Path.Combine(to + PartEnding, DataFolder));
        RefuseForeign(beside);
        var restore = new StoreRestore(from, chain, part, time, progress, cancellation);
        restore.VerifyAll();
        var cut = restore.FindCut(at);
        RestoreSummary restored;
        using (TakeBeside(beside, to))
        {
            // Another restore may have ended since the first look.
            RefuseFull(to);
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
            restored = await restore.Make(cut).ConfigureAwait(false);
            if (Directory.Exists(to))
            {
                Directory.Delete(to);
            }
            Directory.Move(part, to);
        }
        Directory.Delete(beside, recursive: true);
        FolderFlush.Flush(Path.GetDirectoryName(to)!);
        return restored;
    }

    private static void RefuseFull(string to)
    {
        if (File.Exists(to) || (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()))
        {
            throw new BackupRefusedException($"'{to}' holds something. A restore needs a folder that does not exist or is empty.");
        }
    }

    /// <summary>What a restore that was killed has left has the mark from its first moment on.</summary>
    private static void RefuseForeign(string beside)
    {
        if (!Directory.Exists(beside))
        {
            return;
        }
        var part = Path.Combine(beside, DataFolder);
        var isOfARestore =
            Directory.EnumerateFileSystemEntries(beside).All(path => Path.GetFileName(path) is LockFile or DataFolder)
            && (!Directory.Exists(part) || RestoredMark.IsOrWillBeIn(part) || !Directory.EnumerateFileSystemEntries(part).Any());
        if (!isOfARestore)
        {
            throw new BackupRefusedException($"'{beside}' is in the way, and is not of a restore. Move it away.");
        }
    }

    /// <summary>Two restores that fill one folder would delete each other's files.</summary>
    private static DirectoryLock TakeBeside(string beside, string to)
    {
        _ = OwnerFiles.In(beside);
        try
        {
            return DirectoryLock.Take(beside);
        }
        catch (StoreLockedException busy)
        {
            throw new BackupRefusedException($"Another restore to '{to}' is under way. Wait until it has ended.", busy);
        }
    }

    private static BackupChain ChainOf(BackupFolder from, DateTimeOffset? at)
    {
        var chains = from.Manifest!.Chains;
        if (chains.Count == 0)
        {
            throw new BackupDamagedException(from.PathOf(BackupManifest.FileName), "names no copy of the books.");
        }
        if (at is not { } moment)
        {
            return chains[^1];
        }
        return chains.LastOrDefault(chain => chain.From <= moment && moment <= chain.To)
            ?? throw new BackupRefusedException(
                $"The backup does not have {BackupTime.Text(moment)}. It has "
                    + string.Join("; ", chains.Select(chain => $"{BackupTime.Text(chain.From)} to {BackupTime.Text(chain.To)}"))
                    + ". Give a time between, or none for the newest."
            );
    }

    private void VerifyAll()
    {
        long done = 0;
        foreach (var file in _from.Listed.Keys)
        {
            _cancellation.ThrowIfCancellationRequested();
            _from.Verify(file);
            done += new FileInfo(_from.PathOf(file)).Length;
            _progress?.Report(new MoveProgress("checking", done, null));
        }
    }

    /// <summary>The last record of the last group that was written by then.</summary>
    private (long Sequence, DateTimeOffset WrittenAt) FindCut(DateTimeOffset? at)
    {
        var (cut, cutAt, isWanted, writtenAt) = (0L, _chain.From, true, _chain.From);
        var next = 0L;
        foreach (var segment in Segments())
        {
            if (next != 0 && segment.FirstSequence != next)
            {
                throw new BackupDamagedException(
                    _from.PathOf(_chain.SegmentStart(segment.Number)),
                    $"begins with record {segment.FirstSequence}, expected {next}."
                );
            }
            foreach (var record in JournalBeside.Records(segment.Bytes, segment.FirstSequence))
            {
                if (record.WrittenAt is { } written)
                {
                    (writtenAt, isWanted) = (written, at is null || written <= at);
                }
                if (isWanted)
                {
                    (cut, cutAt) = (record.Sequence, writtenAt);
                }
            }
            next = segment.LastSequence + 1;
        }
        // An idle store's open segment may have no record.
        cut = at is null ? next - 1 : cut;
        return cut >= _chain.Complete || at is null
            ? (Math.Max(cut, _chain.Complete), cutAt)
            : throw new BackupRefusedException(
                $"The last group of writes by {BackupTime.Text(at.Value)} comes before the copy of the tables was complete, at "
                    + $"{BackupTime.Text(_chain.From)}. "
                    + "The machine's clock was set back meanwhile: give another time."
            );
    }

    private async ValueTask<RestoreSummary> Make((long Sequence, DateTimeOffset WrittenAt) cut)
    {
        var origin = $"was restored from the backup {_from.Manifest!.Id} as of {BackupTime.Text(cut.WrittenAt)}";
        RestoredMark.Write(_part, origin);
        MakeBooks(cut.Sequence);
        var blobs = await CopyBlobs().ConfigureAwait(false);
        var secrets = CopySecrets();
        await CheckBooks().ConfigureAwait(false);
        return new RestoreSummary(cut.WrittenAt, cut.Sequence, blobs, secrets);
    }

    private void MakeBooks(long last)
    {
        _ = new RealFiles(Store);
        Copy(_chain.Tables, Path.Combine(Store, DataDirectory.TablesFile));
        var archive = Path.Combine(Store, DataDirectory.ArchiveFolder);
        _ = new RealFiles(archive);
        foreach (var file in _from.Listed.Keys.Where(file => file.StartsWith(_chain.Archive, StringComparison.Ordinal)))
        {
            Copy(file, Path.Combine(archive, Path.GetFileName(file)));
        }
        FolderFlush.Flush(archive);
        using (var replay = new JournalReplay(Store, _time))
        {
            foreach (var segment in Segments())
            {
                _progress?.Report(new MoveProgress("journal", 0, null));
                replay.Take(segment, last);
            }
            replay.Complete(_chain.LastSegment, last);
        }
        ImportMark.Write(Store, ImportState.Unlisted);
    }

    private IEnumerable<SegmentCopy> Segments()
    {
        for (var number = _chain.FirstSegment; number <= _chain.LastSegment; number++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var start = _chain.SegmentStart(number);
            var file =
                number == _chain.LastSegment
                    ? _chain.Last
                    : _from.Listed.Keys.FirstOrDefault(listed => listed.StartsWith(start, StringComparison.Ordinal))
                        ?? throw new BackupDamagedException(_from.PathOf(start), "is named in no list, and later segments are.");
            var bytes = File.ReadAllBytes(_from.PathOf(file));
            if (Blake3.Hash(bytes) != _from.Listed[file])
            {
                throw new BackupDamagedException(_from.PathOf(file), "was changed while it was read.");
            }
            yield return JournalBeside.Parse(_from.PathOf(file), number, bytes);
        }
    }

    private void Copy(string file, string path)
    {
        using var from = new FileStream(_from.PathOf(file), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var to = OwnerFile.Create(path, bufferBytes: 0);
        if (BackupFolder.Copy(from, to, null, _cancellation) != _from.Listed[file])
        {
            throw new BackupDamagedException(_from.PathOf(file), "was changed while it was read.");
        }
        to.Flush(flushToDisk: true);
    }

    private async ValueTask<long> CopyBlobs()
    {
        var blobs = FileBlobStore.Open(Path.Combine(_part, DataDirectory.BlobFolder), new FileBlobStoreOptions { FreeBytesMin = 0 }, _time);
        var (count, bytes) = (0L, 0L);
        foreach (var file in Files(BackupPolicy.BlobsFolder))
        {
            await using var content = new FileStream(_from.PathOf(file), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            await blobs.Put(content, content.Length, new BlobId(_from.Listed[file]), _cancellation).ConfigureAwait(false);
            (count, bytes) = (count + 1, bytes + content.Length);
            _progress?.Report(new MoveProgress("blobs", bytes, null));
        }
        return count;
    }

    private List<string> CopySecrets()
    {
        var names = new HashSet<string>();
        foreach (var file in Files(BackupPolicy.SecretsFolder))
        {
            // The hash, a hyphen, the name.
            var name = string.Join('-', Path.GetFileName(file).Split('-').Skip(1));
            if (!BackupPolicy.Secrets.Contains(name))
            {
                throw new BackupDamagedException(_from.PathOf(file), "is none of the files that a data folder has.");
            }
            var path = Path.Combine(_part, name);
            Copy(file, path);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, File.GetUnixFileMode(_from.PathOf(file)));
            }
            names.Add(name);
        }
        FolderFlush.Flush(_part);
        return [.. BackupPolicy.Secrets.Where(names.Contains)];
    }

    private async ValueTask CheckBooks()
    {
        using var check = StoreCheck.Open(Store, _time);
        await foreach (var finding in check.Findings(_cancellation).ConfigureAwait(false))
        {
            throw new StoreDamagedException(finding.File, finding.Offset, $"after the restore {finding.What}");
        }
    }

    private IEnumerable<string> Files(string folder) =>
        _from.Listed.Keys.Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
