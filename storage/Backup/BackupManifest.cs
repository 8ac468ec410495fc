using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>A file of a backup, by its path inside.</summary>
internal readonly record struct BackupFile(string Path, Bytes32 Hash)
{
    /// <summary>As <c>b3sum</c> writes it.</summary>
    public override string ToString() => $"{Hash}  {Path}";
}

/// <summary>A copy of the tables, and the journal that follows it without a gap.</summary>
internal sealed record BackupChain
{
    public required long Number { get; init; }

    /// <summary>The record that the tables follow; their documents may be newer.</summary>
    public required long Folded { get; init; }

    /// <summary>The record up to which the journal must be replayed: what was folded before its turn is right then.</summary>
    public required long Complete { get; init; }

    public required long FirstSegment { get; init; }

    /// <summary>It was open when it was copied; what came behind is in a copy of the next run.</summary>
    public required long LastSegment { get; init; }

    public required long LastSequence { get; init; }

    /// <summary>The moments that can be restored lie between these two.</summary>
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }

    public string Folder => $"{BackupPolicy.ChainsFolder}/{Number}";
    public string Tables => $"{Folder}/{DataDirectory.TablesFile}";
    public string Archive => $"{Folder}/{DataDirectory.ArchiveFolder}/";
    public string Last => SegmentPath(LastSegment, LastSequence);

    public string SegmentPath(long number, long lastSequence) =>
        $"{Folder}/{DataDirectory.JournalFolder}/{number:d16}-{lastSequence}.journal";

    public string SegmentStart(long number) => $"{Folder}/{DataDirectory.JournalFolder}/{number:d16}-";
}

/// <summary>What a backup holds. Text; BACKUP.md has its form.</summary>
internal sealed partial record BackupManifest(string Id, IReadOnlyList<BackupChain> Chains, IReadOnlyList<BackupFile> Files)
{
    public const string FileName = "manifest";

    private const string Begin = "market backup 1";

    /// <summary>Some whole chains, and nothing that leads out of the folder.</summary>
    public static bool IsPath(string text) => PathForm().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal);

    public string Write()
    {
        var text = new StringBuilder($"{Begin}\nid {Id}\n");
        foreach (var chain in Chains)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"chain {chain.Number} {chain.Folded} {chain.Complete} {chain.FirstSegment} {chain.LastSegment} {chain.LastSequence} "
            );
            text.Append(CultureInfo.InvariantCulture, $"{BackupTime.Text(chain.From)} {BackupTime.Text(chain.To)}\n");
        }
        foreach (var file in Files)
        {
            text.Append(file).Append('\n');
        }
        var lines = text.ToString();
        return $"{lines}end {Blake3.Hash(Encoding.ASCII.GetBytes(lines))}\n";
    }

    /// <exception cref="BackupDamagedException">It is not what <see cref="Write"/> has written.</exception>
    public static BackupManifest Read(string path, string text)
    {
        var end = text.LastIndexOf("end ", StringComparison.Ordinal);
        if (end < 0 || text[end..] != $"end {Blake3.Hash(Encoding.ASCII.GetBytes(text[..end]))}\n")
        {
            throw new BackupDamagedException(path, "does not end with the hash of what stands before it.");
        }
        var lines = text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != Begin || !lines[1].StartsWith("id ", StringComparison.Ordinal))
        {
            throw new BackupDamagedException(
                path,
                $"does not begin with '{Begin}' and an id: it is of another program, or of a newer one."
            );
        }
        var chains = lines.Skip(2).TakeWhile(line => line.StartsWith("chain ", StringComparison.Ordinal)).ToList();
        var files = lines.Skip(2 + chains.Count);
        return new(lines[1][3..], [.. chains.Select(line => Chain(path, line))], [.. files.Select(line => File(path, line))]);
    }

    public static BackupFile File(string path, string line) =>
        line.Split("  ") is [var hash, var file] && Bytes32.TryParse(hash, out var value) && IsPath(file)
            ? new BackupFile(file, value)
            : throw new BackupDamagedException(path, $"has the line '{line}', which is no hash and path.");

    private static BackupChain Chain(string path, string line)
    {
        var words = line.Split(' ');
        try
        {
            long Number(int at) => long.Parse(words[at], NumberStyles.None, CultureInfo.InvariantCulture);
            return new BackupChain
            {
                Number = Number(1),
                Folded = Number(2),
                Complete = Number(3),
                FirstSegment = Number(4),
                LastSegment = Number(5),
                LastSequence = Number(6),
                From = BackupTime.Parse(words[7]),
                To = BackupTime.Parse(words[8]),
            };
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new BackupDamagedException(path, $"has the line '{line}', which is no chain.");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-][A-Za-z0-9._/-]{0,199}$")]
    private static partial Regex PathForm();
}
