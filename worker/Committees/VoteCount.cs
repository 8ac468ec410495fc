using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>
/// The small file that counts the writes of a log (VOTES.md): by it an old copy of the log is noticed, and another process that votes with
/// the same folder.
/// </summary>
/// <param name="files">The log's folder.</param>
/// <param name="key">The log's.</param>
internal sealed class VoteCount(IVoteFiles files, BlsPublicKey key)
{
    public const string Name = "committee.votes.count";

    private readonly Bytes32 _opening = new(RandomNumberGenerator.GetBytes(Bytes32.Size));

    /// <summary>It is now this opening's.</summary>
    public void Write(ulong writes) => files.Note(Name, VoteLogFormat.Note(key, writes, _opening));

    public void Delete() => files.Delete(Name);

    /// <summary>
    /// The lock is worth nothing where its file was deleted, or the folder has another name now. So each opening leaves its number in the
    /// count, and does not go on when it finds another one there.
    /// </summary>
    /// <exception cref="VoteLogException">There is another one, or none.</exception>
    public void RequireOwn()
    {
        if (Read() is not { IsOfKey: true } note || note.Opening != _opening)
        {
            throw VoteLogErrors.NotOwn(files.PathOf(Name));
        }
    }

    /// <param name="log">The log's path.</param>
    /// <param name="writes">Those that it has.</param>
    /// <param name="hasTornEnd">The last write may be there and damaged.</param>
    /// <exception cref="VoteLogException">It is an old copy.</exception>
    public void RequireNewest(string log, ulong writes, bool hasTornEnd)
    {
        if (Read() is not { } note)
        {
            return;
        }
        if (!note.IsOfKey)
        {
            throw VoteLogErrors.OldCopy(log, $"'{files.PathOf(Name)}' is of another key of this worker");
        }
        if (note.Writes > writes + (hasTornEnd ? 1ul : 0))
        {
            throw VoteLogErrors.OldCopy(log, $"it has {writes} writes of the {note.Writes} that '{files.PathOf(Name)}' has counted");
        }
    }

    /// <summary>Null where it is not there, or a power cut has damaged it.</summary>
    private (ulong Writes, Bytes32 Opening, bool IsOfKey)? Read() =>
        files.Read(Name) is { } bytes ? VoteLogFormat.ReadNote(bytes, key) : null;
}
