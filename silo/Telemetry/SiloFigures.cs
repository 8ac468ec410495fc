using System.Diagnostics.Metrics;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// Figures that the silo keeps anyway, as instruments that are looked at when metrics are collected. Those that only grains know are asked
/// for before each collection, which cannot wait for them. A figure that cannot be had is not told.
/// </summary>
internal sealed partial class SiloFigures(
    IGrainFactory grains,
    MarketShards shards,
    IBookCheck books,
    IAccountLists lists,
    LoadBars bars,
    ISiloFacts facts,
    GrainMeter meters,
    StorageFacts storage,
    SiloOptions options,
    ILogger<SiloFigures> log
)
{
    private volatile IReadOnlyList<MarketView> _market = [];
    private volatile SiloGrains? _grains;
    private volatile SettlementStatus? _chain;

    public void Observe(Meter meter)
    {
        MarketMetrics.QueueJobs.Observe(meter, QueuesByClass);
        MarketMetrics.QueueWait.Observe<double>(meter, () => [new Measurement<double>(bars.View.Waited.TotalSeconds)]);
        MarketMetrics.LoadBar.Observe<long>(meter, () => [new Measurement<long>(bars.View.Priority)]);
        MarketMetrics.JobsShed.Observe(meter, ShedByPriority);
        MarketMetrics.LeasedJobs.Observe(meter, () => OfMarket(view => view.LeasedJobs));
        MarketMetrics.OfferWorkers.Observe(meter, () => OfMarket(view => view.Workers));
        MarketMetrics.OfferSlots.Observe(meter, () => OfMarket(view => view.Slots));
        MarketMetrics.MoneyHeld.Observe(meter, () => OfBooks(last => (double)last.Held.BaseUnits));
        MarketMetrics.BookViolations.Observe(meter, () => OfBooks(last => (double)last.ViolationCount));
        MarketMetrics.FoldLag.Observe<long>(meter, () => [new Measurement<long>(lists.Lag)]);
        MarketMetrics.DiskFree.Observe<long>(meter, () => [new Measurement<long>(storage.FreeBytes)]);
        MarketMetrics.GrainCalls.Observe(meter, () => OfMethods(method => method.Calls));
        MarketMetrics.GrainFailures.Observe(meter, () => OfMethods(method => method.Failures));
        MarketMetrics.GrainActivations.Observe(meter, Activations);
        if (options.SettlesOnChain)
        {
            MarketMetrics.ChainLag.Observe(meter, ChainLag);
        }
    }

    /// <summary>Asks the grains.</summary>
    public async Task Read(CancellationToken cancellation)
    {
        _market =
            await Try(
                async () => await Task.WhenAll(shards.All(grains).Select(market => market.GetView())).WaitAsync(cancellation),
                "the market"
            ) ?? [];
        _grains = await Try(() => facts.Grains(cancellation), "the grain host");
        if (options.SettlesOnChain)
        {
            _chain = await Try(
                () => grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey).GetStatus().WaitAsync(cancellation),
                "the settlements"
            );
        }
    }

    private IEnumerable<Measurement<long>> QueuesByClass() =>
        _market
            .SelectMany(view => view.Classes.IsDefault ? [] : view.Classes)
            .GroupBy(prices => prices.Name)
            .Select(same => new Measurement<long>(same.Sum(prices => (long)prices.ReadyJobs), Tag("class", same.Key)));

    private IEnumerable<Measurement<long>> ShedByPriority() =>
        bars
            .View.Refused.Select((count, index) => new Measurement<long>(count, Tag("priority", $"{index + 1}")))
            .Where(shed => shed.Value > 0);

    private IEnumerable<Measurement<long>> OfMarket(Func<MarketView, int> figure) =>
        _market.Count == 0 ? [] : [new Measurement<long>(_market.Sum(view => (long)figure(view)))];

    private IEnumerable<Measurement<double>> OfBooks(Func<BookReport, double> figure) =>
        books.Status.Last is { } last ? [new Measurement<double>(figure(last))] : [];

    private IEnumerable<Measurement<long>> OfMethods(Func<(string Grain, string Method, long Calls, long Failures), long> figure) =>
        meters
            .SinceStart()
            .Select(method => new Measurement<long>(figure(method), Tag("grain", method.Grain), Tag("method", method.Method)));

    private IEnumerable<Measurement<long>> Activations() =>
        (_grains?.Grains ?? []).Select(grain =>
            grain.Silo is { } silo
                ? new Measurement<long>(grain.Activations, Tag("grain", grain.Grain), Tag("silo", silo))
                : new Measurement<long>(grain.Activations, Tag("grain", grain.Grain))
        );

    private IEnumerable<Measurement<long>> ChainLag() =>
        _chain is { Head: > 0 } chain ? [new Measurement<long>((long)(chain.Head - Math.Min(chain.Head, chain.Counted)))] : [];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private async Task<TFigures?> Try<TFigures>(Func<Task<TFigures>> read, string whom)
        where TFigures : class
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogNotRead(failure, whom);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Whom} could not be asked for figures; they are missing from the metrics")]
    private partial void LogNotRead(Exception failure, string whom);
}
