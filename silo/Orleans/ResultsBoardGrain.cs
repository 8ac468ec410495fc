using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Marketplace.Silo;

/// <summary>
/// Takes the results stream in, by its implicit subscription, and hands it to the gateways that read. A subscription of each gateway would
/// outlive the silo that it ran in, and the stream would go on trying to deliver to it. A reader that is gone just stops asking.
/// </summary>
[ImplicitStreamSubscription(MarketStreams.Results)]
internal sealed class ResultsBoardGrain : Grain, IResultsBoardGrain, IStreamSubscriptionObserver, IAsyncObserver<JobsEnded>
{
    private readonly ResultsBoard _board;
    private readonly TimeProvider _clock;
    private readonly IHostFacts _host;

    public ResultsBoardGrain(TimeProvider clock, IHostFacts host)
    {
        (_clock, _host) = (clock, host);
        _board = new ResultsBoard(((IGrainBase)this).GrainContext.ActivationId.ToString());
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<JobsEnded>().ResumeAsync(this);

    public Task OnNextAsync(JobsEnded item, StreamSequenceToken? token = null)
    {
        _board.Add(item);
        return Task.CompletedTask;
    }

    /// <summary>The stream lost something, and what it was is unknown. That may happen to gossip, so there is nothing to do.</summary>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public async Task<ResultsPage> Read(ResultsPlace? place, CancellationToken cancellation)
    {
        if (_board.Read(place) is { } page)
        {
            return page;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _host.WaitsEnd);
        try
        {
            await _board.More.WaitAsync(MarketLimits.PollMax, _clock, stop.Token);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            return _board.Empty(place!);
        }
        return _board.Read(place) ?? _board.Empty(place!);
    }
}
