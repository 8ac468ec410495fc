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
    public virtual Task<Health> Live(CancellationToken cancellation = default) => Ask(Routes.HealthLive, cancellation);

    /// <summary>It takes work; if not, the answer says why.</summary>
    public virtual Task<Health> Ready(CancellationToken cancellation = default) => Ask(Routes.HealthReady, cancellation);

    private async Task<Health> Ask(string path, CancellationToken cancellation)
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
                var health = await _transport.ReadJson<Health>(response, deadline.Token).ConfigureAwait(false);
                return health with { AnsweredAt = response.Headers.Date };
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
