namespace Marketplace.Storage;

/// <summary>Where the files of a blob lie: <c>ab/cdef….data</c> and <c>ab/cdef….tree</c>, by the first two digits of the id.</summary>
internal sealed class BlobFiles(string folder)
{
    public const string DataEnding = ".data";
    public const string TreeEnding = ".tree";

    private const int PrefixDigits = 2;

    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>What is being written and has no id yet.</summary>
    public string Incoming => Path.Combine(Folder, "incoming");

    /// <summary>A name in <see cref="Incoming"/>, without an ending, that no process ever gives again.</summary>
    public string NewIncoming() => Path.Combine(Incoming, $"{Guid.NewGuid():n}");

    public string FolderOf(BlobId id) => Path.Combine(Folder, id.Value.ToString()[..PrefixDigits]);

    public string Data(BlobId id) => PathOf(id, DataEnding);

    public string Tree(BlobId id) => PathOf(id, TreeEnding);

    /// <summary>Every file with the given ending whose place is that of a blob; others are not the store's.</summary>
    public IEnumerable<(BlobId Id, FileInfo File)> Enumerate(string ending)
    {
        foreach (var fan in Fans())
        {
            foreach (var file in fan.EnumerateFiles("*" + ending).OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                if (Bytes32.TryParse(fan.Name + Path.GetFileNameWithoutExtension(file.Name), out var value))
                {
                    yield return (new BlobId(value), file);
                }
            }
        }
    }

    /// <summary>The folders that blobs lie in.</summary>
    public IEnumerable<DirectoryInfo> Fans() =>
        new DirectoryInfo(Folder)
            .EnumerateDirectories()
            .Where(fan => fan.Name.Length == PrefixDigits)
            .OrderBy(fan => fan.Name, StringComparer.Ordinal);

    private string PathOf(BlobId id, string ending)
    {
        var digits = id.Value.ToString();
        return Path.Combine(Folder, digits[..PrefixDigits], digits[PrefixDigits..] + ending);
    }
}
