using System.IO.Pipelines;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// <typeparamref name="TRecord"/> as JSON, whose one long list is never whole in memory: items are made in small groups while the reader
/// takes them. The first group is made before the answer begins, so that a market that is away is still answered as a problem; a fault
/// after that cuts the connection.
/// </summary>
internal sealed class StreamedAnswer<TRecord, TItem> : IResult, IEndpointMetadataProvider
    where TItem : class
{
    /// <summary>The list's member, in the JSON's spelling.</summary>
    public required string List { get; init; }

    /// <summary>Items to make, one after the other.</summary>
    public required int Count { get; init; }

    /// <summary>Makes the item of an index; null leaves it out. Called for up to <see cref="GroupItems"/> at a time.</summary>
    public required Func<int, Task<TItem?>> Make { get; init; }

    public required JsonTypeInfo<TItem> Form { get; init; }

    /// <summary>Items made and held at a time; the route's <see cref="AnswerRule"/> is for as many.</summary>
    public required int GroupItems { get; init; }

    /// <summary>Writes the members after the list.</summary>
    public required Action<Utf8JsonWriter> End { get; init; }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Answer.Describe<TRecord>(builder);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.BodyIsUsed();
        var response = httpContext.Response;
        var turns = new Turns(httpContext);
        var group = new TItem?[Math.Min(GroupItems, Count)];
        using var json = new Utf8JsonWriter(response.BodyWriter);
        try
        {
            // A list without items has one group, which is empty.
            var begin = 0;
            do
            {
                await turns.Take();
                await Fill(httpContext, group, begin);
                // The market was slow, and the turn is another's: with all that waited for it, this would be the crowd that turns prevent.
                await turns.Take();
                if (begin == 0)
                {
                    Answer.Begin(response);
                    json.WriteStartObject();
                    json.WriteStartArray(List);
                }
                await Write(group, json, response.BodyWriter, turns, httpContext.RequestAborted);
                begin += group.Length;
            } while (begin < Count);
        }
        finally
        {
            turns.Leave();
        }
        json.WriteEndArray();
        End(json);
        json.WriteEndObject();
        await json.FlushAsync(httpContext.RequestAborted);
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private async Task Write(TItem?[] group, Utf8JsonWriter json, PipeWriter output, Turns turns, CancellationToken cancellation)
    {
        for (var index = 0; index < group.Length; index++)
        {
            if (group[index] is not { } item)
            {
                continue;
            }
            // While the reader is waited for, only what it has not been sent is held.
            group[index] = null;
            JsonSerializer.Serialize(json, item, Form);
            if (output.UnflushedBytes < GatewayPolicy.GatherBytes)
            {
                continue;
            }
            var sending = output.FlushAsync(cancellation);
            if (!sending.IsCompleted)
            {
                turns.Leave();
            }
            await sending;
            await turns.Take();
        }
        // The next group waits for its turn behind others.
        turns.Leave();
    }

    /// <summary>
    /// A group has the time of a plain request: the route's own time is for a reader who is slow, not for a market that is.
    /// </summary>
    private async Task Fill(HttpContext http, TItem?[] group, int begin)
    {
        var services = http.RequestServices;
        var making = new Task<TItem?>[Math.Min(group.Length, Count - begin)];
        for (var index = 0; index < making.Length; index++)
        {
            making[index] = Make(begin + index);
        }
        var made = await Task.WhenAll(making)
            .WaitAsync(
                services.GetRequiredService<IOptions<GatewayOptions>>().Value.RequestTimeout,
                services.GetRequiredService<TimeProvider>(),
                http.RequestAborted
            );
        made.CopyTo(group, 0);
    }

    /// <summary>This answer's place among all that are long.</summary>
    private sealed class Turns(HttpContext http)
    {
        private readonly AnswerTurns _all = http.RequestServices.GetRequiredService<AnswerTurns>();
        private AnswerTurn? _held;

        /// <summary>Returns with a turn; at once where it is still held.</summary>
        public async ValueTask Take()
        {
            if (_held is { HasEnded: false })
            {
                return;
            }
            Leave();
            _held = await _all.Take(http.Caller().Account, http.RequestAborted);
        }

        public void Leave()
        {
            _held?.Dispose();
            _held = null;
        }
    }
}
