using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>
/// A worker's BLS key and all that it has voted with it, in one file (VOTES.md): what was voted is on the disk before a signature exists,
/// and another vote on the same subject is refused for ever. Thread-safe. After a failure of the disk it votes no more; open it again.
/// </summary>
public sealed class VoteLog : IDisposable
{
    internal const string Name = "committee.votes";
    private const string NewName = "committee.votes.new";

    private readonly Lock _lock = new();
    private readonly Dictionary<(ulong Epoch, VoteKind Kind, Bytes32 Subject), Bytes32> _votes = [];
    private readonly IVoteFiles _files;
    private readonly BlsSecretKey _key;

    private IVoteFile? _file;
    private Bytes32 _sum;

    private VoteLog(IVoteFiles files, BlsSecretKey key) => (_files, _key) = (files, key);

    public BlsPublicKey PublicKey => _key.PublicKey;

    /// <summary>In epochs below it nothing is voted any more.</summary>
    public ulong Floor { get; private set; }

    /// <summary>The greatest epoch in which it has voted, or was about to.</summary>
    public ulong Newest { get; private set; }

    /// <summary>Whether a folder has a log.</summary>
    public static bool Exists(IVoteFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Read(Name) is not null;
    }

    /// <summary>A new log with a new key.</summary>
    /// <param name="key">Disposed with the log. It has signed nothing yet, and stands nowhere else.</param>
    /// <exception cref="VoteLogException">There is one already.</exception>
    public static VoteLog Create(IVoteFiles files, BlsSecretKey key)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (Exists(files))
        {
            throw new VoteLogException($"'{files.PathOf(Name)}' is there already, with a key that may have voted.");
        }
        var log = new VoteLog(files, key);
        log.Rewrite();
        return log;
    }

    /// <summary>Opens a log, and writes all of it anew: what a failed flush may have left in memory only is then on the disk.</summary>
    /// <param name="newestKnown">
    /// The greatest epoch in which anybody is known to have a vote of this key, as the market tells; 0 where none is. If the log does not
    /// know of it, it is an old copy: it votes above that epoch only.
    /// </param>
    /// <exception cref="VoteLogException">There is none, or it is damaged in a way that no crash explains.</exception>
    public static VoteLog Open(IVoteFiles files, ulong newestKnown)
    {
        ArgumentNullException.ThrowIfNull(files);
        var bytes = files.Read(Name) ?? throw new VoteLogException($"There is no '{files.PathOf(Name)}': this worker has no BLS key.");
        Span<byte> secret = stackalloc byte[BlsSecretKey.Size];
        if (!VoteLogFormat.TryReadHeader(bytes, secret, out var floor, out var newest, out var sum))
        {
            throw Damaged(files, "its header");
        }
        var log = new VoteLog(files, new BlsSecretKey(secret));
        CryptographicOperations.ZeroMemory(secret);
        (log.Floor, log.Newest) = (floor, newest);
        try
        {
            log.Load(bytes, sum);
            if (newestKnown > log.Newest)
            {
                (log.Newest, log.Floor) = (newestKnown, Math.Max(log.Floor, Next(newestKnown)));
            }
            log.Forget();
            log.Rewrite();
        }
        catch
        {
            log.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
        return log;
    }

    /// <summary>
    /// Signs a statement after each of its votes is on the disk. The same votes again give the same signature; nothing is written then.
    /// </summary>
    /// <param name="epoch">In which all are cast.</param>
    /// <param name="votes">All that the statement says. With none nothing would hold it to anything.</param>
    /// <param name="digest">What is signed.</param>
    /// <exception cref="VoteRefusedException">A vote contradicts an earlier one, or the epoch is too old; nothing was signed.</exception>
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
            return
            [
                .. votes.Where(vote =>
                    epoch < Floor || (_votes.TryGetValue((epoch, vote.Kind, vote.Subject), out var earlier) && earlier != vote.Digest)
                ),
            ];
        }
    }

    /// <summary>Proves that the key's secret is here. It is no vote.</summary>
    public BlsSignature ProvePossession() => _key.ProvePossession();

    /// <summary>
    /// Forgets all epochs below, in which nothing is voted any more, also after a crash. A lower floor than it has changes nothing.
    /// </summary>
    /// <exception cref="VoteLogException">The disk failed.</exception>
    public void RaiseFloor(ulong floor)
    {
        lock (_lock)
        {
            if (floor > Floor)
            {
                (Floor, Newest) = (floor, Math.Max(Newest, floor - 1));
                Forget();
                Rewrite();
            }
        }
    }

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
        if (_file is null)
        {
            throw new VoteLogException($"'{_files.PathOf(Name)}' could not be written; what is in it is unknown until it is opened again.");
        }
        if (epoch < Floor || epoch == ulong.MaxValue)
        {
            throw new VoteRefusedException($"Epoch {epoch} is not from the floor {Floor} to {ulong.MaxValue - 1}: nothing is voted in it.");
        }
        var added = New(epoch, votes);
        if (added.Count == 0)
        {
            return;
        }
        if (_votes.Count + added.Count > VoteLogPolicy.VotesMax)
        {
            throw new VoteRefusedException(
                $"The log has {_votes.Count} votes, and keeps {VoteLogPolicy.VotesMax}: raise its floor, {Floor}, when epochs are over."
            );
        }
        if (epoch > Newest)
        {
            // A damaged last write is then of this epoch or an older one, so it is known from where on voting is safe.
            Write(epoch, []);
            Newest = epoch;
        }
        Write(epoch, added);
        foreach (var vote in added)
        {
            _votes.Add((epoch, vote.Kind, vote.Subject), vote.Digest);
        }
    }

    /// <summary>The votes that were not cast before, each once.</summary>
    private List<MemberVote> New(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        var said = new Dictionary<(VoteKind, Bytes32), Bytes32>();
        var added = new List<MemberVote>();
        foreach (var vote in votes)
        {
            var isKept = _votes.TryGetValue((epoch, vote.Kind, vote.Subject), out var earlier);
            if (!isKept && said.TryAdd((vote.Kind, vote.Subject), vote.Digest))
            {
                added.Add(vote);
                continue;
            }
            earlier = isKept ? earlier : said[(vote.Kind, vote.Subject)];
            if (earlier != vote.Digest)
            {
                throw new VoteRefusedException(
                    $"On {vote.Kind} {vote.Subject} of epoch {epoch} the vote was {earlier}; {vote.Digest} would contradict it."
                );
            }
        }
        return added;
    }

    private void Write(ulong epoch, IReadOnlyList<MemberVote> votes)
    {
        var frame = VoteLogFormat.Frame(_sum, epoch, votes, out var sum);
        Try(() =>
        {
            _file!.Append(frame);
            _file.Flush();
        });
        _sum = sum;
    }

    private void Load(byte[] bytes, Bytes32 sum)
    {
        var rest = bytes.AsSpan(VoteLogFormat.HeaderSize);
        while (VoteLogFormat.TryReadFrame(rest, out var before, out var epoch, out var votes, out var own) && before == sum)
        {
            Newest = Math.Max(Newest, epoch);
            foreach (var vote in votes)
            {
                _votes[(epoch, vote.Kind, vote.Subject)] = vote.Digest;
            }
            sum = own;
            rest = rest[VoteLogFormat.SizeOfFrame(votes.Length)..];
        }
        if (rest.IsEmpty)
        {
            return;
        }
        // One write is under way at most. What follows it was not torn but damaged, and says that votes stood in between.
        for (var start = 0; start < rest.Length; start++)
        {
            if (VoteLogFormat.TryReadFrame(rest[start..], out _, out _, out _, out _))
            {
                throw Damaged(_files, $"a vote at byte {bytes.Length - rest.Length}, with other votes behind it");
            }
        }
        if (rest.Length > VoteLogFormat.SizeOfFrame(VoteLogPolicy.VotesPerWriteMax))
        {
            throw Damaged(_files, $"more than one write, at byte {bytes.Length - rest.Length}");
        }
        // Torn before its signature existed, or damaged after: nothing tells. It was of no later epoch than this.
        Floor = Math.Max(Floor, Next(Newest));
    }

    private void Forget()
    {
        foreach (var old in _votes.Keys.Where(vote => vote.Epoch < Floor).ToArray())
        {
            _votes.Remove(old);
        }
    }

    /// <summary>All of it, in a new file that takes the place of the old one.</summary>
    private void Rewrite()
    {
        Close();
        var header = GC.AllocateArray<byte>(VoteLogFormat.HeaderSize, pinned: true);
        var sum = VoteLogFormat.WriteHeader(header, _key, Floor, Newest);
        Try(() =>
        {
            _files.Delete(NewName);
            var file = _file = _files.Create(NewName);
            file.Append(header);
            foreach (var epoch in _votes.GroupBy(vote => vote.Key.Epoch).OrderBy(epoch => epoch.Key))
            {
                var votes = epoch.Select(vote => new MemberVote(vote.Key.Kind, vote.Key.Subject, vote.Value));
                foreach (var chunk in votes.Chunk(VoteLogPolicy.VotesPerWriteMax))
                {
                    file.Append(VoteLogFormat.Frame(sum, epoch.Key, chunk, out sum));
                }
            }
            file.Flush();
            _files.Rename(NewName, Name);
            _files.FlushFolder();
        });
        CryptographicOperations.ZeroMemory(header);
        _sum = sum;
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

    private static ulong Next(ulong epoch) => epoch == ulong.MaxValue ? epoch : epoch + 1;

    private static VoteLogException Damaged(IVoteFiles files, string where) =>
        new(
            $"'{files.PathOf(Name)}' is damaged: {where}. A crash does not do that, so what this key has voted is unknown. Move the file "
                + "away and let the worker make a new key, which it has to register."
        );
}
