using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Sdk.Grains;

/// <summary>One request and its answer, as a server would show them to the gateway and a connection to the client.</summary>
internal sealed class Exchange : HttpResponseFeature, IHttpRequestLifetimeFeature, IHttpResponseBodyFeature
{
    private static readonly PipeOptions Bounded = new(
        pauseWriterThreshold: GrainClientPolicy.AheadBytesMax,
        resumeWriterThreshold: GrainClientPolicy.AheadBytesMax / 2,
        useSynchronizationContext: false
    );

    private readonly HttpRequestMessage _request;
    private readonly SentBody _sent;
    private readonly Pipe _answer = new(Bounded);
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenRegistration _closing;
    private readonly TaskCompletionSource<HttpResponseMessage> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new();
    private bool _hasStarted;

    /// <param name="request">What the client asks.</param>
    /// <param name="closed">The client is disposed of.</param>
    public Exchange(HttpRequestMessage request, CancellationToken closed)
    {
        _request = request;
        RequestAborted = _aborted.Token;
        _sent = new SentBody(request.Content, Bounded, Abort);
        Writer = new AnswerWriter(_answer.Writer, Begin);
        Body = Stream = Writer.AsStream(leaveOpen: true);
        Features.Set<IHttpRequestFeature>(RequestOf(request));
        Features.Set<IHttpRequestBodyDetectionFeature>(_sent);
        Features.Set<IHttpMaxRequestBodySizeFeature>(_sent);
        Features.Set<IHttpConnectionFeature>(
            new HttpConnectionFeature { RemoteIpAddress = IPAddress.Loopback, LocalIpAddress = IPAddress.Loopback }
        );
        Features.Set<IHttpResponseFeature>(this);
        Features.Set<IHttpResponseBodyFeature>(this);
        Features.Set<IHttpRequestLifetimeFeature>(this);
        _closing = closed.UnsafeRegister(static exchange => ((Exchange)exchange!).Abort(), this);
    }

    public FeatureCollection Features { get; } = new();

    /// <summary>Completes with the head of the answer; its content is read while the gateway writes it.</summary>
    public Task<HttpResponseMessage> Answer => _answered.Task;

    /// <summary>The gateway may replace it, by one that also ends with the request's time.</summary>
    public CancellationToken RequestAborted { get; set; }

    public Stream Stream { get; }

    public PipeWriter Writer { get; }

    public override bool HasStarted => _hasStarted;

    /// <summary>Either side leaves: what is under way ends, and what was not read is lost, as when a connection breaks.</summary>
    public void Abort()
    {
        _aborted.Cancel();
        _sent.Break();
        _answer.Writer.CancelPendingFlush();
        _answered.TrySetException(_sent.Fault ?? Broken());
    }

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    public void DisableBuffering() { }

    public Task StartAsync(CancellationToken cancellationToken = default) => Begin();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public Task CompleteAsync() => Task.CompletedTask;

    /// <summary>The gateway has ended.</summary>
    /// <param name="fault">What it threw; its own guard lets nothing through, so this is none of its answers.</param>
    public async Task End(Exception? fault)
    {
        try
        {
            if (fault is null && !_aborted.IsCancellationRequested)
            {
                await Begin();
            }
        }
        catch (Exception thrown)
        {
            fault = thrown;
        }
        var broken = fault ?? (_aborted.IsCancellationRequested ? Broken() : null);
        await _closing.DisposeAsync();
        _sent.Leave();
        await _answer.Writer.CompleteAsync(broken is null or IOException ? broken : new IOException(broken.Message, broken));
        if (broken is not null)
        {
            // Nothing where the answer has begun: whoever reads it meets the fault there.
            _answered.TrySetException(_sent.Fault ?? new HttpRequestException(HttpRequestError.ResponseEnded, broken.Message, broken));
        }
        while (_completed.TryPop(out var called))
        {
            await called.Callback(called.State);
        }
    }

    /// <summary>The head of the answer is final, and goes to the client.</summary>
    private async Task Begin()
    {
        if (_hasStarted)
        {
            return;
        }
        while (_starting.TryPop(out var called))
        {
            await called.Callback(called.State);
        }
        _hasStarted = true;
        var response = new HttpResponseMessage((HttpStatusCode)StatusCode)
        {
            RequestMessage = _request,
            Content = new StreamContent(new AnswerStream(_answer.Reader, Abort)),
        };
        foreach (var (name, values) in Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                response.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
        if (!_answered.TrySetResult(response))
        {
            // The client left before.
            response.Dispose();
        }
    }

    private HttpRequestFeature RequestOf(HttpRequestMessage request)
    {
        var url = request.RequestUri!;
        var head = new HttpRequestFeature
        {
            Method = request.Method.Method,
            Scheme = url.Scheme,
            Protocol = HttpProtocol.Http11,
            Path = PathString.FromUriComponent(url).Value ?? "/",
            PathBase = "",
            QueryString = QueryString.FromUriComponent(url).Value ?? "",
            RawTarget = url.PathAndQuery,
            Body = _sent,
        };
        Add(request.Headers);
        head.Headers.Host = url.Authority;
        if (request.Content is { } content)
        {
            Add(content.Headers);
            head.Headers.ContentLength = content.Headers.ContentLength;
        }
        return head;

        void Add(HttpHeaders headers)
        {
            foreach (var (name, values) in headers.NonValidated)
            {
                head.Headers[name] = values.ToString();
            }
        }
    }

    private static Exception Broken() => new ConnectionResetException("The exchange was broken off before the answer was complete.");
}
