using System.Buffers.Binary;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The number of shards of the cluster's market, which all silos must count alike: two that differ look for a job in different grains. So
/// the first silo writes it into the database, and a silo with another number does not start unless it is told to change it.
/// </summary>
internal static class ClusterShards
{
    private static readonly DocumentKey Key = new("cluster", "shards");

    /// <exception cref="SiloOptionsException">The options have another number than the database.</exception>
    public static async Task<MarketShards> Find(IDocumentStore store, SiloOptions options)
    {
        while (true)
        {
            var found = await store.Read(Key);
            var known = found is { } document ? BinaryPrimitives.ReadInt32LittleEndian(document.Content.Span) : (int?)null;
            var wanted = options.Shards == 0 ? known ?? SiloOptions.ShardsUsual : options.Shards;
            if (known == wanted)
            {
                return new MarketShards(wanted);
            }
            if (known is not null && !options.ChangeShards)
            {
                throw new SiloOptionsException(
                    $"The cluster's market has {known} shards, and --shards is {wanted}. Leave the option out; or stop "
                        + $"all silos and start one with --shards {wanted} --change-shards true."
                );
            }
            var content = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(content, wanted);
            try
            {
                await store.Write(Key, found?.Version ?? 0, content);
            }
            catch (VersionConflictException)
            {
                // Another silo that starts at this moment was first.
                continue;
            }
            return new MarketShards(wanted);
        }
    }
}
