using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Marketplace.Tests;

/// <summary>A request as the service would have got it.</summary>
internal sealed record Received(HttpMethod Method, string Path, byte[] Body, HttpRequestHeaders Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>Stands in for the network: answers by method and path, in order, and keeps what it was asked.</summary>
internal sealed class FakeService : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<Func<Received, CancellationToken, Task<HttpResponseMessage>>>> _answers = [];
    private readonly List<Received> _received = [];

    public IReadOnlyList<Received> Received
    {
        get
        {
            lock (_gate)
            {
                return [.. _received];
            }
        }
    }

    /// <summary>
    /// Adds an answer to a request such as <c>GET /v1/account</c>. The last answer of a request is given again and again.
    /// </summary>
    public FakeService On(string request, Func<Received, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        if (!_answers.TryGetValue(request, out var queue))
        {
            _answers.Add(request, queue = []);
        }
        queue.Enqueue(answer);
        return this;
    }

    public FakeService On(string request, Func<Received, HttpResponseMessage> answer) =>
        On(request, (received, _) => Task.FromResult(answer(received)));

    public FakeService On<T>(string request, T answer) => On(request, _ => Json(answer));

    /// <summary>Refuses with a problem.</summary>
    public FakeService Refuses(string request, ErrorCode code, HttpStatusCode status, string detail = "No.", TimeSpan? retryAfter = null) =>
        On(
            request,
            _ =>
            {
                var problem = Json(
                    new Problem($"urn:marketplace:problem:{code}", code.ToString(), (int)status, code, detail),
                    status,
                    "application/problem+json"
                );
                problem.Headers.RetryAfter = retryAfter is { } wait ? new RetryConditionHeaderValue(wait) : null;
                return problem;
            }
        );

    /// <summary>Fails as an unreachable host does.</summary>
    public FakeService Fails(string request) =>
        On(request, (Received _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));

    public static HttpResponseMessage Json<T>(T answer, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json")
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(answer, Answers.Of<T>()));
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return new HttpResponseMessage(status) { Content = content };
    }

    public static HttpResponseMessage Bytes(byte[] bytes, string type = "application/octet-stream")
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var received = new Received(request.Method, request.RequestUri!.PathAndQuery, body, request.Headers);
        Func<Received, CancellationToken, Task<HttpResponseMessage>> answer;
        lock (_gate)
        {
            _received.Add(received);
            if (!_answers.TryGetValue(received.ToString(), out var queue))
            {
                throw new InvalidOperationException($"The test has no answer to {received}.");
            }
            answer = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        }
        return await answer(received, cancellationToken);
    }
}
