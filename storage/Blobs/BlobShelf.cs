using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// How files come to their place and leave it while other processes, perhaps on other machines, do the same. Nothing here needs a lock,
/// only that a file system renames and links in one step:
/// <list type="bullet">
/// <item>A writer renames its own, young file over whatever is there. The bytes are the same, for the name is their hash.</item>
/// <item>A deleter first renames the file to a name that only it knows ("takes" it), then looks how old it is, and puts back what is
/// young. So what was stored a moment before is found, and what is stored a moment after is not touched.</item>
/// <item>A reader that misses a file looks whether it was taken, and gives it its name back; so does the next collection with what a
/// crash left.</item>
/// </list>
/// </summary>
internal sealed class BlobShelf(BlobFiles files)
{
    private const string TakenEnding = ".taken";

    /// <summary>The file replaces what has the path.</summary>
    public static void Place(string file, string path) => File.Move(file, path, overwrite: true);

    /// <summary>Deletes the file at the path, unless it is as young as <paramref name="before"/> or younger.</summary>
    public bool DeleteIfOlder(string path, DateTimeOffset before)
    {
        if (AgeMark(path) is not { } seen || seen >= before || Take(path) is not { } taken)
        {
            return false;
        }
        if (AgeMark(taken) is { } mark && mark >= before)
        {
            GiveBack(taken, path);
            return false;
        }
        // Where it is gone, a reader that missed it, or a collection, has put it back.
        var isMine = File.Exists(taken);
        File.Delete(taken);
        return isMine;
    }

    /// <summary>Gives the path back a file that was taken from it, if there is one.</summary>
    /// <returns>True where the path is worth another look.</returns>
    public static bool Rescue(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            return false;
        }
        var taken = Directory.GetFiles(folder, Path.GetFileName(path) + ".*" + TakenEnding);
        // The youngest: another may be on its way out for good.
        foreach (var file in taken.OrderByDescending(file => AgeMark(file) ?? DateTimeOffset.MinValue))
        {
            HardLink.TryRename(file, path);
        }
        return taken.Length > 0;
    }

    /// <summary>Puts a young file back on its path, unless another process was faster, or a file at least as young has the path.</summary>
    public static void GiveBack(string taken, string path)
    {
        if (HardLink.TryRename(taken, path) || AgeMark(taken) is not { } mark)
        {
            return;
        }
        // What has the path by now may be older, given back by a reader that missed it: that must give way. Or it is of a put a moment ago,
        // whose pin is on its way, and must not become older.
        if (AgeMark(path) >= mark)
        {
            File.Delete(taken);
            return;
        }
        try
        {
            Place(taken, path);
        }
        catch (FileNotFoundException)
        {
            // Another process has put it back already.
        }
    }

    /// <summary>Whether a file that was taken from the path has not been deleted yet.</summary>
    public static bool IsBeingTaken(string path) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*" + TakenEnding).Any();

    /// <summary>
    /// Puts back what was taken and not deleted, or deletes it where its path has a file again. Its taker may have crashed; a taker that
    /// still runs only misses this deletion.
    /// </summary>
    public void PutBackAll(DateTimeOffset before)
    {
        foreach (var fan in files.Fans())
        {
            foreach (var taken in Directory.GetFiles(fan.FullName, "*" + TakenEnding))
            {
                PutBack(taken, before);
            }
        }
    }

    private static void PutBack(string taken, DateTimeOffset before)
    {
        // "NAME.data.NONCE.taken" came from "NAME.data".
        var path = Path.ChangeExtension(Path.ChangeExtension(taken, null), null);
        if (AgeMark(taken) is not { } mark)
        {
            return;
        }
        if (mark >= before)
        {
            GiveBack(taken, path);
        }
        else if (!HardLink.TryRename(taken, path))
        {
            File.Delete(taken); // An old one that finds its place filled is not needed.
        }
    }

    private static string? Take(string path)
    {
        var taken = $"{path}.{Guid.NewGuid():n}{TakenEnding}";
        try
        {
            File.Move(path, taken, overwrite: true);
            return taken;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// When the file was stored; null where there is none. By opening it: on a network file system that asks the server which file has the
    /// name now, where a look by name may answer from memory.
    /// </summary>
    private static DateTimeOffset? AgeMark(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
