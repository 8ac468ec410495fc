using System.Collections.Immutable;
using System.Numerics;
using Marketplace.GrainInterfaces;
using MarketSpan = Marketplace.GrainInterfaces.PriceSpan;

namespace Marketplace.Gateway;

/// <summary>What the shards of the market show, put together: readers see one market.</summary>
internal static class MarketViews
{
    public static MarketView Join(IReadOnlyCollection<MarketView> shards) =>
        shards.Count == 1
            ? shards.First()
            : new(
                QueuedJobs: shards.Sum(shard => shard.QueuedJobs),
                LeasedJobs: shards.Sum(shard => shard.LeasedJobs),
                Workers: shards.Sum(shard => shard.Workers),
                Slots: shards.Sum(shard => shard.Slots),
                LowestPricePerMillionFuel: Least(shards.Select(shard => shard.LowestPricePerMillionFuel)),
                Classes: JoinClasses([.. shards.Where(shard => !shard.Classes.IsDefault).SelectMany(shard => shard.Classes)])
            );

    /// <summary>The first offers of all shards, in their order.</summary>
    /// <param name="shards">The first of each, as many as are wanted in all.</param>
    /// <param name="limit">How many are wanted.</param>
    public static ImmutableArray<OfferView> Join(IEnumerable<ImmutableArray<OfferView>> shards, int limit) =>
        [
            .. shards
                .SelectMany(offers => offers)
                .OrderBy(offer => offer.Offer.PricePerMillionFuel)
                .ThenBy(offer => offer.Offer.Worker)
                .Take(limit),
        ];

    private static ImmutableArray<ClassPrices> JoinClasses(ClassPrices[] all) =>
        [
            .. all.GroupBy(prices => prices.Name)
                .Select(shards => new ClassPrices(
                    Name: shards.Key,
                    ReadyJobs: shards.Sum(shard => shard.ReadyJobs),
                    RunningJobs: shards.Sum(shard => shard.RunningJobs),
                    Slots: shards.Sum(shard => shard.Slots),
                    Free: JoinLevels(shards.SelectMany(shard => shard.Free)),
                    // Each shard's last price is as old as its last match; that of the latest span is the newest.
                    LastPrice: shards.OrderByDescending(LastMatch).First().LastPrice,
                    Hour: JoinSpans(shards.SelectMany(shard => shard.Hour)),
                    Day: JoinSpans(shards.SelectMany(shard => shard.Day))
                ))
                .OrderByDescending(prices => prices.ReadyJobs + prices.RunningJobs),
        ];

    private static DateTimeOffset LastMatch(ClassPrices prices) =>
        prices.Hour.Concat(prices.Day).Where(span => span.Matches > 0).Select(span => span.From).DefaultIfEmpty().Max();

    private static ImmutableArray<PriceLevel> JoinLevels(IEnumerable<PriceLevel> levels) =>
        [
            .. levels
                .GroupBy(level => level.Price)
                .Select(same => new PriceLevel(same.Key, same.Sum(level => level.Slots)))
                .OrderBy(level => level.Price)
                .Take(MarketLimits.PriceLevelsMax),
        ];

    private static ImmutableArray<MarketSpan> JoinSpans(IEnumerable<MarketSpan> spans) =>
        [.. spans.GroupBy(span => span.From).OrderBy(same => same.Key).Select(same => JoinSpan([.. same]))];

    /// <summary>The mean is that of all matches, rounded down; use is the mean of the shards that looked.</summary>
    private static MarketSpan JoinSpan(MarketSpan[] same)
    {
        var matched = same.Where(span => span.Matches > 0).ToArray();
        var sum = matched.Aggregate(BigInteger.Zero, (sum, span) => sum + ((BigInteger)span.Mean!.Value.BaseUnits * span.Matches));
        var matches = matched.Sum(span => span.Matches);
        var used = same.Where(span => span.UsedPermille is not null).ToArray();
        return new MarketSpan(
            From: same[0].From,
            Matches: matches,
            Low: Least(matched.Select(span => span.Low)),
            Mean: matches == 0 ? null : new TokenAmount((UInt128)(sum / matches)),
            High: matches == 0 ? null : matched.Max(span => span.High),
            UsedPermille: used.Length == 0 ? null : (int)used.Average(span => span.UsedPermille!.Value)
        );
    }

    private static TokenAmount? Least(IEnumerable<TokenAmount?> prices) => prices.Where(price => price is not null).Min();
}
