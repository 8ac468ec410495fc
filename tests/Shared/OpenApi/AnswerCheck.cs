using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Marketplace.Sdk.Transport;

namespace Marketplace.Tests;

/// <summary>
/// Stands between a test's client and the service: each answer, and each event of a stream, must be as the document says.
/// </summary>
internal sealed class AnswerCheck(ApiDocument document, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Events = "text/event-stream";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var (method, path) = (request.Method.Method, request.RequestUri!.AbsolutePath);
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        using var json = await Json(response.Content, mediaType, cancellationToken);
        Require(document.Faults(method, path, (int)response.StatusCode, mediaType, json?.RootElement), request, response);
        // What the service took must be what the document lets clients send.
        if (response.IsSuccessStatusCode && request.Content is { } sent)
        {
            using var body = await Json(sent, sent.Headers.ContentType?.MediaType, cancellationToken);
            if (body is not null)
            {
                Require(document.RequestFaults(method, path, body.RootElement), request, response);
            }
        }
        if (mediaType == Events)
        {
            response.Content = new CheckedContent(
                response.Content,
                (name, data) => Require(document.EventFaults(path, name, data), request, response)
            );
        }
        return response;
    }

    private static async Task<JsonDocument?> Json(HttpContent content, string? mediaType, CancellationToken cancellation)
    {
        if (mediaType is not ("application/json" or "application/problem+json"))
        {
            return null;
        }
        await content.LoadIntoBufferAsync(cancellation);
        var bytes = await content.ReadAsByteArrayAsync(cancellation);
        return bytes.Length == 0 ? null : JsonDocument.Parse(bytes);
    }

    private static void Require(IReadOnlyList<string> faults, HttpRequestMessage request, HttpResponseMessage response)
    {
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(
                $"{request.Method} {request.RequestUri!.PathAndQuery} answered {(int)response.StatusCode}, against the OpenAPI document: "
                    + string.Join("; ", faults)
            );
        }
    }

    private sealed class CheckedContent : HttpContent
    {
        private readonly HttpContent _content;
        private readonly Action<string, string> _check;

        public CheckedContent(HttpContent content, Action<string, string> check)
        {
            (_content, _check) = (content, check);
            Headers.ContentType = new MediaTypeHeaderValue(Events);
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() =>
            new CheckedStream(await _content.ReadAsStreamAsync(), _check);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await using var source = await CreateContentReadStreamAsync();
            await source.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _content.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>
    /// Reads along: https://html.spec.whatwg.org/multipage/server-sent-events.html, of which the service uses two fields.
    /// </summary>
    private sealed class CheckedStream(Stream inner, Action<string, string> check) : ReadStream
    {
        private readonly List<byte> _line = [];
        private string _event = "";

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            for (var index = 0; index < count; index++)
            {
                Take(buffer.Span[index]);
            }
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }

        private void Take(byte next)
        {
            if (next != '\n')
            {
                _line.Add(next);
                return;
            }
            var line = Encoding.UTF8.GetString([.. _line]);
            _line.Clear();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                _event = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                check(_event, line["data: ".Length..]);
            }
        }
    }
}
