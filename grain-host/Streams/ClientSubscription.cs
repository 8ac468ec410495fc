using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Turns;
using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>The subscription of a client, not of a grain. It has turns of its own, so its observer is never called twice at once.</summary>
internal sealed class ClientSubscription<T>(GossipStreamProvider provider, StreamId stream, StreamObserver<T> observer)
    : TurnQueue(provider.Host.Scheduler)
{
    /// <summary>
    /// How many events may wait for a slow observer. Streams are gossip: losing the newest is better than holding on to memory
    /// without end, and who must know everything asks the grains.
    /// </summary>
    public const int UnreadMax = 1024;

    private readonly Queue<StreamEvent<T>> _unread = new();
    private StreamObserver<T>? _observer = observer;
    private bool _isBusy;
    private int _dropped;

    public GossipStreamProvider Provider => provider;

    public StreamId Stream => stream;

    public Guid Handle { get; } = provider.NextHandle();

    protected override string Name => $"client of {stream}";

    protected override string CurrentMethod => "(stream)";

    public void Offer(StreamEvent<T> happened)
    {
        bool schedule;
        lock (Gate)
        {
            if (_observer is null)
            {
                return;
            }
            if (_unread.Count >= UnreadMax)
            {
                _dropped += happened.Items.Count;
                return;
            }

            _unread.Enqueue(happened);
            schedule = MarkScheduled();
        }

        if (schedule)
        {
            Scheduler.Schedule(this);
        }
    }

    public void Replace(StreamObserver<T> observer)
    {
        lock (Gate)
        {
            _observer = observer;
        }
    }

    public void End()
    {
        provider.Remove(stream, this);
        lock (Gate)
        {
            _observer = null;
            _unread.Clear();
        }
    }

    protected override object? TakeWork()
    {
        if (_isBusy || !_unread.TryDequeue(out var happened))
        {
            return null;
        }
        _isBusy = true;
        return happened;
    }

    // Async void: errors of the observer are logged, and what escapes despite that is posted to this queue.
    protected override async void RunWork(object work)
    {
        StreamObserver<T>? current;
        int dropped;
        lock (Gate)
        {
            current = _observer;
            (dropped, _dropped) = (_dropped, 0);
        }

        try
        {
            if (dropped > 0)
            {
                HostLog.ItemsDropped(provider.Host.Logger, dropped, stream, UnreadMax);
            }
            if (current is not null)
            {
                await ((StreamEvent<T>)work).DeliverTo(current);
            }
        }
        catch (Exception exception)
        {
            HostLog.ObserverFailed(provider.Host.Logger, exception, stream);
        }

        lock (Gate)
        {
            _isBusy = false;
        }
    }

    protected override void OnEscaped(Exception exception) => HostLog.ObserverFailed(provider.Host.Logger, exception, stream);
}

internal sealed class ClientSubscriptionHandle<T>(ClientSubscription<T> client) : StreamSubscriptionHandle<T>
{
    public override StreamId StreamId => client.Stream;

    public override string ProviderName => client.Provider.Name;

    public override Guid HandleId => client.Handle;

    public override Task UnsubscribeAsync()
    {
        client.End();
        return Task.CompletedTask;
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null) =>
        Resume(new StreamObserver<T>(observer, null));

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null) =>
        Resume(new StreamObserver<T>(null, observer));

    public override bool Equals(StreamSubscriptionHandle<T>? other) => other is ClientSubscriptionHandle<T> && other.HandleId == HandleId;

    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

    public override int GetHashCode() => HandleId.GetHashCode();

    private Task<StreamSubscriptionHandle<T>> Resume(StreamObserver<T> observer)
    {
        client.Replace(observer);
        return Task.FromResult<StreamSubscriptionHandle<T>>(this);
    }
}
