using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// The market as one worker calls it: the worker's own shard has its offer and answers its polls; a lease, and a window of receipts, is the
/// business of the shard that gave it.
/// </summary>
/// <param name="shards">All shards.</param>
/// <param name="grains">Reaches them.</param>
/// <param name="worker">Who calls.</param>
public sealed class WorkerMarket(MarketShards shards, IGrainFactory grains, WorkerId worker)
{
    /// <summary>Where its offer is.</summary>
    public IMarketGrain Own => shards.Of(grains, worker);

    /// <inheritdoc cref="IMarketGrain.Heartbeat"/>
    public Task<ImmutableArray<LeaseId>> Heartbeat(ImmutableArray<LeaseProgress> runs) =>
        // Its own shard hears also from a worker that runs nothing.
        Gather(runs, run => run.Lease, (market, some) => market.Heartbeat(worker, some), asksOwn: true);

    /// <inheritdoc cref="IMarketGrain.Commit"/>
    public Task<ImmutableArray<RefusedReport>> Commit(ImmutableArray<SealedResult> results) =>
        Gather(results, result => result.Lease, (market, some) => market.Commit(worker, some), asksOwn: false);

    /// <inheritdoc cref="IMarketGrain.Report"/>
    public Task<ImmutableArray<RefusedReport>> Report(ImmutableArray<LeaseReport> reports) =>
        Gather(reports, report => report.Lease, (market, some) => market.Report(worker, some), asksOwn: false);

    /// <inheritdoc cref="IMarketGrain.Settle"/>
    public Task Settle(SettlementVote vote) => Own.Settle(worker, vote);

    /// <inheritdoc cref="IMarketGrain.Vote"/>
    public Task Vote(ImmutableArray<WindowVote> votes, ImmutableArray<CommitteeShare> shares)
    {
        var own = shards.KeyOf(worker);
        var parts = Split(votes, vote => vote.Window, alsoOwn: !shares.IsDefaultOrEmpty);
        return Task.WhenAll(parts.Select(part => Shard(part.Key).Vote(worker, [.. part.Value], part.Key == own ? shares : [])));
    }

    private IMarketGrain Shard(string key) => grains.GetGrain<IMarketGrain>(key);

    private async Task<ImmutableArray<TAnswer>> Gather<TItem, TAnswer>(
        ImmutableArray<TItem> items,
        Func<TItem, LeaseId> leaseOf,
        Func<IMarketGrain, ImmutableArray<TItem>, Task<ImmutableArray<TAnswer>>> call,
        bool asksOwn
    )
    {
        if (shards.Keys.Length == 1 || items.IsDefaultOrEmpty)
        {
            return await call(Own, items);
        }
        var parts = Split(items, item => leaseOf(item).Start, asksOwn);
        var answers = await Task.WhenAll(parts.Select(part => call(Shard(part.Key), [.. part.Value])));
        return [.. answers.Where(answer => !answer.IsDefault).SelectMany(answer => answer)];
    }

    private Dictionary<string, List<TItem>> Split<TItem>(ImmutableArray<TItem> items, Func<TItem, long> numberOf, bool alsoOwn)
    {
        var parts = new Dictionary<string, List<TItem>>();
        if (alsoOwn)
        {
            parts.Add(shards.KeyOf(worker), []);
        }
        foreach (var item in items.IsDefault ? [] : items)
        {
            var key = shards.KeyOfNumber(numberOf(item));
            if (!parts.TryGetValue(key, out var part))
            {
                parts.Add(key, part = []);
            }
            part.Add(item);
        }
        return parts;
    }
}
