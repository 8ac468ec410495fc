namespace Marketplace;

/// <summary>
/// The data directory of a silo on this machine, as far as clients may know it: the files <c>url</c> and <c>key</c>. A key that other
/// users can read is no secret, so folders beyond 0700 and files beyond 0600 are refused (not on Windows, which has no such modes).
/// </summary>
public sealed class DataFolder(string path)
{
    /// <summary>The file with the silo's address.</summary>
    public const string UrlFile = "url";

    /// <summary>The file with the key of the silo's own account.</summary>
    public const string KeyFile = "key";

    /// <summary>The file that says where the worker inside the silo runs programs.</summary>
    public const string IsolationFile = "isolation";

    /// <summary>Each file holds one short line.</summary>
    private const int FileBytesMax = 4096;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Whether there is such a folder.</summary>
    public bool Exists => Directory.Exists(Path);

    /// <summary>Where the silo of this folder listens, or did when it last ran.</summary>
    /// <exception cref="DataFolderException">The file is missing or holds no address.</exception>
    public Uri ReadUrl()
    {
        var text = ReadLine(UrlFile);
        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            ? url
            : throw new DataFolderException(
                $"{FullName(UrlFile)} holds no address. Start the silo again, which writes it anew, or give the address yourself."
            );
    }

    /// <summary>The key of the silo's own account.</summary>
    /// <exception cref="DataFolderException">The file is missing, empty, or open to other users.</exception>
    public string ReadKey()
    {
        CheckMode(Path, "0700", isFolder: true);
        CheckMode(FullName(KeyFile), "0600", isFolder: false);
        var text = ReadLine(KeyFile);
        return text.Length > 0
            ? text
            : throw new DataFolderException(
                $"{FullName(KeyFile)} is empty. Give another key, or remove the file and start the silo again."
            );
    }

    /// <summary>
    /// Where the worker inside the silo runs programs, and why not in a stricter place; null where it has none, or has not said so yet.
    /// </summary>
    /// <exception cref="DataFolderException">The file cannot be read.</exception>
    public string? FindIsolation() => File.Exists(FullName(IsolationFile)) ? ReadLine(IsolationFile) : null;

    private string FullName(string file) => System.IO.Path.Combine(Path, file);

    private string ReadLine(string file)
    {
        var name = FullName(file);
        try
        {
            using var stream = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > FileBytesMax)
            {
                throw new DataFolderException(
                    $"{name} has {stream.Length} bytes, expected one short line (at most {FileBytesMax}). "
                        + "Is this the data directory of a silo?"
                );
            }
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().Trim();
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // Of the silos of a cluster one has the operator's key; the others have an address only.
            var advice =
                file == KeyFile && File.Exists(FullName(UrlFile))
                    ? "The silo of this data directory serves a cluster whose first silo has the operator's key. Name that silo's "
                        + "directory, or give a key."
                    : "Start a silo with this data directory, or name another one.";
            throw new DataFolderException($"There is no {name}. {advice}", missing);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"{name} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static void CheckMode(string name, string expected, bool isFolder)
    {
        if (OperatingSystem.IsWindows() || !(isFolder ? Directory.Exists(name) : File.Exists(name)))
        {
            return;
        }
        var mode = File.GetUnixFileMode(name);
        if ((mode & Others) == 0)
        {
            return;
        }
        var seen = Convert.ToString((int)mode, 8).PadLeft(4, '0');
        throw new DataFolderException(
            $"{name} has the mode {seen}, so other users of this machine can reach the key. Run 'chmod {expected} {name}', "
                + "and if they may have read it, make a new key and revoke this one."
        );
    }
}

/// <summary>A data directory cannot be used; the message says why and what to do.</summary>
public sealed class DataFolderException(string message, Exception? cause = null) : Exception(message, cause);
