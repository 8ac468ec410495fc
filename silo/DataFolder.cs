using Marketplace.Crypto;

namespace Marketplace.Silo;

/// <summary>
/// The silo's folder: <c>account.key</c> and <c>worker.key</c> (Ed25519 seeds in hexadecimal), <c>key</c> (the local account's API key),
/// <c>url</c>, and the folders <c>store</c> and <c>blobs</c>. Readable by its owner only.
/// </summary>
public sealed class DataFolder
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode SecretMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const string AccountKey = "account.key";
    public const string WorkerKey = "worker.key";
    public const string ApiKey = "key";
    public const string Url = "url";

    /// <exception cref="SiloOptionsException">The folder exists and others may enter it, or it cannot be made.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(Path);
            else
                Directory.CreateDirectory(Path, FolderMode);
        }
        catch (IOException failure)
        {
            throw new SiloOptionsException($"{Path} cannot be made a folder: {failure.Message} Choose another one with --data.");
        }
        if (OperatingSystem.IsWindows())
            return;
        if ((File.GetUnixFileMode(Path) & ~FolderMode) != 0)
            throw new SiloOptionsException($"{Path} may be entered by others than its owner, and it holds keys. Run 'chmod 700 {Path}' and start again.");
    }

    public string Path { get; }

    public string Store => System.IO.Path.Combine(Path, "store");

    public string Blobs => System.IO.Path.Combine(Path, "blobs");

    /// <summary>The key pair of a seed file; the first start makes it.</summary>
    public Ed25519KeyPair KeyPair(string name)
    {
        var file = System.IO.Path.Combine(Path, name);
        if (!File.Exists(file))
            Write(name, Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Bytes32.Size)));
        RefuseLoose(file);
        return Bytes32.TryParse(File.ReadAllText(file).AsSpan().Trim(), out var seed)
            ? new Ed25519KeyPair(seed.ToArray())
            : throw new SiloOptionsException(
                $"{file} does not hold a key: expected 64 hexadecimal digits. Restore it from a backup; a new key is a new account.");
    }

    public bool Has(string name) => File.Exists(System.IO.Path.Combine(Path, name));

    /// <summary>Writes a small file that only its owner may read, whole or not at all.</summary>
    public void Write(string name, string text)
    {
        var file = System.IO.Path.Combine(Path, name);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = SecretMode;
        using (var stream = new FileStream(file + ".new", options))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n"));
            stream.Flush(flushToDisk: true);
        }
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    private static void RefuseLoose(string file)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~SecretMode) != 0)
            throw new SiloOptionsException($"{file} may be read by others than its owner. Run 'chmod 600 {file}' and start again.");
    }
}
