using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Juries of the market's own workers, drawn by the shard that the job belonged to.</summary>
internal sealed class MarketJury(IGrainFactory grains, MarketShards shards) : IJury
{
    public Task Summon(Trial trial) => grains.GetGrain<IMarketGrain>(shards.KeyOf(trial.Ticket)).Try(trial, Authority.Dispute);
}
