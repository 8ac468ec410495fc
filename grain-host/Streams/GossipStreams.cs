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
    /// Whether anybody would get an item published now, so that a publisher can save making it. Orleans has no such question:
    /// there the answer must be yes.
    /// </summary>
    public static bool HasListeners(this IStreamProvider provider, StreamId stream) =>
        provider is not GossipStreamProvider gossip || gossip.HasListeners(stream);
}
