using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Turns;
using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>One stream, as a publisher or a listener holds it.</summary>
internal sealed class GossipStream<T>(GossipStreamProvider provider, StreamId id) : IAsyncStream<T>
{
    private readonly IReadOnlyList<GrainClass> _listening = provider.Host.Classes.ListeningTo(id.GetNamespace());

    public bool IsRewindable => false;

    public string ProviderName => provider.Name;

    public StreamId StreamId => id;

    public Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        RefuseToken(token);
        if (HasListeners)
        {
            Publish([item]);
        }
        return Task.CompletedTask;
    }

    public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        RefuseToken(token);
        if (HasListeners)
        {
            Publish(batch);
        }
        return Task.CompletedTask;
    }

    public Task OnCompletedAsync()
    {
        Publish(new StreamEvent<T>([], true, null));
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        Publish(new StreamEvent<T>([], false, ex));
        return Task.CompletedTask;
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => SubscribeAsync(observer, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(
        IAsyncObserver<T> observer,
        StreamSequenceToken? token,
        string? filterData = null
    )
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (filterData is not null)
        {
            throw new NotSupportedException("The embedded host does not filter streams.");
        }
        return Subscribe(new StreamObserver<T>(observer, null), token);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) => SubscribeAsync(observer, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Subscribe(new StreamObserver<T>(null, observer), token);
    }

    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
    {
        IList<StreamSubscriptionHandle<T>> handles = TurnQueue.Current is Activation activation
            ? IsImplicit(activation)
                ? [new GrainSubscriptionHandle<T>(activation, provider, id)]
                : []
            : [.. provider.ClientsOf<T>(id).Select(client => new ClientSubscriptionHandle<T>(client))];
        return Task.FromResult(handles);
    }

    private bool HasListeners => _listening.Count > 0 || provider.HasListeners(id);

    private Task<StreamSubscriptionHandle<T>> Subscribe(StreamObserver<T> observer, StreamSequenceToken? token)
    {
        RefuseToken(token);
        if (TurnQueue.Current is Activation activation)
        {
            if (!IsImplicit(activation))
            {
                throw new NotSupportedException(
                    $"{activation.GrainId} has no [ImplicitStreamSubscription] for the stream {id}, "
                        + "and grains of the embedded host have no other subscriptions."
                );
            }

            activation.SetObserver(provider, id, observer);
            return Task.FromResult<StreamSubscriptionHandle<T>>(new GrainSubscriptionHandle<T>(activation, provider, id));
        }

        var client = new ClientSubscription<T>(provider, id, observer);
        provider.Add(id, client);
        return Task.FromResult<StreamSubscriptionHandle<T>>(new ClientSubscriptionHandle<T>(client));
    }

    private bool IsImplicit(Activation activation) =>
        _listening.Contains(activation.GrainClass) && activation.GrainId.Key.Equals(id.KeySpan);

    private void Publish(IEnumerable<T> items)
    {
        var batch = provider.NextBatch();
        List<SequentialItem<T>> places = [.. items.Select((item, index) => new SequentialItem<T>(item, new StreamPlace(batch, index)))];
        if (places.Count > 0)
        {
            Publish(new StreamEvent<T>(places, false, null));
        }
    }

    private void Publish(StreamEvent<T> happened)
    {
        foreach (var client in provider.ClientsOf<T>(id))
        {
            client.Offer(happened);
        }
        foreach (var grainClass in _listening)
        {
            var grain = new GrainId(grainClass.GrainType, id.KeySpan);
            var reference = provider.Host.Proxies.Create(grainClass.Interfaces[0], grain);
            provider.Host.Dispatcher.Deliver(new StreamDelivery<T>(provider, id, happened, reference));
        }
    }

    private static void RefuseToken(StreamSequenceToken? token)
    {
        if (token is not null)
        {
            throw new NotSupportedException("The streams of the embedded host cannot be rewound: the token must be null.");
        }
    }
}
