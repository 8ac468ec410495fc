using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// The files of settlements that a member signed last, beside its votes (VOTES.md): what comes next must follow from them. They only make
/// it stricter, so one that is lost costs nothing else.
/// </summary>
/// <param name="files">The log's folder.</param>
internal sealed class KeptSettlements(IVoteFiles files)
{
    private const string Name = "committee.votes.settlement";
    private const string NewName = "committee.votes.settlement.new";

    /// <summary>
    /// The next number takes the other place, so that the one before it stays while it is signed again in another epoch.
    /// </summary>
    private const int Places = 2;

    /// <param name="hash">That the log has signed.</param>
    /// <returns>Null where it is not there, or is none.</returns>
    public SettlementFile? Find(Bytes32 hash)
    {
        for (var place = 0ul; place < Places; place++)
        {
            if (Read(place) is { } file && file.Settlement.Hash() == hash)
            {
                return file;
            }
        }
        return null;
    }

    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Keep(ulong number, ReadOnlySpan<byte> json)
    {
        files.Delete(NewName);
        using (var file = files.Create(NewName))
        {
            file.Append(json);
            file.Flush();
        }
        files.Rename(NewName, NameOf(number));
        files.FlushFolder();
    }

    private SettlementFile? Read(ulong number)
    {
        try
        {
            return files.Read(NameOf(number)) is { } bytes ? SettlementFile.Parse(bytes) : null;
        }
        catch (Exception unread) when (unread is ReceiptFormatException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string NameOf(ulong number) => $"{Name}.{number % Places}";
}
