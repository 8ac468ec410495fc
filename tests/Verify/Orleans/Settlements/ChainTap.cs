using System.Collections.Immutable;
using System.Text.Json;
using Marketplace.Chain;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Verify.Settling;

/// <summary>Where a question of a silo to the chain is held.</summary>
internal enum HoldPoint
{
    /// <summary>The chain has not heard it.</summary>
    Before = 0,

    /// <summary>The chain has heard it, and the silo does not get the answer.</summary>
    After = 1,
}

/// <summary>
/// Stands between one silo and the chain's node: tells who follows the chain, looks at each transaction before the chain has it, and holds
/// a question where a blow is to meet the silo.
/// </summary>
internal sealed class ChainTap : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _node;
    private readonly Func<SignedTransaction, Task> _look;
    private readonly Lock _gate = new();
    private Hold? _hold;

    private ChainTap(WebApplication app, Uri node, Func<SignedTransaction, Task> look) => (_app, _node, _look) = (app, node, look);

    public string Url => _app.Urls.Single();

    /// <summary>When the silo last asked for events, which only the grain that settles does; 0: never.</summary>
    public long FollowedAt { get; private set; }

    /// <summary>How often it did.</summary>
    public int Followed { get; private set; }

    /// <param name="node">The chain's.</param>
    /// <param name="look">Sees each transaction before the chain does.</param>
    public static async Task<ChainTap> Start(Uri node, Func<SignedTransaction, Task> look)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var tap = new ChainTap(app, node, look);
        app.Run(tap.Pass);
        await app.StartAsync();
        return tap;
    }

    /// <summary>Holds the next question of this method until <see cref="Release"/>.</summary>
    /// <returns>Completes when one is held.</returns>
    public Task Arm(string method, HoldPoint at)
    {
        lock (_gate)
        {
            _hold = new Hold(method, at);
            return _hold.Reached.Task;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            _hold?.Over.TrySetResult();
            _hold = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task Pass(HttpContext http)
    {
        using var taken = new MemoryStream();
        await http.Request.Body.CopyToAsync(taken);
        var body = taken.ToArray();
        using var json = JsonDocument.Parse(body);
        var calls = json.RootElement.ValueKind == JsonValueKind.Array ? [.. json.RootElement.EnumerateArray()] : new[] { json.RootElement };
        var methods = calls.Select(call => call.GetProperty("method").GetString()!).ToImmutableHashSet();
        if (methods.Contains("eth_getLogs"))
        {
            FollowedAt = Environment.TickCount64;
            Followed++;
        }
        await HoldAt(methods, HoldPoint.Before);
        foreach (var call in calls.Where(call => call.GetProperty("method").GetString() == "eth_sendRawTransaction"))
        {
            await _look(SignedTransaction.Parse(Convert.FromHexString(call.GetProperty("params")[0].GetString()![2..])));
        }
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await _client.PostAsync(_node, content, CancellationToken.None);
        var said = await answer.Content.ReadAsByteArrayAsync();
        await HoldAt(methods, HoldPoint.After);
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.ContentType = "application/json";
        try
        {
            await http.Response.Body.WriteAsync(said, http.RequestAborted);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // The silo was killed, or has given the question up.
        }
    }

    private async Task HoldAt(ImmutableHashSet<string> methods, HoldPoint at)
    {
        Hold? hold;
        lock (_gate)
        {
            hold = _hold is { } armed && armed.At == at && methods.Contains(armed.Method) ? armed : null;
        }
        if (hold is not null)
        {
            hold.Reached.TrySetResult();
            await hold.Over.Task;
        }
    }

    private sealed record Hold(string Method, HoldPoint At)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
