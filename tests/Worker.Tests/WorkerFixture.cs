using Marketplace.Api.Workers;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>A running worker on a fake market, stopped at the end of the test.</summary>
internal sealed class WorkerFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _run;

    public WorkerFixture(bool encoded = false, int slots = 2)
    {
        var options = new WorkerOptions
        {
            Worker = new WorkerId(default),
            PayTo = new AccountId(default),
            Slots = slots,
        };
        Agent = new WorkerAgent(encoded ? new EncodedLink(Market) : Market, options, TimeProvider.System, NullLogger<WorkerAgent>.Instance);
        _run = Agent.Run(_stopping.Token);
    }

    public FakeMarket Market { get; } = new();

    public WorkerAgent Agent { get; }

    public BlobId Module(string name) =>
        Market.Add(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm")));

    /// <summary>The next result that the worker reports; fails when the worker ends instead.</summary>
    public async Task<WorkerResult> NextResult()
    {
        var next = Market.NextResult().AsTask();
        if (await Task.WhenAny(next, _run) == _run)
        {
            await _run;
        }
        return await next;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
    }
}
