using System.Globalization;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// A worker's folder, for its owner only: <c>worker.key</c>, which earns; <c>market</c>, the market that it works for;
/// <c>url</c> and <c>key</c>, with which <c>market account show</c> finds what it has earned; <c>cache</c>; <c>committee.votes*</c>, its
/// key for committees with its votes (VOTES.md), and <c>committee.lock</c>; and <c>lock</c>. The first start makes them; another market's
/// worker has another folder.
/// </summary>
internal sealed class WorkerFolder : IMarketPin, IDisposable
{
    public const string KeyName = "worker.key";
    public const string MarketFile = "market";
    private const string LockFile = "lock";

    /// <summary>A key, the longest number of a chain and a contract are 128 characters; room for an editor's white space.</summary>
    private const int MarketFileBytesMax = 256;

    private readonly FileStream _lock;

    private WorkerFolder(string path, FileStream taken, Ed25519KeyPair key, Bytes32? known, MarketDomain? domain) =>
        (FullPath, _lock, Key, Known, Domain) = (path, taken, key, known, domain);

    public string FullPath { get; }

    public string Cache => Path.Combine(FullPath, "cache");

    public Ed25519KeyPair Key { get; }

    public Bytes32? Known { get; private set; }

    public MarketDomain? Domain { get; private set; }

    /// <summary>The API key that the account's opening gave; null before that.</summary>
    public string? ApiKey => ReadLine(DataFolder.KeyFile);

    /// <param name="folder">Made where it is not there.</param>
    /// <param name="passphrase">Encrypts a new key, and opens one that is encrypted.</param>
    /// <param name="market">The market's key, where the caller knows it.</param>
    /// <exception cref="UsageException">The folder or a file of it cannot be used; the message says why.</exception>
    public static WorkerFolder Open(string folder, string? passphrase, Bytes32? market)
    {
        var path = Path.GetFullPath(folder);
        FileStream? taken = null;
        try
        {
            Make(path);
            taken = Take(path);
            var known = ReadMarket(Path.Combine(path, MarketFile));
            if (market is { } given && known?.Market is { } kept && given != kept)
            {
                throw new UsageException(
                    $"--market-key is {given}, and {Path.Combine(path, MarketFile)} has {kept}. Choose another --data."
                );
            }
            var file = Path.Combine(path, KeyName);
            var key = File.Exists(file) ? KeyFile.Open(file, passphrase) : KeyFile.Create(file, passphrase);
            return new WorkerFolder(path, taken, key, market ?? known?.Market, known);
        }
        catch (Exception failure)
        {
            taken?.Dispose();
            throw failure is KeyFileException or IOException or UnauthorizedAccessException ? new UsageException(failure.Message) : failure;
        }
    }

    /// <summary>The key, and behind it chain and contract where the market settles on one.</summary>
    public void Keep(MarketDomain domain)
    {
        WriteLine(MarketFile, domain.Settles ? $"{domain.Market} {domain.ChainId} {domain.Contract}" : $"{domain.Market}");
        (Known, Domain) = (domain.Market, domain);
    }

    /// <summary>What the commands of <c>market</c> need to reach the account.</summary>
    public void KeepAccess(Uri url, string apiKey)
    {
        WriteLine(DataFolder.UrlFile, url.ToString());
        WriteLine(DataFolder.KeyFile, apiKey);
    }

    public void Dispose()
    {
        Key.Dispose();
        _lock.Dispose();
    }

    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }
        Directory.CreateDirectory(path, OwnerFile.FolderMode);
        if ((File.GetUnixFileMode(path) & ~OwnerFile.FolderMode) != 0)
        {
            throw new UsageException($"{path} may be entered by others than its owner, and it holds a key. Run 'chmod 700 {path}'.");
        }
    }

    /// <summary>Two processes with one key would take each other's place. The system frees it however the process ends.</summary>
    private static FileStream Take(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken is not DirectoryNotFoundException)
        {
            throw new UsageException(
                $"{path} is in use by another worker. End that one, or give this one a folder of its own with --data."
            );
        }
    }

    private static MarketDomain? ReadMarket(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }
        var words = new FileInfo(file).Length <= MarketFileBytesMax ? File.ReadAllText(file).Trim().Split(' ') : [];
        var domain =
            words.Length is not (1 or 3) || !Bytes32.TryParse(words[0], out var market) ? null
            : words.Length == 1 ? new MarketDomain(market)
            : ulong.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var chain)
            && EvmAddress.TryParse(words[2], out var contract)
                ? new MarketDomain(market, chain, contract)
            : null;
        return domain is { IsWhole: true }
            ? domain
            : throw new UsageException(
                $"{file} does not hold a market's key, 64 hexadecimal digits, and behind it chain and contract where it settles on one. "
                    + "Restore it, or remove it to meet the market anew."
            );
    }

    private string? ReadLine(string name)
    {
        var file = Path.Combine(FullPath, name);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    /// <summary>Whole or not at all, and durable when this returns.</summary>
    private void WriteLine(string name, string line)
    {
        var file = Path.Combine(FullPath, name);
        var part = file + ".new";
        // Left behind by a process that ended here; the lock says that none is at it now.
        File.Delete(part);
        using (var stream = OwnerFile.Create(part, bufferBytes: 0))
        {
            stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            stream.Flush(flushToDisk: true);
        }
        File.Move(part, file, overwrite: true);
        FolderFlush.Flush(FullPath);
    }
}
