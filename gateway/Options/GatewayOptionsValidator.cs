using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// Refuses options that would switch a guard off or could never work. Every message names the option, the value and the bound.
/// </summary>
public sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    private const int EventStreamsLimit = 100_000;
    private static readonly TimeSpan TimeMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TimeMax = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        Number(failures, nameof(options.AddressRequestsPerSecond), options.AddressRequestsPerSecond, 1, 1_000_000);
        Number(failures, nameof(options.AddressRequestsBurst), options.AddressRequestsBurst, 1, 10_000_000);
        Number(failures, nameof(options.AccountRequestsPerSecond), options.AccountRequestsPerSecond, 1, 1_000_000);
        Number(failures, nameof(options.AccountRequestsBurst), options.AccountRequestsBurst, 1, 10_000_000);
        Number(failures, nameof(options.AddressOpeningsPerMinute), options.AddressOpeningsPerMinute, 1, 1_000_000);
        Number(failures, nameof(options.AddressOpeningsBurst), options.AddressOpeningsBurst, 1, 1_000_000);
        Number(failures, nameof(options.OpeningsPerMinute), options.OpeningsPerMinute, 1, 1_000_000);
        Number(failures, nameof(options.OpeningsBurst), options.OpeningsBurst, 1, 10_000_000);
        Number(failures, nameof(options.BlobBytesMax), options.BlobBytesMax, 1, 1L << 44);
        Number(failures, nameof(options.AccountTransfersMax), options.AccountTransfersMax, 1, 10_000);
        Number(failures, nameof(options.MemoryBytesMax), options.MemoryBytesMax, GatewayPolicy.MemoryBytesMin, 1L << 40);
        Number(failures, nameof(options.AccountWaitsMax), options.AccountWaitsMax, 1, 1_000_000);
        Number(failures, nameof(options.ConnectionsMax), options.ConnectionsMax, 1, 1_000_000);
        Number(failures, nameof(options.WorkerLinksMax), options.WorkerLinksMax, 1, 1_000_000);
        Number(failures, nameof(options.AddressWorkerLinksMax), options.AddressWorkerLinksMax, 1, 1_000_000);
        Number(failures, nameof(options.WorkerMemoryBytesMax), options.WorkerMemoryBytesMax, GatewayPolicy.LinkMemoryBytesMax, 1L << 40);
        Number(failures, nameof(options.EventStreamsMax), options.EventStreamsMax, 1, EventStreamsLimit);
        Number(failures, nameof(options.AccountEventStreamsMax), options.AccountEventStreamsMax, 1, 10_000);
        Number(failures, nameof(options.EventStreamBytesMax), options.EventStreamBytesMax, GatewayPolicy.EventStreamBytesMin, 1 << 30);
        var guaranteed = (long)Math.Clamp(options.EventStreamsMax, 1, EventStreamsLimit) * GatewayPolicy.EventStreamBytesMin;
        Number(failures, nameof(options.EventMemoryBytesMax), options.EventMemoryBytesMax, guaranteed, 1L << 40);
        Number(failures, nameof(options.BytesPerSecondMin), options.BytesPerSecondMin, 1, 1 << 30);
        Time(failures, nameof(options.EventHeartbeat), options.EventHeartbeat);
        Time(failures, nameof(options.RequestTimeout), options.RequestTimeout);
        Time(failures, nameof(options.HeadersTimeout), options.HeadersTimeout);
        Time(failures, nameof(options.IdleTimeout), options.IdleTimeout);
        Hosts(failures, options.AllowedHosts);
        Proxies(failures, options.TrustedProxies);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Number(List<string> failures, string name, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"GatewayOptions.{name} is {value}: it must be from {min} to {max}."));
        }
    }

    private static void Time(List<string> failures, string name, TimeSpan value)
    {
        if (value < TimeMin || value > TimeMax)
        {
            failures.Add($"GatewayOptions.{name} is {value}: it must be from {TimeMin} to {TimeMax}.");
        }
    }

    private static void Proxies(List<string> failures, IReadOnlyList<string>? proxies)
    {
        if (proxies is null)
        {
            failures.Add("GatewayOptions.TrustedProxies is null: it must be a list, which may be empty.");
            return;
        }
        failures.AddRange(
            proxies
                .Where(proxy => !IPAddress.TryParse(proxy, out _))
                .Select(proxy => $"GatewayOptions.TrustedProxies has '{proxy}': it must be an IP address, for example '10.0.0.1'.")
        );
    }

    private static void Hosts(List<string> failures, IReadOnlyList<string>? hosts)
    {
        if (hosts is null)
        {
            failures.Add("GatewayOptions.AllowedHosts is null: it must be a list, which may be empty.");
            return;
        }
        foreach (var host in hosts)
        {
            if (string.IsNullOrEmpty(host) || Uri.CheckHostName(host) == UriHostNameType.Unknown)
            {
                failures.Add(
                    $"GatewayOptions.AllowedHosts has '{host}': it must be a host name or an address, without scheme, port and "
                        + "wildcard, for example 'market.example.org'."
                );
            }
        }
    }
}
