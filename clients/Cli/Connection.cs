using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Marketplace.Cli;

/// <summary>Finds out which service a command talks to, and with which key.</summary>
internal sealed class Connection(Invocation run)
{
    /// <summary>A person waits: fewer and shorter pauses than a program's client makes.</summary>
    private const int Retries = 3;

    private const string CaHint = "Give the PEM file of the service's authority with --ca or MARKET_CA.";

    private readonly DataFolder _folder = new(run.DataPath);

    public DataFolder Folder => _folder;

    public bool UrlIsGiven => run.UrlOption is not null;

    public bool KeyIsGiven => run.KeyOption is not null;

    public MarketplaceClient MakeClient() => MakeClient(FindUrl(), FindKey());

    public MarketplaceClient MakeClient(Uri url, string? key)
    {
        if (key is not null && url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback && !run.AllowPlaintext)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"The key is not sent over plain HTTP to another machine ({url}).",
                    "Use https, or --allow-plaintext if the network is yours."
                )
            );
        }
        try
        {
            return new MarketplaceClient(
                new MarketplaceClientOptions
                {
                    Url = url,
                    Key = key,
                    AllowPlaintext = run.AllowPlaintext,
                    TrustedAuthorities = ReadAuthorities(),
                    Retries = Retries,
                    TimeProvider = run.Surroundings.Clock,
                    Handler = run.Surroundings.Network,
                }
            );
        }
        catch (ArgumentException wrong)
        {
            throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", wrong.Message, "Check --url and --key, or the files url and key of the data folder."),
                wrong
            );
        }
    }

    private X509Certificate2Collection? ReadAuthorities()
    {
        if (run.CaPath is not { } path)
        {
            return null;
        }
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", $"'{path}' cannot be read as certificates: {wrong.Message}", CaHint),
                wrong
            );
        }
        return authorities.Count > 0
            ? authorities
            : throw new CommandException(new Failure(ExitCodes.Usage, "usage", $"'{path}' holds no certificate.", CaHint));
    }

    public Uri FindUrl()
    {
        if (run.UrlOption is not { } text)
        {
            return _folder.ReadUrl();
        }
        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            ? url
            : throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", $"'{text}' is not an address.", "Expected for example http://127.0.0.1:8080.")
            );
    }

    /// <summary>
    /// The key of ./data is for the silo on this machine: it is not sent to another one whose address was given without naming a folder.
    /// </summary>
    public string FindKey()
    {
        if (run.KeyOption is { } key)
        {
            return key;
        }
        if (!UrlIsGiven || run.DataIsGiven || FindUrl().IsLoopback)
        {
            return _folder.ReadKey();
        }
        throw new CommandException(
            new Failure(
                ExitCodes.Usage,
                "usage",
                $"There is no key for {run.UrlOption}.",
                "Give --key or MARKET_KEY, or --data with the data folder of that service."
            )
        );
    }
}
