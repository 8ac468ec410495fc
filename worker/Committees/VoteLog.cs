using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// A worker's BLS key and all that it has voted with it, for one market, in files of one folder (VOTES.md): what was voted is on the disk
/// before a signature exists, and another vote on the same subject is refused for ever. Thread-safe. After a failure of the disk it votes
/// no more; open it again.
/// </summary>
public sealed partial class VoteLog : IDisposable
{
    internal const string Name = "committee.votes";
    private const string NewName = "committee.votes.new";

    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, VoteTable> _votes = [];
    private readonly VotePrints _prints = new();

    /// <summary>Those that are kept, oldest first; the last one is written.</summary>
    private readonly List<VotePart> _parts = [];
    private readonly IVoteFiles _files;
    private readonly BlsSecretKey _key;
    private readonly TimeProvider _clock;
    private readonly VoteCount _count;

    private VoteLogHead _head;
    private IVoteFile? _file;
    private long _fileSize;
    private ulong _writes;
    private Bytes32 _sum;

    private VoteLog(IVoteFiles files, BlsSecretKey key, VoteLogHead head, TimeProvider clock) =>
        (_files, _key, _head, _clock, _count) = (files, key, head, clock, new VoteCount(files, key.PublicKey));

    public BlsPublicKey PublicKey => _key.PublicKey;

    /// <summary>In epochs below it nothing is voted any more.</summary>
    public ulong Floor => _head.Floor;

    /// <summary>The greatest epoch in which it has voted, or was about to.</summary>
    public ulong Newest => _head.Newest;

    /// <summary>The market that it votes for, as its domain's <see cref="MarketDomain.Id"/>; zero: none yet.</summary>
    public Bytes32 Market => _head.Market;

    /// <inheritdoc cref="VoteLogPolicy.VotesPerEpochMax"/>
    internal int VotesPerEpochMax { get; set; } = VoteLogPolicy.VotesPerEpochMax;

    /// <inheritdoc cref="VoteLogPolicy.PartBytesMax"/>
    internal int PartBytesMax { get; set; } = VoteLogPolicy.PartBytesMax;

    /// <summary>Whether a folder has a log.</summary>
    public static bool Exists(IVoteFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Exists(Name);
    }

    /// <summary>A new log with a new key.</summary>
    /// <param name="key">Disposed with the log. It has signed nothing yet, and stands nowhere else.</param>
    /// <param name="worker">Whose it is.</param>
    /// <param name="clock">Tells which epochs can have begun.</param>
    /// <exception cref="VoteLogException">There is one already.</exception>
    public static VoteLog Create(IVoteFiles files, BlsSecretKey key, WorkerId worker, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (Exists(files))
        {
            throw new VoteLogException($"'{files.PathOf(Name)}' is there already, with a key that may have voted.");
        }
        var log = new VoteLog(files, key, VoteLogHead.New(worker), clock);
        // What counts the writes of a key that is gone says nothing of this one.
        log.Try(log._count.Delete);
        log.BeginPart(log._head);
        log.Try(() => log._count.Write(log.Statements));
        return log;
    }

    /// <summary>
    /// Opens a log, and writes its last part anew: what a failed flush may have left in memory only is then on the disk.
    /// </summary>
    /// <param name="worker">Whose it has to be.</param>
    /// <param name="clock">Tells which epochs can have begun.</param>
    /// <exception cref="VoteLogException">
    /// There is none, it is another worker's, it is an old copy, or it is damaged in a way that no crash explains.
    /// </exception>
    public static VoteLog Open(IVoteFiles files, WorkerId worker, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(files);
        var path = files.PathOf(Name);
        var bytes = files.Read(Name) ?? throw new VoteLogException($"There is no '{path}': this worker has no BLS key.");
        Span<byte> secret = stackalloc byte[BlsSecretKey.Size];
        try
        {
            if (VoteLogFormat.IsEarlier(bytes))
            {
                throw VoteLogErrors.Earlier(path);
            }
            var head = VoteLogFormat.ReadHead(bytes, secret) ?? throw VoteLogErrors.Damaged(path, "its header");
            if (head.Worker != worker)
            {
                throw VoteLogErrors.OfOtherWorker(path, head.Worker, worker);
            }
            var log = new VoteLog(files, new BlsSecretKey(secret), head, clock);
            try
            {
                log.Load();
                log.Try(() => log._count.Write(log.Statements));
            }
            catch
            {
                log.Dispose();
                throw;
            }
            return log;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>It votes for this market, and for no other one ever.</summary>
    /// <param name="market">Its domain's <see cref="MarketDomain.Id"/>.</param>
    /// <exception cref="VoteLogException">It votes for another one, or the disk failed.</exception>
    public void Bind(Bytes32 market)
    {
        lock (_lock)
        {
            if (_head.Market == market)
            {
                return;
            }
            if (_head.Market != default)
            {
                throw VoteLogErrors.OfOtherMarket(_files.PathOf(Name), _head.Market, market);
            }
            RequireOpen();
            Try(_count.RequireOwn);
            WriteHead(_head with { Market = market });
        }
    }

    /// <summary>
    /// Signs a statement after each of its votes is on the disk. The same votes again give the same signature; nothing is written then.
    /// </summary>
    /// <param name="epoch">In which all are cast.</param>
    /// <param name="votes">All that the statement says. With none nothing would hold it to anything.</param>
    /// <param name="digest">What is signed.</param>
    /// <exception cref="VoteRefusedException">
    /// A vote contradicts an earlier one, or the epoch is too old or cannot have begun; nothing was signed.
    /// </exception>
    /// <exception cref="VoteLogException">The disk failed, now or earlier; nothing was signed.</exception>
    public BlsSignature Sign(ulong epoch, IReadOnlyList<MemberVote> votes, Bytes32 digest)
    {
        ArgumentNullException.ThrowIfNull(votes);
        if (votes.Count is 0 or > VoteLogPolicy.VotesPerWriteMax)
        {
            throw new ArgumentException($"There are {votes.Count} votes; 1 to {VoteLogPolicy.VotesPerWriteMax} are cast.", nameof(votes));
        }
        lock (_lock)
        {
            Cast(epoch, votes);
        }
        return _key.Sign(digest.ToArray());
    }

    /// <summary>
    /// Those of the votes that would be refused: they contradict earlier ones, or their epoch is too old. Nothing is cast.
    /// </summary>
    public IReadOnlyList<MemberVote> Contradicted(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        lock (_lock)
        {
            var table = _votes.GetValueOrDefault(epoch);
            return [.. votes.Where(vote => epoch < Floor || table?.IsSame(_prints.Of(vote)) == false)];
        }
    }

    /// <summary>Proves that the key's secret is here. It is no vote.</summary>
    public BlsSignature ProvePossession() => _key.ProvePossession();

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
        _key.Dispose();
    }

    private void Cast(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        RequireOpen();
        if (Market == default)
        {
            throw new InvalidOperationException("This is a bug in the worker: it votes before it has said for which market.");
        }
        if (epoch < Floor || epoch == ulong.MaxValue)
        {
            throw VoteLogErrors.TooOld(epoch, Floor);
        }
        var at = epoch > Newest ? RequireBegun(epoch) : _head.NewestAt;
        var (added, prints) = New(epoch, votes);
        if (added.Count == 0)
        {
            return;
        }
        try
        {
            Try(_count.RequireOwn);
            if (epoch > Newest)
            {
                var floor = Math.Max(Floor, epoch - Math.Min(epoch, VoteLogPolicy.EpochsKept - 1));
                BeginPart(_head with { Floor = floor, Newest = epoch, NewestAt = at });
            }
            else if (_fileSize >= PartBytesMax)
            {
                BeginPart(_head);
            }
            Write(epoch, added);
            var table = TableOf(epoch);
            prints.ForEach(table.Add);
        }
        catch
        {
            // Whatever failed, memory that was short too: a vote may be on the disk of which the table does not know.
            Close();
            throw;
        }
    }

    /// <summary>
    /// Epochs follow each other no faster than they can, by this worker's own clock: a market cannot raise the floor by a number that it
    /// made up.
    /// </summary>
    /// <returns>When it can have begun at the earliest, in seconds since 1970.</returns>
    private ulong RequireBegun(ulong epoch)
    {
        var step = (UInt128)VoteLogPolicy.EpochStepMin.TotalSeconds;
        var now = (ulong)Math.Max(0, _clock.GetUtcNow().ToUnixTimeSeconds());
        var due = _head.NewestAt + ((epoch - Newest) * step);
        var ahead = VoteLogPolicy.EpochsAheadMax * step;
        if (due > now + ahead)
        {
            var last = (UInt128)DateTimeOffset.MaxValue.ToUnixTimeSeconds();
            throw VoteLogErrors.TooSoon(epoch, Newest, DateTimeOffset.FromUnixTimeSeconds((long)UInt128.Min(due - ahead, last)));
        }
        return Math.Max(now, (ulong)due);
    }

    /// <summary>The votes that were not cast before, each once.</summary>
    private (List<MemberVote> Added, List<VotePrint> Prints) New(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        var table = _votes.GetValueOrDefault(epoch);
        var said = new Dictionary<ulong, ulong>();
        var (added, prints) = (new List<MemberVote>(), new List<VotePrint>());
        foreach (var vote in votes)
        {
            var print = _prints.Of(vote);
            var isSame = table?.IsSame(print) ?? (said.TryGetValue(print.Subject, out var other) ? other == print.Digest : null);
            if (isSame == false)
            {
                throw VoteLogErrors.Contradicts(epoch, vote);
            }
            if (isSame is null)
            {
                said.Add(print.Subject, print.Digest);
                added.Add(vote);
                prints.Add(print);
            }
        }
        if ((table?.Count ?? 0) + added.Count > VotesPerEpochMax)
        {
            throw VoteLogErrors.TooMany(epoch, table?.Count ?? 0, VotesPerEpochMax);
        }
        return (added, prints);
    }

    private void Write(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        var frame = VoteLogFormat.Frame(_sum, epoch, votes, out var sum);
        Try(() =>
        {
            _file!.Append(frame);
            _file.Flush();
            // Another process may have read the log before this frame was there.
            _count.RequireOwn();
            // Before a signature exists that an older copy would not know of.
            _count.Write(Statements + 1);
        });
        _fileSize += frame.Length;
        _writes++;
        _sum = sum;
    }

    private VoteTable TableOf(ulong epoch)
    {
        if (!_votes.TryGetValue(epoch, out var table))
        {
            _votes.Add(epoch, table = new VoteTable());
        }
        return table;
    }

    /// <summary>Another part follows the last one, with what the head then says.</summary>
    private void BeginPart(VoteLogHead head)
    {
        Close();
        var part = new VotePart(head.Last + 1, head.Newest, _writes, _sum);
        var header = VoteLogFormat.PartHeader(part, PublicKey, out var sum);
        Try(() =>
        {
            var name = NameOf(part.Number);
            _files.Delete(name);
            var file = _file = _files.Create(name);
            file.Append(header);
            file.Flush();
            _files.FlushFolder();
        });
        _parts.Add(part);
        var over = _parts.TakeWhile(old => old.Newest < head.Floor && old != part).Count();
        WriteHead(head with { First = _parts[over].Number, Last = part.Number, LastSum = sum });
        (_fileSize, _sum) = (header.Length, sum);
        Try(() => _parts.Take(over).ToList().ForEach(old => _files.Delete(NameOf(old.Number))));
        _parts.RemoveRange(0, over);
        Forget();
    }

    private void Forget()
    {
        foreach (var old in _votes.Keys.TakeWhile(epoch => epoch < Floor).ToArray())
        {
            _votes.Remove(old);
        }
    }

    private void Load()
    {
        for (var number = _head.First; number <= _head.Last; number++)
        {
            var path = _files.PathOf(NameOf(number));
            var bytes = _files.Read(NameOf(number)) ?? throw VoteLogErrors.Damaged(path, "it is not there");
            var part = VoteLogFormat.ReadPart(bytes, PublicKey, out var sum) ?? throw VoteLogErrors.Damaged(path, "its header");
            var isFirst = number == _head.First;
            var follows = isFirst || (part.Before == _sum && part.Writes == _writes);
            if (part.Number != number || !follows || (number == _head.Last && sum != _head.LastSum))
            {
                throw VoteLogErrors.OldCopy(path, "it does not fit the other files of the log");
            }
            _parts.Add(part);
            (_sum, _writes) = (sum, part.Writes);
            var kept = LoadFrames(path, bytes);
            if (number < _head.Last)
            {
                if (kept != bytes.Length)
                {
                    throw VoteLogErrors.Damaged(path, $"a vote at byte {kept}, with other votes behind it");
                }
                continue;
            }
            RequireNewest(hasTornEnd: kept < bytes.Length);
            Renew(bytes.AsSpan(0, kept), hasTornEnd: kept < bytes.Length);
        }
        for (var old = _head.First - 1; old > 0 && _files.Exists(NameOf(old)); old--)
        {
            Try(() => _files.Delete(NameOf(old)));
        }
        Forget();
    }

    /// <returns>Up to where its frames are whole.</returns>
    private int LoadFrames(string path, byte[] bytes)
    {
        var at = VoteLogFormat.PartHeaderSize;
        while (VoteLogFormat.TryReadFrame(bytes.AsSpan(at), out var before, out var epoch, out var votes, out var own) && before == _sum)
        {
            var table = epoch >= Floor ? TableOf(epoch) : null;
            foreach (var print in votes.Select(_prints.Of))
            {
                if (table?.IsSame(print) is null)
                {
                    table?.Add(print);
                }
            }
            (_sum, _writes) = (own, _writes + 1);
            at += VoteLogFormat.SizeOfFrame(votes.Length);
        }
        // One write is under way at most. What follows it was not torn but damaged, and says that votes stood in between.
        for (var start = at; start < bytes.Length; start++)
        {
            if (VoteLogFormat.TryReadFrame(bytes.AsSpan(start), out _, out _, out _, out _))
            {
                throw VoteLogErrors.Damaged(path, $"a vote at byte {at}, with other votes behind it");
            }
        }
        return bytes.Length - at > VoteLogFormat.SizeOfFrame(VoteLogPolicy.VotesPerWriteMax)
            ? throw VoteLogErrors.Damaged(path, $"more than one write, at byte {at}")
            : at;
    }

    /// <summary>Newer files of the same log say that this is an old copy.</summary>
    private void RequireNewest(bool hasTornEnd)
    {
        var next = _head.Last + 1;
        if (
            _files.Read(NameOf(next)) is { Length: > VoteLogFormat.PartHeaderSize } more
            && VoteLogFormat.ReadPart(more, PublicKey, out _) is not null
        )
        {
            throw VoteLogErrors.OldCopy(
                _files.PathOf(Name),
                $"there are votes in '{_files.PathOf(NameOf(next))}', of which it does not know"
            );
        }
        _count.RequireNewest(_files.PathOf(Name), Statements, hasTornEnd);
    }

    /// <summary>The last part, in a new file that takes the place of the old one.</summary>
    private void Renew(ReadOnlySpan<byte> bytes, bool hasTornEnd)
    {
        if (hasTornEnd)
        {
            // Torn before its signature existed, or damaged after: nothing tells. It was of no later epoch than this. Without the torn end
            // the count would speak against the log.
            Try(_count.Delete);
            WriteHead(_head with { Floor = Math.Max(Floor, Next(Newest)) });
        }
        var content = bytes.ToArray();
        Try(() =>
        {
            _files.Delete(NewName);
            var file = _file = _files.Create(NewName);
            file.Append(content);
            file.Flush();
            _files.Rename(NewName, NameOf(_head.Last));
            _files.FlushFolder();
        });
        _fileSize = content.Length;
        WriteHead(_head);
    }

    private void WriteHead(VoteLogHead head)
    {
        var bytes = GC.AllocateArray<byte>(VoteLogFormat.SizeOfHead(head), pinned: true);
        VoteLogFormat.WriteHead(bytes, _key, head);
        Try(() =>
        {
            _files.Delete(NewName);
            using var file = _files.Create(NewName);
            file.Append(bytes);
            file.Flush();
            _files.Rename(NewName, Name);
            _files.FlushFolder();
        });
        CryptographicOperations.ZeroMemory(bytes);
        _head = head;
    }

    private void RequireOpen()
    {
        if (_file is null)
        {
            throw new VoteLogException($"'{_files.PathOf(Name)}' could not be written; what is in it is unknown until it is opened again.");
        }
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Close();
            throw new VoteLogException($"'{_files.PathOf(Name)}' cannot be written: {failure.Message} Nothing was signed.", failure);
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private static string NameOf(ulong part) => $"{Name}.{part}";

    private static ulong Next(ulong epoch) => epoch == ulong.MaxValue ? epoch : epoch + 1;
}
