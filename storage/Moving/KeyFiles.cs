using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// The key files of a data folder. Every user who can read them has the accounts, so a folder that others may enter gets none: a silo would
/// refuse to start on it.
/// </summary>
public static class KeyFiles
{
    /// <summary>What a silo keeps: the seeds of its account, its worker and its market, and the local account's API key.</summary>
    public static IReadOnlyList<string> Names { get; } = ["account.key", "worker.key", "market.key", "key"];

    /// <returns>Those that the folder has.</returns>
    public static IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Read(string folder)
    {
        var found = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        foreach (var name in Names)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                continue;
            }
            if (new FileInfo(path).Length > MovePolicy.SecretBytesMax)
            {
                throw new MoveRefusedException($"'{path}' is no key file: it has more than {MovePolicy.SecretBytesMax} bytes.");
            }
            found.Add(new(name, File.ReadAllBytes(path)));
        }
        return found;
    }

    internal static void RefuseLooseFolder(string folder)
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(folder) && (File.GetUnixFileMode(folder) & ~OwnerFile.FolderMode) != 0)
        {
            throw new MoveRefusedException(
                $"'{folder}' may be entered by others than its owner, and keys are to go there. Run 'chmod 700 {folder}'."
            );
        }
    }

    /// <summary>Writes a key file that must not exist.</summary>
    internal static void Write(string folder, string name, ReadOnlySpan<byte> content)
    {
        if (File.Exists(Path.Combine(folder, name)))
        {
            throw new IOException($"'{Path.Combine(folder, name)}' exists: another process made it while the import was under way.");
        }
        OwnerFiles.In(folder).Write(name, content);
    }
}
