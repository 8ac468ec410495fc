using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// An event on its way to a reader. The text form is https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no raw line
/// break, so an event is always one data line.
/// </summary>
internal abstract class StreamEvent
{
    /// <summary>What it takes of a reader's buffer.</summary>
    public abstract long Size { get; }

    public abstract void Write(PipeWriter output, Utf8JsonWriter json);

    public static void Write<TRecord>(
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
}

/// <summary>One of the account's own jobs has ended.</summary>
internal sealed class OwnJobEvent(EndedJob job) : StreamEvent
{
    public override long Size
    {
        get
        {
            var size = GatewayPolicy.EventBytes + (sizeof(char) * (long)job.RequestId.Length) + job.Output.Inline.Length;
            if (!job.Output.Files.IsDefaultOrEmpty)
            {
                foreach (var file in job.Output.Files)
                {
                    size += GatewayPolicy.EventFileBytes + (sizeof(char) * (long)file.Name.Length);
                }
            }
            return size;
        }
    }

    public override void Write(PipeWriter output, Utf8JsonWriter json) =>
        Write(output, json, "event: job\ndata: "u8, JobMapper.ToEnded(job), ApiJson.Default.JobEnded);
}

/// <summary>Something that happened in the market, as its reader may see it.</summary>
/// <param name="hub">Who numbers it.</param>
/// <param name="number">Its number.</param>
/// <param name="happened">What happened.</param>
internal sealed class NewsEvent(string hub, long number, MarketEvent happened) : StreamEvent
{
    /// <summary>The text form of an event's number.</summary>
    public static string IdOf(string hub, long number) => string.Create(CultureInfo.InvariantCulture, $"{hub}-{number}");

    public override long Size => GatewayPolicy.NewsEventBytes;

    public override void Write(PipeWriter output, Utf8JsonWriter json)
    {
        var head = $"id: {IdOf(hub, number)}\nevent: {EventFilter.NameOf(happened.Stream)}\ndata: ";
        Write(output, json, Encoding.UTF8.GetBytes(head), happened, ApiJson.Default.MarketEvent);
    }
}
