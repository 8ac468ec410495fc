using Marketplace.GrainHost.Activations;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>The streams of the embedded host.</summary>
public static class GossipStreams
{
    /// <summary>Adds a stream provider of that name: in memory, lossy, not rewindable.</summary>
    public static IServiceCollection AddGossipStreams(this IServiceCollection services, string name) =>
        services.AddKeyedSingleton<IStreamProvider>(
            name,
            (provider, _) => new GossipStreamProvider(provider.GetRequiredService<HostCore>(), name)
        );

    /// <summary>
    /// Whether an item published now would reach a listener, so that a publisher can save making it. Orleans cannot say: there the
    /// answer is always yes.
    /// </summary>
    public static bool HasListeners(this IStreamProvider provider, StreamId stream) =>
        provider is not GossipStreamProvider gossip || gossip.HasListeners(stream);
}
