using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>What an import left to do in an embedded store: one word in the file <c>import</c> of its folder.</summary>
internal enum ImportState
{
    /// <summary>No import, or one whose work is done.</summary>
    None = 0,

    /// <summary>Under way, or broken off: the store must not be used.</summary>
    Unfinished = 1,

    /// <summary>
    /// All is there but the read model, which only a process that knows the documents can make: it does when it opens the store.
    /// </summary>
    Unlisted = 2,
}

internal static class ImportMark
{
    private const string FileName = "import";

    public static ImportState Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return ImportState.None;
        }
        // A file without its word is one that was being written: nothing had come after it.
        return File.ReadAllText(path).Trim() == nameof(ImportState.Unlisted) ? ImportState.Unlisted : ImportState.Unfinished;
    }

    public static void Write(string folder, ImportState state)
    {
        var path = Path.Combine(folder, FileName);
        using (var file = File.Create(path + ".new"))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(state + "\n"));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        FolderFlush.Flush(folder);
    }

    public static void Clear(string folder)
    {
        File.Delete(Path.Combine(folder, FileName));
        FolderFlush.Flush(folder);
    }
}
