using System.Globalization;
using System.Text;

namespace Marketplace.Storage;

/// <summary>
/// The marks that backups leave in the journal's folder: one file a backup, named after it, with the number of the last segment that it
/// needs no more. While there is one, folded segments are kept.
/// </summary>
internal sealed class BackupMarks(string journal)
{
    private const string Ending = ".backup";

    private readonly RealFiles _files = new(journal);

    public static bool IsMark(string file) => file.EndsWith(Ending, StringComparison.Ordinal);

    /// <returns>Null: this journal's node was never copied to that backup.</returns>
    public long? Read(string backup)
    {
        var path = Path.Combine(journal, backup + Ending);
        return File.Exists(path) ? Number(path) : null;
    }

    public void Write(string backup, long copiedThrough)
    {
        var (name, part) = (backup + Ending, backup + ".backup-part");
        // Left behind by a run that ended here.
        _files.Delete(part);
        using (var file = _files.Create(part, 0))
        {
            file.Write(0, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{copiedThrough}\n")));
            file.Flush();
        }
        _files.Rename(part, name);
        _files.FlushFolder();
    }

    /// <summary>Deletes the folded segments that no backup needs.</summary>
    public void DeleteCopied()
    {
        var names = _files.List();
        var through = names.Where(IsMark).Select(name => Number(Path.Combine(journal, name))).Min();
        foreach (var name in names.Where(name => JournalFormat.FoldedNumber(name) <= through))
        {
            _files.Delete(name);
        }
    }

    private static long Number(string path) =>
        long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BackupRefusedException($"'{path}' holds no number. Remove it, and take the next backup into a new folder.");
}
