using System.Net;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>Whether the service lives and is ready. Needs no key, and is not repeated: the answer is about now.</summary>
public class HealthClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected HealthClient() => _transport = null!;

    internal HealthClient(HttpTransport transport) => _transport = transport;

    /// <summary>The process answers.</summary>
    public virtual async Task<Health> Live(CancellationToken cancellation = default) =>
        (await Ask(Routes.HealthLive, cancellation).ConfigureAwait(false)).Health;

    /// <summary>It takes work; if not, the answer says why.</summary>
    public virtual async Task<Health> Ready(CancellationToken cancellation = default) =>
        (await Ask(Routes.HealthReady, cancellation).ConfigureAwait(false)).Health;

    /// <summary>The service's clock, in whole seconds (RFC 9110, Date), ready or not; null where it does not tell.</summary>
    public virtual async Task<DateTimeOffset?> Clock(CancellationToken cancellation = default) =>
        (await Ask(Routes.HealthReady, cancellation).ConfigureAwait(false)).At;

    private async Task<(Health Health, DateTimeOffset? At)> Ask(string path, CancellationToken cancellation)
    {
        var time = _transport.Options.RequestTimeout;
        using var deadline = new Deadline(time, _transport.Options.TimeProvider, cancellation);
        using var request = _transport.Request(HttpMethod.Get, path);
        request.Headers.Authorization = null;
        using var response = await _transport.Open(request, deadline, cancellation, anyStatus: true).ConfigureAwait(false);
        try
        {
            // Not ready is an answer too.
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return (await _transport.ReadJson<Health>(response, deadline.Token).ConfigureAwait(false), response.Headers.Date);
            }
            throw await ProblemReader
                .Read(response, _transport.Url, _transport.Options.TimeProvider.GetUtcNow(), deadline.Token)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (_transport.Explain(failure, deadline, time, cancellation) is { } explained)
        {
            throw explained;
        }
    }
}
