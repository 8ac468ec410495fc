using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>What a run did, and what the backup holds now.</summary>
/// <param name="IsNewChain">The tables were copied, because there was no copy or the journal behind it had a gap.</param>
/// <param name="Files">Files that this run wrote.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="From">The first moment that can be restored, of those without a gap up to now.</param>
/// <param name="To">The last moment that can be restored.</param>
/// <param name="Secrets">Names of the files that the backup keeps as secret as the data folder does.</param>
/// <param name="DamagedBlobs">Blobs that are not what their names say: they are not in the backup.</param>
public sealed record BackupSummary(
    bool IsNewChain,
    long Files,
    long Bytes,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<string> Secrets,
    IReadOnlyList<BlobId> DamagedBlobs
);

/// <summary>
/// Copies a data folder to a backup while its silo runs, or does not: the first time all of it, then what is new. BACKUP.md tells how, and
/// why each copy is one that a crash could have left.
/// </summary>
public sealed class StoreBackup
{
    private readonly string _data;
    private readonly string _store;
    private readonly BackupFolder _to;
    private readonly TimeProvider _time;
    private readonly JournalBeside _journal;
    private readonly BackupMarks _marks;
    private readonly IProgress<MoveProgress>? _progress;
    private readonly CancellationToken _cancellation;

    private StoreBackup(string data, BackupFolder to, TimeProvider time, IProgress<MoveProgress>? progress, CancellationToken cancellation)
    {
        (_data, _store, _to, _time) = (data, Path.Combine(data, DataDirectory.StoreFolder), to, time);
        (_progress, _cancellation) = (progress, cancellation);
        var journal = Path.Combine(_store, DataDirectory.JournalFolder);
        (_journal, _marks) = (new JournalBeside(journal), new BackupMarks(journal));
    }

    /// <exception cref="BackupRefusedException">
    /// There is no node, the folder is not one for its backup, or its disk has no room.
    /// </exception>
    /// <exception cref="BackupDamagedException">The earlier backup in the folder is not whole.</exception>
    /// <exception cref="StoreDamagedException">What is on disk is not what was written.</exception>
    public static ValueTask<BackupSummary> Run(
        string data,
        string to,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    ) => Run(data, to, folder => new DriveInfo(folder).AvailableFreeSpace, time, progress, cancellation);

    internal static async ValueTask<BackupSummary> Run(
        string data,
        string to,
        Func<string, long> freeBytes,
        TimeProvider time,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        data = Path.GetFullPath(data);
        var store = Path.Combine(data, DataDirectory.StoreFolder);
        if (!Directory.Exists(Path.Combine(store, DataDirectory.JournalFolder)))
        {
            throw new BackupRefusedException(
                $"'{data}' holds no embedded node: the folder '{DataDirectory.StoreFolder}/{DataDirectory.JournalFolder}' is missing. "
                    + "A cluster is backed up with pg_dump or pg_basebackup, and a copy of its blob folder."
            );
        }
        if (ImportMark.Read(store) == ImportState.Unfinished)
        {
            throw new StoreUnfinishedException(store);
        }
        using var folder = BackupFolder.OpenToWrite(to, freeBytes);
        return await new StoreBackup(data, folder, time, progress, cancellation).Run().ConfigureAwait(false);
    }

    private async ValueTask<BackupSummary> Run()
    {
        var earlier = _to.Manifest?.Chains ?? [];
        HoldJournal(earlier.Count > 0);
        // A blob that the books still keep when they are copied may be given up, and collected, before it is copied.
        var damaged = await CopyBlobs().ConfigureAwait(false);
        var chain = earlier.Count > 0 && Follow(earlier[^1]) is { } followed ? followed : null;
        var isNew = chain is null;
        if (chain is null)
        {
            KeepEndOf(earlier);
            chain = Begin(earlier.Count + 1);
        }
        // And after the journal: a blob is stored before the record that names it.
        damaged.UnionWith(await CopyBlobs().ConfigureAwait(false));
        var secrets = CopySecrets();
        _to.Complete([.. earlier.Where(old => old.Number != chain.Number), chain], [chain.Last, .. secrets.Select(secret => secret.File)]);
        _marks.Write(_to.Id, chain.LastSegment - 1);
        _marks.DeleteCopied();
        return new BackupSummary(
            IsNewChain: isNew,
            Files: _to.NewFiles,
            Bytes: _to.NewBytes,
            From: chain.From,
            To: chain.To,
            Secrets: [.. secrets.Select(secret => secret.Name)],
            DamagedBlobs: [.. damaged]
        );
    }

    /// <summary>From here on the silo keeps what it folds.</summary>
    private void HoldJournal(bool hasRunBefore)
    {
        if (_marks.Read(_to.Id) is not null)
        {
            return;
        }
        if (hasRunBefore)
        {
            throw new BackupRefusedException(
                $"'{_to.PathOf("")}' is the backup of another node than '{_data}', or of what this one was before it was restored. "
                    + "Give a new folder."
            );
        }
        // A first run that was killed may have been another node's.
        _to.Clear(BackupPolicy.ChainsFolder);
        _marks.Write(_to.Id, 0);
    }

    /// <returns>Null where the journal does not go on from what the backup has.</returns>
    private BackupChain? Follow(BackupChain chain)
    {
        if (_journal.FirstSequence(chain.LastSegment) is not { } first)
        {
            return null;
        }
        var copied = Copy(chain, chain.LastSegment, first);
        return chain with
        {
            LastSegment = copied.Last.Number,
            LastSequence = copied.Last.LastSequence,
            To = Later(copied.ReadAt, copied.Last.LastWrittenAt),
        };
    }

    /// <summary>The copy of a segment that was open when the chain broke off is its last for ever.</summary>
    private void KeepEndOf(IReadOnlyList<BackupChain> earlier)
    {
        if (earlier.Count > 0 && _to.Listed.TryGetValue(earlier[^1].Last, out var hash) && !_to.Adopt(earlier[^1].Last, hash))
        {
            throw new BackupDamagedException(_to.PathOf(earlier[^1].Last), "is missing, or was changed.");
        }
    }

    /// <summary>A copy of tables and archive, and of the journal that follows it.</summary>
    private BackupChain Begin(long number)
    {
        var chain = new BackupChain
        {
            Number = number,
            Folded = 0,
            Complete = 0,
            FirstSegment = 0,
            LastSegment = 0,
            LastSequence = 0,
            From = default,
            To = default,
        };
        var tables = new TablesCopy(_store, _to, chain, _progress, _cancellation);
        // As at a start, the segments that are not given up overrule the tables: what these have of them may be on no disk.
        var oldest = FirstRecord(_journal.Numbers());
        if (tables.Resume() is not { } folded || oldest > folded + 1)
        {
            oldest = FirstRecord(_journal.UnfoldedNumbers());
            folded = tables.Take();
        }
        var first =
            SegmentWith(Math.Min(oldest, folded + 1))
            ?? throw new BackupRefusedException(
                $"The journal of '{_data}' begins after record {folded + 1}. The silo is of an older build that keeps no journal for "
                    + "backups, or its disk is short. Run the backup again; if it fails again, start a silo of this build, or make room."
            );
        var copied = Copy(chain, first, _journal.FirstSequence(first)!.Value);
        var from = copied.WrittenAt ?? copied.ReadAt;
        return chain with
        {
            Folded = folded,
            Complete = copied.Last.LastSequence,
            FirstSegment = first,
            LastSegment = copied.Last.Number,
            LastSequence = copied.Last.LastSequence,
            From = from,
            To = Later(copied.ReadAt, from),
        };
    }

    /// <summary>The first record of the first segment; 0 where that is gone.</summary>
    private long FirstRecord(IReadOnlyList<long> segments) => segments.Count > 0 ? _journal.FirstSequence(segments[0]) ?? 0 : 0;

    /// <summary>The segment that has the record, or will; null: it is gone.</summary>
    private long? SegmentWith(long sequence) =>
        _journal.Numbers().Where(segment => _journal.FirstSequence(segment) <= sequence).Select(segment => (long?)segment).Max();

    /// <summary>Copies all segments from one on. Nothing may be missing between them.</summary>
    private Copied Copy(BackupChain chain, long from, long firstSequence)
    {
        // Before the look for the newest: what was acknowledged by then is in what is read.
        var readAt = _time.GetUtcNow();
        var newest = _journal.Numbers()[^1];
        var (writtenAt, next) = ((DateTimeOffset?)null, firstSequence);
        for (var number = from; ; number++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var segment =
                _journal.Read(number)
                ?? throw new BackupRefusedException(
                    $"Segment {number} of the journal of '{_data}' went away before it was copied. Run the backup again."
                );
            if (segment.FirstSequence != next)
            {
                throw new StoreDamagedException(
                    Path.Combine(_store, DataDirectory.JournalFolder, JournalFormat.SegmentName(number)),
                    24,
                    $"it starts with record {segment.FirstSequence}, but records after {next - 1} are missing."
                );
            }
            next = segment.LastSequence + 1;
            writtenAt = segment.LastWrittenAt ?? writtenAt;
            _to.Put(chain.SegmentPath(number, segment.LastSequence), segment.Bytes.Span);
            _progress?.Report(new MoveProgress("journal", _to.NewBytes, null));
            if (number < newest)
            {
                continue;
            }
            return segment.Format == JournalFormat.VersionWithoutTimes
                ? throw new BackupRefusedException(
                    $"The silo of '{_data}' is of an older build, whose journal has no times. Start a silo of this build on it first."
                )
                : new Copied(segment, readAt, writtenAt);
        }
    }

    private async ValueTask<HashSet<BlobId>> CopyBlobs()
    {
        var damaged = new HashSet<BlobId>();
        var folder = Path.Combine(_data, DataDirectory.BlobFolder);
        if (!Directory.Exists(folder))
        {
            return damaged;
        }
        var blobs = FileBlobStore.OpenBeside(folder, _time);
        await foreach (var blob in blobs.List(_cancellation).ConfigureAwait(false))
        {
            var file = BlobFile(blob.Id);
            if (_to.Has(file) || _to.Adopt(file, blob.Id.Value))
            {
                continue;
            }
            try
            {
                await using var content = await blobs.Open(blob.Id, cancellation: _cancellation).ConfigureAwait(false);
                // One that is gone was collected: nothing names it any more.
                if (content is not null)
                {
                    _to.Write(file, content, content.Length, _cancellation);
                }
            }
            catch (BlobDamagedException)
            {
                damaged.Add(blob.Id);
            }
            _progress?.Report(new MoveProgress("blobs", _to.NewBytes, null));
        }
        return damaged;
    }

    private static string BlobFile(BlobId id) => $"{BackupPolicy.BlobsFolder}/{id.Value.ToString()[..2]}/{id.Value}";

    private List<(string Name, string File)> CopySecrets()
    {
        var found = new List<(string, string)>();
        foreach (var name in BackupPolicy.Secrets)
        {
            var path = Path.Combine(_data, name);
            if (!File.Exists(path))
            {
                continue;
            }
            var content = File.ReadAllBytes(path);
            var file = $"{BackupPolicy.SecretsFolder}/{Blake3.Hash(content)}-{name}";
            found.Add((name, file));
            _to.Put(file, content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_to.PathOf(file), File.GetUnixFileMode(path));
            }
        }
        return found;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    /// <param name="Last">The open segment.</param>
    /// <param name="ReadAt">All that was acknowledged by then is there.</param>
    /// <param name="WrittenAt">When the last batch was written; null: no segment has a time.</param>
    private readonly record struct Copied(SegmentCopy Last, DateTimeOffset ReadAt, DateTimeOffset? WrittenAt);
}
