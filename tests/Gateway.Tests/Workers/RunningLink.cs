using Marketplace.Worker;

namespace Marketplace.Tests.Gateway;

/// <summary>A link that connects until the test ends.</summary>
internal sealed class RunningLink : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _run;

    private RunningLink(LinkedWorker worker)
    {
        Market = worker.Link();
        _run = Market.Run(_stopping.Token);
    }

    public RemoteMarketLink Market { get; }

    public static Task<RunningLink> Start(LinkedWorker worker) => Task.FromResult(new RunningLink(worker));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
    }
}
