using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Marketplace.Chain;

/// <summary>
/// Sends calls to one node in one HTTP request each time, once. Every failure is an <see cref="RpcException"/> that names the node's host
/// and holds nothing else of its URL: exceptions of the layers below are described, not kept.
/// </summary>
internal sealed class JsonRpcTransport(RpcEndpoint endpoint, RpcOptions options)
{
    private const string JsonType = "application/json";
    private const int PieceBytes = 16 * 1024;

    private static readonly ProductInfoHeaderValue Agent = new(
        "marketplace-chain",
        typeof(JsonRpcTransport).Assembly.GetName().Version!.ToString(3)
    );

    private static readonly MediaTypeHeaderValue JsonContent = new(JsonType);

    // Ids differ between requests too, so that an answer to an earlier one is foreign.
    private long _ids;

    /// <param name="calls">Several make one batch.</param>
    /// <param name="read">Reads the answers, in the order of the calls, while they are in memory.</param>
    /// <exception cref="RpcException">No usable answer came.</exception>
    public async Task<T> Ask<T>(IReadOnlyList<JsonRpcCall> calls, Func<JsonRpcAnswer[], T> read, CancellationToken cancellation)
    {
        var firstId = Interlocked.Add(ref _ids, calls.Count) - calls.Count + 1;
        using var limit = new CancellationTokenSource(options.RequestTimeMax, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var bytesMax = (int)Math.Min(calls.Sum(call => (long)call.AnswerBytesMax), RpcPolicy.AnswerBytesMax);
            var body = await Exchange(JsonRpcCall.Write(calls, firstId), bytesMax, both.Token).ConfigureAwait(false);
            using var document = JsonRpcAnswers.Parse(body);
            var answers = JsonRpcAnswers.Match(document.RootElement, firstId, calls.Count);
            return read(Array.ConvertAll(answers, answer => new JsonRpcAnswer(answer, endpoint)));
        }
        catch (AnswerException refused)
        {
            throw new RpcException(endpoint, refused.Fault, refused.Message);
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or HttpRequestException or IOException or InvalidDataException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw failure is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
                ? new RpcException(endpoint, RpcFault.TooLarge, "The headers of the answer are larger than those of any node.")
            : limit.IsCancellationRequested
                ? new RpcException(endpoint, RpcFault.TimedOut, $"No whole answer within {options.RequestTimeMax.TotalSeconds:0.#} s.")
            : new RpcException(endpoint, RpcFault.Unreachable, Describe(failure));
        }
    }

    private async Task<ReadOnlyMemory<byte>> Exchange(byte[] body, int bytesMax, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = JsonContent;
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = content };
        request.Headers.Authorization = endpoint.Authorization;
        // Some providers refuse clients that do not say who they are.
        request.Headers.UserAgent.Add(Agent);
        request.Headers.Accept.ParseAdd(JsonType);
        request.Headers.AcceptEncoding.ParseAdd("identity");
        using var response = await options.Invoker.SendAsync(request, cancellation).ConfigureAwait(false);
        RequireAnswer(response);
        return await ReadBody(response.Content, bytesMax, cancellation).ConfigureAwait(false);
    }

    private void RequireAnswer(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400 || response.RequestMessage?.RequestUri is { } from && from != endpoint.Url)
        {
            throw new RpcException(endpoint, RpcFault.Redirected, $"HTTP status {status}: the node sends the client elsewhere.");
        }
        if (response.StatusCode != HttpStatusCode.OK)
        {
            var isLimit = response.StatusCode == HttpStatusCode.TooManyRequests;
            throw new RpcException(
                endpoint,
                isLimit ? RpcFault.RateLimited : RpcFault.HttpStatus,
                string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}.")
            )
            {
                RetryAfter = RetryAfter(response.Headers.RetryAfter),
            };
        }
        if (response.Content.Headers.ContentEncoding.Any(encoding => encoding != "identity"))
        {
            throw new RpcException(endpoint, RpcFault.Encoded, "The answer is compressed, which the request does not allow.");
        }
        if (response.Content.Headers.ContentType?.MediaType is var type && type != JsonType)
        {
            throw new RpcException(endpoint, RpcFault.NotJson, $"The answer is of the type '{type}', not {JsonType}.");
        }
    }

    /// <summary>Never holds more than the limit, whatever the headers promise.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadBody(HttpContent content, int bytesMax, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > bytesMax)
        {
            throw TooLarge(bytesMax);
        }
        await using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var bytes = new byte[Math.Min(PieceBytes, bytesMax + 1)];
        for (var length = 0; ; )
        {
            var read = await stream.ReadAsync(bytes.AsMemory(length), cancellation).ConfigureAwait(false);
            length += read;
            if (read == 0)
            {
                return bytes.AsMemory(0, length);
            }
            if (length > bytesMax)
            {
                throw TooLarge(bytesMax);
            }
            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, Math.Min(2 * length, bytesMax + 1));
            }
        }
    }

    private RpcException TooLarge(int bytesMax) =>
        new(endpoint, RpcFault.TooLarge, $"The answer is larger than the {bytesMax} bytes that a right one may have.");

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var asked = header?.Delta ?? header?.Date - options.TimeProvider.GetUtcNow();
        return asked > TimeSpan.Zero ? asked : null;
    }

    private static string Describe(Exception failure) =>
        failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The host's name is not known.",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "Nothing answers there.",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "The secure connection failed.",
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "The answer is no HTTP.",
            InvalidDataException => "The answer cannot be unpacked.",
            OperationCanceledException => $"No connection within {RpcPolicy.ConnectTimeMax.TotalSeconds:0.#} s.",
            _ => "The connection broke before the answer was complete.",
        };
}
