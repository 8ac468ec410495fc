using System.IO.Compression;

namespace Marketplace.Storage.Backup;

/// <summary>
/// A store as a build left it whose journal had no times: format-1.zip holds tables, archive and segments, the last of them not closed, and
/// a list of what was acknowledged.
/// </summary>
internal static class OldStore
{
    private static string Zip => Path.Combine(AppContext.BaseDirectory, "format-1.zip");

    public static void Unpack(string store)
    {
        using var zip = ZipFile.OpenRead(Zip);
        foreach (var file in zip.Entries.Where(entry => entry.FullName.StartsWith("store/", StringComparison.Ordinal)))
        {
            var path = Path.Combine(store, file.FullName["store/".Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            file.ExtractToFile(path);
        }
    }

    /// <returns>In the form of <see cref="CopiedNode.Everything(string)"/>.</returns>
    public static IReadOnlyList<string> Contents()
    {
        using var zip = ZipFile.OpenRead(Zip);
        using var lines = new StreamReader(zip.GetEntry("contents")!.Open());
        return lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
