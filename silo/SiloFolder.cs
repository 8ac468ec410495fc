using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The silo's folder: <c>account.key</c>, <c>worker.key</c> and <c>market.key</c> (<see cref="KeyFile"/>), <c>key</c> (the local account's
/// API key), <c>url</c>, <c>isolation</c> (where the worker inside runs programs), <c>committee.votes*</c> (its key for committees, with
/// its votes) and <c>committee.lock</c>, and the folders <c>store</c> and <c>blobs</c>. Readable by its owner only.
/// </summary>
public sealed class SiloFolder
{
    public const string AccountKey = "account.key";
    public const string WorkerKey = "worker.key";
    public const string MarketKey = "market.key";
    public const string ApiKey = "key";
    public const string Url = "url";
    public const string Isolation = "isolation";

    private readonly OwnerFiles _files;

    /// <exception cref="SiloOptionsException">The folder exists and others may enter it, or it cannot be made.</exception>
    public SiloFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            _files = OwnerFiles.In(Path);
        }
        catch (IOException failure)
        {
            throw new SiloOptionsException($"{Path} cannot be made a folder: {failure.Message} Choose another one with --data.");
        }
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        if ((File.GetUnixFileMode(Path) & ~OwnerFile.FolderMode) != 0)
        {
            throw new SiloOptionsException(
                $"{Path} may be entered by others than its owner, and it holds keys. Run 'chmod 700 {Path}' and start again."
            );
        }
    }

    public string Path { get; }

    public string Store => System.IO.Path.Combine(Path, "store");

    public string Blobs => System.IO.Path.Combine(Path, "blobs");

    /// <summary>The key pair of a key file; the first start makes it. The file is durable: its account may be named elsewhere.</summary>
    /// <exception cref="SiloOptionsException">The file is there and cannot be used.</exception>
    public Ed25519KeyPair KeyPair(string name)
    {
        var file = System.IO.Path.Combine(Path, name);
        try
        {
            return File.Exists(file) ? KeyFile.Open(file) : KeyFile.Create(file);
        }
        catch (KeyFileException failure)
        {
            throw new SiloOptionsException(failure.Message);
        }
    }

    public bool Has(string name) => File.Exists(System.IO.Path.Combine(Path, name));

    /// <inheritdoc cref="OwnerFiles.Write"/>
    public void Write(string name, string text) => _files.Write(name, System.Text.Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>What <see cref="Write"/> has written; null: there is no such file.</summary>
    public string? Read(string name)
    {
        var file = System.IO.Path.Combine(Path, name);
        return File.Exists(file) ? File.ReadAllText(file).TrimEnd() : null;
    }

    public void Delete(string name) => _files.Delete(name);
}
