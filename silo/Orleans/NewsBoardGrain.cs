using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Marketplace.Silo;

/// <summary>Takes the market's news in, by its implicit subscriptions, as <see cref="ResultsBoardGrain"/> does with ended jobs.</summary>
[ImplicitStreamSubscription(MarketStreams.Jobs)]
[ImplicitStreamSubscription(MarketStreams.Capabilities)]
[ImplicitStreamSubscription(MarketStreams.Reputation)]
[ImplicitStreamSubscription(MarketStreams.Health)]
internal sealed class NewsBoardGrain : Grain, INewsBoardGrain, IStreamSubscriptionObserver
{
    private readonly Dictionary<string, Stream> _streams;
    private readonly TimeProvider _clock;
    private readonly IHostFacts _host;

    public NewsBoardGrain(TimeProvider clock, IHostFacts host)
    {
        (_clock, _host) = (clock, host);
        var activation = ((IGrainBase)this).GrainContext.ActivationId.ToString();
        string[] names = [MarketStreams.Jobs, MarketStreams.Capabilities, MarketStreams.Reputation, MarketStreams.Health];
        _streams = names.ToDictionary(name => name, _ => new Stream(new NewsBoard(activation)), StringComparer.Ordinal);
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.StreamId.GetNamespace() is { } name && _streams.TryGetValue(name, out var stream)
            ? handleFactory.Create<MarketNews>().ResumeAsync(stream)
            : Task.CompletedTask;

    public async Task<NewsPage> Read(string stream, ResultsPlace? place, CancellationToken cancellation)
    {
        if (!_streams.TryGetValue(stream, out var read))
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"There is no news stream '{stream}'; there are {string.Join(", ", _streams.Keys)}."
            );
        }
        read.Begin();
        try
        {
            if (read.Board.Read(place) is { } page)
            {
                return page;
            }
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _host.WaitsEnd);
            try
            {
                await read.Board.More.WaitAsync(MarketLimits.PollMax, _clock, stop.Token);
            }
            catch (Exception over) when (over is TimeoutException or OperationCanceledException)
            {
                return read.Board.Empty(place!);
            }
            return read.Board.Read(place) ?? read.Board.Empty(place!);
        }
        finally
        {
            read.End(_clock.GetTimestamp());
        }
    }

    public Task<ImmutableArray<string>> GetListened() =>
        Task.FromResult<ImmutableArray<string>>([
            .. _streams.Where(each => each.Value.IsListened(_clock)).Select(each => each.Key).Order(StringComparer.Ordinal),
        ]);

    private sealed class Stream(NewsBoard board) : IAsyncObserver<MarketNews>
    {
        private int _readers;
        private long? _lastAt;

        public NewsBoard Board => board;

        public void Begin() => _readers++;

        public void End(long at) => (_readers, _lastAt) = (_readers - 1, at);

        /// <summary>A gateway that has an answer asks again at once, so between two calls none is there only for a moment.</summary>
        public bool IsListened(TimeProvider clock) =>
            _readers > 0 || (_lastAt is { } at && clock.GetElapsedTime(at) < ClusterPolicy.ListenersPeriod);

        public Task OnNextAsync(MarketNews item, StreamSequenceToken? token = null)
        {
            board.Add(item);
            return Task.CompletedTask;
        }

        /// <summary>The stream lost something, and what it was is unknown. That may happen to gossip, so there is nothing to do.</summary>
        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}
