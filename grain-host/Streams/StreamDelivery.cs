using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Calls;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Marketplace.GrainHost.Streams;

/// <summary>A published event on its way through the mailbox of a grain with an implicit subscription.</summary>
internal sealed class StreamDelivery<T> : GrainCall, IStreamSubscriptionHandleFactory
{
    private readonly GossipStreamProvider _provider;
    private readonly StreamId _stream;
    private readonly StreamEvent<T> _happened;

    public StreamDelivery(GossipStreamProvider provider, StreamId stream, StreamEvent<T> happened, GrainReference target)
    {
        _provider = provider;
        _stream = stream;
        _happened = happened;
        Target = target;
        Id = NextId();
        IsOneWay = true;
        Own(1);
    }

    public override bool IsPooled => false;

    public override bool AlwaysInterleaves => false;

    public override bool IsReadOnly => false;

    public override string Name => "(stream)";

    public override Action<TimeSpan, Exception?>? Meter => null;

    public override TimeSpan Timeout => TimeSpan.Zero;

    public StreamId StreamId => _stream;

    public string ProviderName => _provider.Name;

    // Async void: errors of the observer are logged, and what escapes despite that is posted to the activation's queue.
    public override async void Run(object grain)
    {
        var activation = Receiver!;
        Exception? error = null;
        try
        {
            if (!activation.HasAskedForObserver(_provider, _stream) && grain is IStreamSubscriptionObserver asked)
            {
                await asked.OnSubscribed(this);
            }
            if (activation.ObserverOf(_provider, _stream) is StreamObserver<T> observer)
            {
                await _happened.DeliverTo(observer);
            }
        }
        catch (Exception exception)
        {
            error = exception;
            HostLog.ObserverFailed(_provider.Host.Logger, exception, _stream);
        }

        activation.BeforeOutcome(this, error);
        activation.AfterCall(this);
        Release();
    }

    public override void DeliverFailure(Exception exception) =>
        throw new InvalidOperationException("No caller waits for a stream delivery: this is a bug in the grain host.");

    public override GrainCall New() =>
        throw new InvalidOperationException("A stream delivery is not pooled: this is a bug in the grain host.");

    StreamSubscriptionHandle<TItem> IStreamSubscriptionHandleFactory.Create<TItem>() =>
        new GrainSubscriptionHandle<TItem>(Receiver!, _provider, _stream);
}
