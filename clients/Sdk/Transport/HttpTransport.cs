using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Sdk.Transport;

/// <summary>Sends requests, repeats those that may be repeated, and turns every failure into one of the client's exceptions.</summary>
internal sealed partial class HttpTransport : IDisposable
{
    private static readonly ProductInfoHeaderValue Agent = new(
        "marketplace-sdk",
        typeof(HttpTransport).Assembly.GetName().Version!.ToString(3)
    );

    private readonly HttpMessageInvoker _invoker;
    private readonly MarketplaceClientOptions _options;
    private readonly Backoff _backoff;
    private readonly ILogger _log;
    private readonly AuthenticationHeaderValue? _key;
    private readonly string _base;

    public HttpTransport(MarketplaceClientOptions options)
    {
        _options = options;
        _backoff = new Backoff(options);
        _log = options.LoggerFactory?.CreateLogger<MarketplaceClient>() ?? (ILogger)NullLogger.Instance;
        Url = options.Url!;
        _base = Url.AbsoluteUri.TrimEnd('/');
        _key = options.Key is null ? null : new AuthenticationHeaderValue("Bearer", options.Key);
        _invoker = new HttpMessageInvoker(options.Handler ?? MakeHandler(options), disposeHandler: true);
    }

    public Uri Url { get; }

    public MarketplaceClientOptions Options => _options;

    public Backoff Backoff => _backoff;

    public HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, new Uri(_base + path)) { Content = content };
        request.Headers.Authorization = _key;
        request.Headers.UserAgent.Add(Agent);
        return request;
    }

    /// <summary>A request without a body, answered in JSON.</summary>
    public Task<TAnswer> Ask<TAnswer>(
        HttpMethod method,
        string path,
        CancellationToken cancellation,
        Repeat repeat = Repeat.Safe,
        TimeSpan wait = default
    ) => Attempt(() => Request(method, path), ReadJson<TAnswer>, repeat, _options.RequestTimeout + wait, cancellation);

    /// <summary>A request with a JSON body, POST unless another method is named, answered in JSON.</summary>
    public async Task<TAnswer> Ask<TBody, TAnswer>(
        string path,
        TBody body,
        JsonTypeInfo<TBody> form,
        CancellationToken cancellation,
        Repeat repeat = Repeat.Safe,
        TimeSpan wait = default,
        HttpMethod? method = null
    )
    {
        using var bytes = RequestBody.Of(body, form);
        return await Attempt(
                () => Request(method ?? HttpMethod.Post, path, bytes.ToContent()),
                ReadJson<TAnswer>,
                repeat,
                _options.RequestTimeout + wait,
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>A request whose answer has no content.</summary>
    public Task Tell(HttpMethod method, string path, CancellationToken cancellation, Repeat repeat = Repeat.Safe) =>
        Attempt(() => Request(method, path), static (_, _) => Task.FromResult(true), repeat, _options.RequestTimeout, cancellation);

    /// <summary>Repeats a request until it is answered, refused for good, or out of attempts.</summary>
    /// <param name="make">Makes the request anew for each attempt.</param>
    /// <param name="read">Reads an answer of success, within the time limit.</param>
    public async Task<TResult> Attempt<TResult>(
        Func<HttpRequestMessage> make,
        Func<HttpResponseMessage, CancellationToken, Task<TResult>> read,
        Repeat repeat,
        TimeSpan time,
        CancellationToken cancellation
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? retryAfter = null;
            Exception failure;
            try
            {
                return await Once(make, read, attempt, time, cancellation).ConfigureAwait(false);
            }
            catch (MarketplaceException refused)
                when (MayRepeat(attempt, repeat) && refused.IsRetrySafe && !(refused.RetryAfter > SdkPolicy.RetryAfterMax))
            {
                (retryAfter, failure) = (refused.RetryAfter, refused);
            }
            catch (MarketplaceUnreachableException unreachable) when (MayRepeat(attempt, repeat))
            {
                // The pause below is the whole treatment: the next attempt makes a new connection.
                failure = unreachable;
            }
            Repeating(_log, attempt, _options.Retries, failure.Message);
            await _backoff.Wait(attempt, retryAfter, cancellation).ConfigureAwait(false);
        }
    }

    public bool MayRepeat(int attempt, Repeat repeat) => repeat == Repeat.Safe && attempt <= _options.Retries;

    /// <summary>One attempt, all of it within <paramref name="time"/>.</summary>
    private async Task<TResult> Once<TResult>(
        Func<HttpRequestMessage> make,
        Func<HttpResponseMessage, CancellationToken, Task<TResult>> read,
        int attempt,
        TimeSpan time,
        CancellationToken cancellation
    )
    {
        using var deadline = new Deadline(time, _options.TimeProvider, cancellation);
        using var trace = MarketplaceTrace.Begin(attempt);
        try
        {
            using var request = make();
            MarketplaceTrace.Describe(trace, request);
            using var response = await _invoker.SendAsync(request, deadline.Token).ConfigureAwait(false);
            MarketplaceTrace.Describe(trace, response);
            if (!response.IsSuccessStatusCode)
            {
                throw await ProblemReader.Read(response, Url, _options.TimeProvider.GetUtcNow(), deadline.Token).ConfigureAwait(false);
            }
            return await read(response, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            var explained = Explain(failure, deadline, time, cancellation);
            MarketplaceTrace.Fail(trace, explained ?? failure);
            if (explained is null)
            {
                throw;
            }
            throw explained;
        }
    }

    /// <summary>
    /// One attempt whose answer the caller reads and disposes. <paramref name="deadline"/> covers the way to the headers, and a refusal's
    /// body.
    /// </summary>
    public async Task<HttpResponseMessage> Open(
        HttpRequestMessage request,
        Deadline deadline,
        CancellationToken cancellation,
        bool anyStatus = false
    )
    {
        try
        {
            var response = await _invoker.SendAsync(request, deadline.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode || anyStatus)
            {
                return response;
            }
            using (response)
            {
                throw await ProblemReader.Read(response, Url, _options.TimeProvider.GetUtcNow(), deadline.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (Explain(failure, deadline, _options.RequestTimeout, cancellation) is { } explained)
        {
            throw explained;
        }
    }

    public async Task<TAnswer> ReadJson<TAnswer>(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            var type = response.Content.Headers.ContentType?.MediaType ?? "none";
            throw new MarketplaceProtocolException(Url, $"The answer is of type '{type}' where application/json is expected");
        }
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using var bounded = new BoundedStream(stream, SdkPolicy.AnswerBytesMax, Url);
        var answer = await JsonSerializer.DeserializeAsync(bounded, Answers.Of<TAnswer>(), cancellation).ConfigureAwait(false);
        return answer ?? throw new MarketplaceProtocolException(Url, "The answer is 'null'");
    }

    /// <summary>What a failure below means to the caller; null where it already says so itself.</summary>
    public Exception? Explain(Exception failure, Deadline deadline, TimeSpan time, CancellationToken cancellation) =>
        failure switch
        {
            MarketplaceUnreachableException => null,
            OperationCanceledException or HttpRequestException or IOException when cancellation.IsCancellationRequested =>
                new OperationCanceledException("The caller cancelled the request.", failure, cancellation),
            OperationCanceledException when deadline.HasPassed => new MarketplaceUnreachableException(
                Url,
                $"No answer within {time.TotalSeconds:0.#} s",
                failure
            ),
            OperationCanceledException => new MarketplaceUnreachableException(
                Url,
                $"No connection within {_options.ConnectTimeout.TotalSeconds:0.#} s",
                failure
            ),
            HttpRequestException failed => new MarketplaceUnreachableException(Url, Describe(failed), failed),
            IOException broken => new MarketplaceUnreachableException(Url, "The connection broke before the answer was complete", broken),
            JsonException malformed => new MarketplaceProtocolException(
                Url,
                $"The answer is not of the expected form: {malformed.Message}",
                malformed
            ),
            _ => null,
        };

    public void Dispose() => _invoker.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} failed, up to {Retries} more follow: {Reason}")]
    private static partial void Repeating(ILogger log, int attempt, int retries, string reason);

    private static string Describe(HttpRequestException failure) =>
        failure.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "The host name is not known",
            HttpRequestError.ConnectionError => "Nothing answers there",
            HttpRequestError.SecureConnectionError => $"The secure connection failed: {failure.InnerException?.Message ?? failure.Message}",
            HttpRequestError.ResponseEnded => "The connection was closed before an answer came",
            _ => $"The request failed: {failure.InnerException?.Message ?? failure.Message}",
        };

    private static SocketsHttpHandler MakeHandler(MarketplaceClientOptions options) =>
        new()
        {
            // A redirect would carry the key to a place that the user did not name.
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            // A proxy cannot reach this machine's own loopback.
            UseProxy = !options.Url!.IsLoopback,
            ConnectTimeout = options.ConnectTimeout,
            MaxResponseHeadersLength = SdkPolicy.HeaderKilobytesMax,
            PooledConnectionLifetime = SdkPolicy.ConnectionLifetime,
            SslOptions = { CertificateChainPolicy = options.TrustedAuthorities is { } authorities ? Trust(authorities) : null },
        };

    /// <summary>The name in the certificate is checked besides, as for every other.</summary>
    private static X509ChainPolicy Trust(X509Certificate2Collection authorities)
    {
        // A private authority seldom publishes a list of revoked certificates.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
