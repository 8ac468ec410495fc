using System.Globalization;
using Marketplace.Worker;

namespace Marketplace.Verify.Leaders;

/// <summary>
/// All that the members of committees ever wrote into their vote logs, read from their folders while they vote. A log forgets epochs that
/// are over; this does not.
/// </summary>
internal sealed class VoteBooks(IReadOnlyList<string> folders)
{
    private readonly Dictionary<(string Folder, ulong Epoch, VoteKind Kind, Bytes32 Subject), Bytes32> _votes = [];

    /// <summary>Two votes on one subject.</summary>
    public List<string> Violations { get; } = [];

    public int Count => _votes.Count;

    /// <summary>Whether a member has written down that it stands by this receipt.</summary>
    public bool Has(string folder, ulong epoch, JobId job, Bytes32 receipt) =>
        _votes.TryGetValue((folder, epoch, VoteKind.Receipt, job.Value), out var digest) && digest == receipt;

    /// <summary>Until it is cancelled, and once more.</summary>
    public async Task Follow(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            Read();
            await Task.Delay(TimeSpan.FromSeconds(5), over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        Read();
    }

    private void Read()
    {
        foreach (var folder in folders)
        {
            foreach (var file in Directory.EnumerateFiles(folder, "committee.votes.*").Where(IsPart))
            {
                try
                {
                    ReadPart(folder, File.ReadAllBytes(file));
                }
                catch (FileNotFoundException)
                {
                    // Its epochs are over.
                }
            }
        }
    }

    private static bool IsPart(string file) =>
        ulong.TryParse(Path.GetExtension(file).AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private void ReadPart(string folder, byte[] bytes)
    {
        var rest = bytes.AsSpan(Math.Min(bytes.Length, VoteLogFormat.PartHeaderSize));
        while (VoteLogFormat.TryReadFrame(rest, out _, out var epoch, out var votes, out _))
        {
            foreach (var vote in votes)
            {
                var subject = (folder, epoch, vote.Kind, vote.Subject);
                if (!_votes.TryAdd(subject, vote.Digest) && _votes[subject] != vote.Digest)
                {
                    Violations.Add(
                        $"{Path.GetFileName(folder)} voted twice in epoch {epoch} on {vote.Kind} {vote.Subject}: {_votes[subject]}, and "
                            + $"then {vote.Digest}."
                    );
                }
            }
            rest = rest[VoteLogFormat.SizeOfFrame(votes.Length)..];
        }
    }
}
