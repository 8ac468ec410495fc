using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Into how many shards the market is divided: each is a grain with a queue and offers of its own. A job is in the shard of its account,
/// or of its program where it uses state, so that such jobs stand in one line; a worker's offer is in the shard of its key. All silos of a
/// market count the same number.
/// </summary>
public sealed class MarketShards
{
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="count"/> is not from 1 to <see cref="MarketLimits.ShardsMax"/>.
    /// </exception>
    public MarketShards(int count = 1)
    {
        if (count is < 1 or > MarketLimits.ShardsMax)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A market has 1 to {MarketLimits.ShardsMax} shards.");
        }
        Keys =
        [
            .. Enumerable.Range(0, count).Select(index => index == 0 ? MarketLimits.DefaultClass : $"{MarketLimits.DefaultClass}/{index}"),
        ];
    }

    /// <summary>The keys of the shards' grains. The first is that of a market without shards.</summary>
    public ImmutableArray<string> Keys { get; }

    public string KeyOf(WorkerId worker) => KeyOf(worker.Value);

    /// <summary>Where the account's jobs are, those apart that use state.</summary>
    public string KeyOf(AccountId account) => KeyOf(account.Value);

    public string KeyOf(AccountId account, ProgramId program, bool usesState) => KeyOf(usesState ? program.Value : account.Value);

    public string KeyOf(JobTicket ticket) => KeyOf(ticket.Account, ticket.Spec.Program, ticket.UsesState);

    /// <summary>
    /// Whose number it is. The numbers that shards give to their starts and windows differ, so that a lease, and a vote, finds the shard
    /// that asked for it.
    /// </summary>
    public string KeyOfNumber(long number) => Keys[(int)((ulong)number % (ulong)Keys.Length)];

    /// <summary>The least number of the shard from <paramref name="least"/> on, which is not negative.</summary>
    public long NumberFrom(string shard, long least)
    {
        var (place, count) = (Keys.IndexOf(shard), Keys.Length);
        return checked(least + ((place - least % count + count) % count));
    }

    /// <summary>The shard that gave the lease.</summary>
    public IMarketGrain Of(IGrainFactory grains, LeaseId lease) => grains.GetGrain<IMarketGrain>(KeyOfNumber(lease.Start));

    public IMarketGrain Of(IGrainFactory grains, WorkerId worker) => grains.GetGrain<IMarketGrain>(KeyOf(worker));

    public ImmutableArray<IMarketGrain> All(IGrainFactory grains) => [.. Keys.Select(key => grains.GetGrain<IMarketGrain>(key))];

    private string KeyOf(Bytes32 id) => Keys[(int)(id.Prefix % (ulong)Keys.Length)];
}
