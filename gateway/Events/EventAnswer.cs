using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// Writes one event stream until its reader leaves, its key is revoked or the service stops. The text form is
/// https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no raw line break, so an event is always one data line.
/// </summary>
internal sealed class EventAnswer(AccountId account, ApiKey key, EventAnswer.Surroundings surroundings) : IResult
{
    public const string ContentType = "text/event-stream";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var reader = await surroundings.Hub.Open(account, httpContext.RequestAborted);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            httpContext.RequestAborted,
            surroundings.Lifetime.ApplicationStopping
        );
        try
        {
            httpContext.Response.ContentType = ContentType;
            httpContext.Response.Headers["X-Accel-Buffering"] = "no";
            await Run(reader, httpContext.Response.BodyWriter, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader left or the service stops: the stream just ends, and a reader that is still there connects again.
        }
        finally
        {
            await surroundings.Hub.Close(reader);
        }
    }

    private async Task Run(EventReader reader, PipeWriter output, CancellationToken stop)
    {
        var (time, heartbeat) = (surroundings.Time, surroundings.Options.Value.EventHeartbeat);
        using var json = new Utf8JsonWriter(output);
        output.Write(": open\n\n"u8);
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
            if (taken is not { } job)
            {
                continue;
            }
            Write(output, json, "event: job\ndata: "u8, JobMapper.ToEnded(job), ApiJson.Default.JobEnded);
            if (output.UnflushedBytes >= GatewayPolicy.GatherBytes)
            {
                await output.FlushAsync(stop);
            }
        }
        if (reader.TakeMissed() is > 0 and var missed)
        {
            Write(output, json, "event: lagged\ndata: "u8, new EventsLagged(missed), ApiJson.Default.EventsLagged);
        }
        await output.FlushAsync(stop);
    }

    private static void Write<TRecord>(
        PipeWriter output,
        Utf8JsonWriter json,
        ReadOnlySpan<byte> head,
        TRecord record,
        JsonTypeInfo<TRecord> form
    )
    {
        output.Write(head);
        json.Reset(output);
        JsonSerializer.Serialize(json, record, form);
        json.Flush();
        output.Write("\n\n"u8);
    }

    /// <summary>What every event stream of the process shares.</summary>
    internal sealed record Surroundings(
        EventHub Hub,
        KeyCache Keys,
        TimeProvider Time,
        IOptions<GatewayOptions> Options,
        IHostApplicationLifetime Lifetime
    );
}
