using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>Takes OTLP over HTTP in protobuf on any free port, and keeps what tests look at.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string Protobuf = "application/x-protobuf";

    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentBag<ReceivedMetric> Metrics { get; } = [];
    public ConcurrentBag<ReceivedSpan> Spans { get; } = [];
    public ConcurrentBag<ReceivedLog> Logs { get; } = [];

    /// <summary>Requests that were no OTLP in protobuf.</summary>
    public ConcurrentBag<string> Strangers { get; } = [];

    public string Url => _app.Urls.First();

    public static async Task<OtlpReceiver> Start(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/metrics", http => receiver.Take(http, receiver.TakeMetrics));
        receiver._app.MapPost("/v1/traces", http => receiver.Take(http, receiver.TakeSpans));
        receiver._app.MapPost("/v1/logs", http => receiver.Take(http, receiver.TakeLogs));
        receiver._app.MapFallback(http =>
        {
            receiver.Strangers.Add($"{http.Request.Method} {http.Request.Path}");
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await receiver._app.StartAsync(cancellation);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http, Action<ReadOnlyMemory<byte>> take)
    {
        if (http.Request.ContentType != Protobuf)
        {
            Strangers.Add($"{http.Request.Path} {http.Request.ContentType}");
        }
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        take(body.ToArray());
        // An empty answer is one without partial success: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response.
        http.Response.ContentType = Protobuf;
    }

    /// <summary>The numbers are those of opentelemetry/proto, here of metrics/v1/metrics.proto.</summary>
    private void TakeMetrics(ReadOnlyMemory<byte> request)
    {
        foreach (var (service, scope) in Scopes(request))
        {
            foreach (var metric in ProtobufField.Read(scope).Where(field => field.Number == 2).Select(field => field.Fields()))
            {
                var kind =
                    metric.Any(field => field.Number == 5) ? MarketMetricKind.Gauge
                    : metric.Any(field => field.Number == 7) ? MarketMetricKind.Counter
                    : MarketMetricKind.Histogram;
                Metrics.Add(new ReceivedMetric(service, Text(metric, 1), Text(metric, 3), kind));
            }
        }
    }

    /// <summary>trace/v1/trace.proto.</summary>
    private void TakeSpans(ReadOnlyMemory<byte> request)
    {
        foreach (var (service, scope) in Scopes(request))
        {
            foreach (var span in ProtobufField.Read(scope).Where(field => field.Number == 2).Select(field => field.Fields()))
            {
                Spans.Add(
                    new ReceivedSpan(
                        Service: service,
                        Trace: Hex(span, 1),
                        Id: Hex(span, 2),
                        Parent: Hex(span, 4),
                        Name: Text(span, 5),
                        From: span.First(field => field.Number == 7).Value,
                        To: span.First(field => field.Number == 8).Value,
                        Links: [.. span.Where(field => field.Number == 13).Select(link => Hex(link.Fields(), 1))]
                    )
                );
            }
        }
    }

    /// <summary>logs/v1/logs.proto.</summary>
    private void TakeLogs(ReadOnlyMemory<byte> request)
    {
        foreach (var (service, scope) in Scopes(request))
        {
            foreach (var log in ProtobufField.Read(scope).Where(field => field.Number == 2).Select(field => field.Fields()))
            {
                var body = log.Where(field => field.Number == 5).Select(field => Text(field.Fields(), 1)).FirstOrDefault("");
                Logs.Add(new ReceivedLog(service, body, Hex(log, 9)));
            }
        }
    }

    /// <summary>What all three requests have alike: resources, each with scopes.</summary>
    private static IEnumerable<(string Service, ReadOnlyMemory<byte> Scope)> Scopes(ReadOnlyMemory<byte> request) =>
        from resource in ProtobufField.Read(request)
        let fields = resource.Fields()
        let service = ServiceOf(fields.First(field => field.Number == 1).Fields())
        from scope in fields
        where scope.Number == 2
        select (service, scope.Bytes);

    private static string ServiceOf(IReadOnlyList<ProtobufField> resource) =>
        resource
            .Where(field => field.Number == 1)
            .Select(attribute => attribute.Fields())
            .Where(attribute => Text(attribute, 1) == "service.name")
            .Select(attribute => Text(attribute.First(field => field.Number == 2).Fields(), 1))
            .Single();

    private static string Text(IReadOnlyList<ProtobufField> fields, int number) => Encoding.UTF8.GetString(Bytes(fields, number).Span);

    private static string Hex(IReadOnlyList<ProtobufField> fields, int number) => Convert.ToHexStringLower(Bytes(fields, number).Span);

    private static ReadOnlyMemory<byte> Bytes(IReadOnlyList<ProtobufField> fields, int number) =>
        fields.FirstOrDefault(field => field.Number == number).Bytes;
}

internal sealed record ReceivedMetric(string Service, string Name, string Unit, MarketMetricKind Kind);

internal sealed record ReceivedSpan(
    string Service,
    string Trace,
    string Id,
    string Parent,
    string Name,
    ulong From,
    ulong To,
    IReadOnlyList<string> Links
);

internal sealed record ReceivedLog(string Service, string Body, string Trace);

/// <summary>A field of a message: https://protobuf.dev/programming-guides/encoding.</summary>
internal readonly record struct ProtobufField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    public IReadOnlyList<ProtobufField> Fields() => Read(Bytes);

    public static IReadOnlyList<ProtobufField> Read(ReadOnlyMemory<byte> message)
    {
        var fields = new List<ProtobufField>();
        for (var rest = message; !rest.IsEmpty; )
        {
            var tag = Varint(ref rest);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(new ProtobufField(number, Varint(ref rest), default));
                    break;
                case 1:
                    fields.Add(new ProtobufField(number, BitConverter.ToUInt64(Cut(ref rest, 8).Span), default));
                    break;
                case 2:
                    fields.Add(new ProtobufField(number, 0, Cut(ref rest, (int)Varint(ref rest))));
                    break;
                case 5:
                    fields.Add(new ProtobufField(number, BitConverter.ToUInt32(Cut(ref rest, 4).Span), default));
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has the wire type {tag & 7}.");
            }
        }
        return fields;
    }

    private static ReadOnlyMemory<byte> Cut(ref ReadOnlyMemory<byte> rest, int length)
    {
        var cut = rest[..length];
        rest = rest[length..];
        return cut;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> rest)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = Cut(ref rest, 1).Span[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
