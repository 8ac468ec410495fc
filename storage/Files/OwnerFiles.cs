namespace Marketplace.Storage;

/// <summary>
/// Small files that only their owner may read: keys and what stands beside them. A file is written whole or not at all, and is on the disk
/// under its name when the call returns: what is then said elsewhere of a key, such as whose account it is, can rely on it.
/// </summary>
public sealed class OwnerFiles(IJournalFiles files)
{
    private const string PartSuffix = ".new";

    /// <summary>The files of a folder, which is made where it is missing: for its owner only, and durably.</summary>
    public static OwnerFiles In(string folder) => new(new RealFiles(folder, isOwnersOnly: true));

    /// <summary>Writes a file, or replaces it.</summary>
    /// <exception cref="IOException">After this, either the old file or the new one is there.</exception>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        var part = name + PartSuffix;
        // Left behind by a process that ended here.
        if (files.List().Contains(part))
        {
            files.Delete(part);
        }
        using (var file = files.Create(part, 0))
        {
            file.Write(0, content);
            file.Flush();
        }
        files.Rename(part, name);
        files.FlushFolder();
    }

    /// <summary>Deletes a file, durably; nothing happens where there is none.</summary>
    public void Delete(string name)
    {
        files.Delete(name);
        files.FlushFolder();
    }

    /// <summary>
    /// Makes durable that the folder's files are there. Call it before relying on a file of an earlier process, which may have ended
    /// between the renaming and its flush.
    /// </summary>
    public void Harden() => files.FlushFolder();
}
