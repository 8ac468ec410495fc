using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>How one shard of the market reaches the others, and the jobs' grains beside them.</summary>
/// <param name="key">This shard's key.</param>
/// <param name="shards">All of them.</param>
/// <param name="grains">Reaches the others.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class ShardCalls(string key, MarketShards shards, IGrainFactory grains, ILogger<MarketGrain> log)
{
    public string Key => key;

    /// <summary>The keys of the other shards.</summary>
    public ImmutableArray<string> Others { get; } = shards.Keys.Remove(key);

    /// <summary>The shard that gave the lease.</summary>
    public string KeyOf(LeaseId lease) => shards.KeyOfNumber(lease.Start);

    public IMarketShardGrain Shard(string shard) => grains.GetGrain<IMarketShardGrain>(shard);

    public IMarketGrain Market(string shard) => grains.GetGrain<IMarketGrain>(shard);

    public IJobGrain Job(JobId job) => grains.GetGrain<IJobGrain>(job.ToString());

    /// <summary>What fails here is made good by what comes later, as said above.</summary>
    public async Task<bool> Try(Func<Task> call, string whom)
    {
        try
        {
            await LostWrites.Resend(call);
            return true;
        }
        catch (Exception failure)
        {
            LogNoAnswer(failure, key, whom);
            return false;
        }
    }

    [LoggerMessage(EventId = 1215, Level = LogLevel.Warning, Message = "Market {Market}: no answer from {Whom}; it is made good later.")]
    private partial void LogNoAnswer(Exception failure, string market, string whom);

    [LoggerMessage(
        EventId = 1216,
        Level = LogLevel.Warning,
        Message = "Market {Market}: job {Job} was handed to {Shard}, which does not have it; it waits again."
    )]
    public partial void LogRecovered(string market, JobId job, string shard);
}
