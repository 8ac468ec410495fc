using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The market's key pair, which all silos of a cluster share: the first silo puts that of its data folder into the database. There it is no
/// less safe than the books: who can write there owns the market. It stays out of exports, which say nothing of the cluster.
/// </summary>
internal static class ClusterMarketKey
{
    private static readonly DocumentKey Key = new("cluster", "market-key");

    public static async Task<MarketIdentity> Find(IDocumentStore store, SiloFolder folder)
    {
        if (await Read(store) is { } shared)
        {
            return shared;
        }
        var own = folder.KeyPair(SiloFolder.MarketKey);
        var seed = new byte[Ed25519.SeedSize];
        own.CopySeedTo(seed);
        try
        {
            await store.Write(Key, 0, seed);
            return new MarketIdentity(own);
        }
        catch (VersionConflictException)
        {
            // Another silo that starts at this moment was first.
            own.Dispose();
            return await Read(store)
                ?? throw new InvalidOperationException("This is a bug in the silo: the document that was in the way is not there.");
        }
    }

    private static async Task<MarketIdentity?> Read(IDocumentStore store) =>
        await store.Read(Key) is { } found ? new MarketIdentity(new Ed25519KeyPair(found.Content.Span)) : null;
}
