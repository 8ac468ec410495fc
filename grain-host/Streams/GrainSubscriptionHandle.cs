using Marketplace.GrainHost.Activations;
using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>The implicit subscription of one activation. It exists as long as the grain class says so; only its observer changes.</summary>
internal sealed class GrainSubscriptionHandle<T>(Activation activation, GossipStreamProvider provider, StreamId stream)
    : StreamSubscriptionHandle<T>
{
    private readonly Guid _handle = provider.NextHandle();

    public override StreamId StreamId => stream;

    public override string ProviderName => provider.Name;

    public override Guid HandleId => _handle;

    /// <summary>Items for this activation are dropped from now on.</summary>
    public override Task UnsubscribeAsync()
    {
        activation.SetObserver(provider, stream, null);
        return Task.CompletedTask;
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null) =>
        Resume(new StreamObserver<T>(observer, null));

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null) =>
        Resume(new StreamObserver<T>(null, observer));

    public override bool Equals(StreamSubscriptionHandle<T>? other) =>
        other is GrainSubscriptionHandle<T> && other.StreamId.Equals(stream) && other.ProviderName == provider.Name;

    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

    public override int GetHashCode() => stream.GetHashCode();

    private Task<StreamSubscriptionHandle<T>> Resume(StreamObserver<T> observer)
    {
        activation.SetObserver(provider, stream, observer);
        return Task.FromResult<StreamSubscriptionHandle<T>>(this);
    }
}
