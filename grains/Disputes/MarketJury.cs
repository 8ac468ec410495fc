using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Juries of the market's own workers, drawn by the shard that the job belonged to.</summary>
internal sealed class MarketJury(IGrainFactory grains, MarketShards shards) : IJury
{
    public Task Summon(Trial trial) => MarketOf(trial.Ticket).Try(trial, Authority.Dispute);

    public Task<int?> CountIn(JobTicket ticket) => MarketOf(ticket).CountJurors(ticket.Job);

    private IMarketGrain MarketOf(JobTicket ticket) => grains.GetGrain<IMarketGrain>(shards.KeyOf(ticket));
}
