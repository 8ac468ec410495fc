using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Marketplace;

/// <summary>What a <see cref="MarketplaceClient"/> needs to know. Checked when the client is made; later changes have no effect.</summary>
public sealed class MarketplaceClientOptions
{
    /// <summary>Where the service is, for example <c>http://127.0.0.1:8080</c>.</summary>
    public Uri? Url { get; set; }

    /// <summary>The API key, <c>id_secret</c>. Without one only <see cref="MarketplaceClient.Health"/>,
    /// <see cref="AccountsClient.Open"/> and <see cref="MarketClient.Info"/> answer.</summary>
    public string? Key { get; set; }

    /// <summary>Allows sending the key over plain HTTP to another machine, where every machine on the way can read it.</summary>
    public bool AllowPlaintext { get; set; }

    /// <summary>
    /// The authorities that may sign the service's certificate, in place of those that this machine trusts: for a service with a
    /// certificate of its own authority, or one that signed itself. Names and dates are checked as always.
    /// </summary>
    public X509Certificate2Collection? TrustedAuthorities { get; set; }

    /// <summary>How long making a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer may take, beyond the time that the request itself asks the service to wait.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an upload or a download may stand still.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts after the first, for requests that may be repeated; 0 to <see cref="SdkPolicy.RetriesMax"/>.</summary>
    public int Retries { get; set; } = 4;

    /// <summary>The pause before the first retry; each further one is twice as long, with up to half of it taken off by chance.</summary>
    public TimeSpan RetryDelayMin { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause, unless the service asks for more by Retry-After.</summary>
    public TimeSpan RetryDelayMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of pauses and time limits.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The chance in the pauses between retries and in request ids that the client makes.</summary>
    public Random Chance { get; set; } = Random.Shared;

    /// <summary>
    /// The most that a job may cost whose <see cref="JobSpec.PriceMax"/> is left out, in base units. Its price limit is then what the
    /// cheapest worker of the moment asks for all of its fuel; where that is more than this, the job is not submitted.
    /// </summary>
    public TokenAmount UnstatedPriceMax { get; set; } = SdkPolicy.UnstatedPriceMax;

    /// <summary>Where retries and lost event streams are logged; null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the requests instead of the client's own handler; disposed with the client.</summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>Options from the <c>url</c> and <c>key</c> files that a silo leaves in its data directory.</summary>
    /// <exception cref="DataFolderException">A file is missing, malformed, or open to other users.</exception>
    public static MarketplaceClientOptions FromDataFolder(string path)
    {
        var folder = new DataFolder(path);
        return new MarketplaceClientOptions { Url = folder.ReadUrl(), Key = folder.ReadKey() };
    }

    /// <summary>
    /// Options from a section of the configuration: <c>DataFolder</c>, or <c>Url</c> and <c>Key</c>, and the names of the other plain
    /// properties. A name that is none of them is a fault.
    /// </summary>
    /// <exception cref="ArgumentException">A name is unknown or a value is not of its form; the message says which.</exception>
    public static MarketplaceClientOptions FromConfiguration(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var options = new MarketplaceClientOptions();
        ConfiguredOptions.Apply(section, options);
        return options;
    }

    internal void Validate()
    {
        if (Url is null)
        {
            throw Invalid(nameof(Url), "is not set: give the address of the service, for example http://127.0.0.1:8080");
        }
        if (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeHttp && Url.Scheme != Uri.UriSchemeHttps))
        {
            throw Invalid(nameof(Url), $"is '{Url}': expected an absolute http or https address, for example http://127.0.0.1:8080");
        }
        if (Url.UserInfo.Length > 0 || Url.Query.Length > 0 || Url.Fragment.Length > 0)
        {
            throw Invalid(nameof(Url), "has a user name, a query or a fragment: expected scheme, host, port and at most a path");
        }
        if (Key is { Length: 0 } || Key?.AsSpan().ContainsAnyExceptInRange('!', '~') == true)
        {
            throw Invalid(nameof(Key), "is empty or holds a space or a character outside ASCII: expected the form id_secret");
        }
        if (Key is not null && Url.Scheme == Uri.UriSchemeHttp && !Url.IsLoopback && !AllowPlaintext)
        {
            throw Invalid(
                nameof(Url),
                $"is '{Url}': a key is not sent over plain HTTP to another machine. Use https, or set {nameof(AllowPlaintext)}"
            );
        }
        if (TrustedAuthorities is { Count: 0 })
        {
            throw Invalid(
                nameof(TrustedAuthorities),
                "is empty, so no certificate would be accepted: add the authority's, or leave it null"
            );
        }
        CheckPositive(nameof(ConnectTimeout), ConnectTimeout);
        CheckPositive(nameof(RequestTimeout), RequestTimeout);
        CheckPositive(nameof(StallTimeout), StallTimeout);
        CheckPositive(nameof(RetryDelayMin), RetryDelayMin);
        if (RetryDelayMax < RetryDelayMin || RetryDelayMax > SdkPolicy.RetryAfterMax)
        {
            throw Invalid(
                nameof(RetryDelayMax),
                $"is {RetryDelayMax}: expected {nameof(RetryDelayMin)} ({RetryDelayMin}) to {SdkPolicy.RetryAfterMax}"
            );
        }
        if (Retries is < 0 or > SdkPolicy.RetriesMax)
        {
            throw Invalid(nameof(Retries), $"is {Retries}: expected 0 to {SdkPolicy.RetriesMax}");
        }
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Chance);
    }

    private static void CheckPositive(string name, TimeSpan value)
    {
        // A day: a longer time is surely a mistake, and the platform's timers may not reach it.
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw Invalid(name, $"is {value}: expected more than zero and at most one day");
        }
    }

    private static ArgumentException Invalid(string property, string what) => new($"{nameof(MarketplaceClientOptions)}.{property} {what}.");
}
