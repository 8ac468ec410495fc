using System.Text;

namespace Marketplace.Storage;

/// <summary>
/// A data folder that was made of another node's data has the other's keys. Two nodes that sign as one market would contradict each
/// other, so a silo does not start on it until its operator has said that the other one does not run any more.
/// </summary>
public static class RestoredMark
{
    internal const string FileName = "restored";

    /// <summary>What an import says that brought keys along.</summary>
    internal const string Imported = "was imported from the export of another node, with its keys";

    /// <param name="data">The data folder.</param>
    /// <param name="origin">Where its data is from: the rest of a sentence that begins with "The data".</param>
    public static void Write(string data, string origin) => OwnerFiles.In(data).Write(FileName, Encoding.UTF8.GetBytes(origin + "\n"));

    /// <returns>Where the data is from; null where a silo may start.</returns>
    public static string? Read(string data)
    {
        var path = Path.Combine(data, FileName);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    /// <summary>Also where a process ended while it wrote the mark.</summary>
    internal static bool IsOrWillBeIn(string data) => Directory.EnumerateFiles(data, FileName + "*").Any();

    /// <summary>A silo may start from now on.</summary>
    public static void Clear(string data) => OwnerFiles.In(data).Delete(FileName);
}
