using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>Writes one event stream until its reader leaves, its key is revoked or the service stops.</summary>
/// <param name="key">What its reader came with.</param>
/// <param name="open">Opens the stream.</param>
/// <param name="surroundings">What it needs.</param>
internal sealed class EventAnswer(ApiKey key, Func<CancellationToken, Task<OpenStream>> open, EventAnswer.Surroundings surroundings)
    : IResult
{
    public const string ContentType = "text/event-stream";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var stream = await open(httpContext.RequestAborted);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            httpContext.RequestAborted,
            surroundings.Lifetime.ApplicationStopping
        );
        try
        {
            httpContext.Response.ContentType = ContentType;
            httpContext.Response.Headers["X-Accel-Buffering"] = "no";
            await Run(stream, httpContext.Response.BodyWriter, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader left or the service stops: the stream just ends, and a reader that is still there connects again.
        }
    }

    private async Task Run(OpenStream stream, PipeWriter output, CancellationToken stop)
    {
        var reader = stream.Reader;
        var (time, heartbeat) = (surroundings.Time, surroundings.Options.Value.EventHeartbeat);
        using var json = new Utf8JsonWriter(output);
        output.Write(": open\n\n"u8);
        WriteId(output, stream.Start);
        await output.FlushAsync(stop);
        var more = reader.WaitForMore(stop);
        var verified = time.GetTimestamp();
        while (true)
        {
            try
            {
                await more.WaitAsync(heartbeat, time, stop);
                await Drain(reader, output, json, stop);
                more = reader.WaitForMore(stop);
            }
            catch (TimeoutException)
            {
                output.Write(": still here\n\n"u8);
                WriteId(output, stream.Position());
                await output.FlushAsync(stop);
            }
            if (time.GetElapsedTime(verified) < heartbeat)
            {
                continue;
            }
            if (await surroundings.Keys.Find(key) is not { } caller || !caller.Scopes.HasFlag(Scopes.Read))
            {
                return;
            }
            verified = time.GetTimestamp();
        }
    }

    private static async Task Drain(EventReader reader, PipeWriter output, Utf8JsonWriter json, CancellationToken stop)
    {
        while (reader.TryTake(out var taken))
        {
            taken?.Write(output, json);
            if (output.UnflushedBytes >= GatewayPolicy.GatherBytes)
            {
                await output.FlushAsync(stop);
            }
        }
        if (reader.TakeMissed() is > 0 and var missed)
        {
            StreamEvent.Write(output, json, "event: lagged\ndata: "u8, new EventsLagged(missed), ApiJson.Default.EventsLagged);
        }
        await output.FlushAsync(stop);
    }

    /// <summary>An id without data moves the reader's place without an event.</summary>
    private static void WriteId(PipeWriter output, string? id)
    {
        if (id is not null)
        {
            output.Write(Encoding.UTF8.GetBytes($"id: {id}\n\n"));
        }
    }

    /// <summary>What every event stream of the process shares.</summary>
    internal sealed record Surroundings(
        EventHub Hub,
        NewsHub News,
        KeyCache Keys,
        TimeProvider Time,
        IOptions<GatewayOptions> Options,
        IHostApplicationLifetime Lifetime
    );
}
