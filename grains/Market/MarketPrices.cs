using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What jobs of each capability class paid, how many wait, and which slots are free at which price.</summary>
/// <param name="offers">All offers.</param>
internal sealed class MarketPrices(OfferTree offers)
{
    private readonly Dictionary<(JobClass Class, int MemoryPages), ClassFigures> _figures = [];
    private long _uses;

    /// <returns>What is wrong; empty where the figures are those of the jobs. For tests.</returns>
    public IEnumerable<string> Violations(IReadOnlyCollection<MarketJob> jobs) =>
        from figures in _figures.Values
        let own = jobs.Where(job => job.Figures == figures).ToArray()
        let counted = (own.Count(job => job.Phase == MarketPhase.Ready), own.Count(job => job.Lease is not null))
        where counted != (figures.Ready, figures.Running)
        select $"class '{figures.Name}' has {counted} jobs ready and running, and {(figures.Ready, figures.Running)} are counted";

    /// <summary>How busy the workers of the classes are that people look at. Called with each round of maintenance.</summary>
    public void SampleUse(MarketTime now)
    {
        foreach (var figures in Busiest())
        {
            var (used, slots, _) = SupplyOf(figures);
            figures.Sample(used, slots, now.Wall);
        }
    }

    public ImmutableArray<ClassPrices> ToView(MarketTime now) =>
        [
            .. Busiest()
                .Select(figures =>
                {
                    var (_, slots, free) = SupplyOf(figures);
                    return figures.ToView(slots, free, now.Wall);
                }),
        ];

    private ClassFigures[] Busiest() =>
        [
            .. _figures
                .Values.OrderByDescending(figures => figures.Ready + figures.Running)
                .ThenByDescending(figures => figures.UsedAt)
                .Take(MarketPolicy.PricedClassesMax),
        ];

    /// <summary>The slots of the cheapest offers that jobs of the class may go to, apart from refusals.</summary>
    private (int Used, int Slots, ImmutableArray<PriceLevel> Free) SupplyOf(ClassFigures figures)
    {
        var (used, slots, left) = (0, 0, MarketPolicy.SurveyedOffersMax);
        var free = ImmutableArray.CreateBuilder<PriceLevel>();
        offers.Walk(offer =>
        {
            if ((offer.Classes & figures.Class.Bit) != 0 && offer.Offer.MemoryPagesMax >= figures.MemoryPagesMax)
            {
                used += Math.Min(offer.SlotsUsed, offer.Offer.Slots);
                slots += offer.Offer.Slots;
                AddLevel(free, offer.Price, Math.Max(0, offer.Offer.Slots - offer.SlotsUsed));
            }
            return --left > 0;
        });
        return (used, slots, free.ToImmutable());
    }

    private static void AddLevel(ImmutableArray<PriceLevel>.Builder levels, TokenAmount price, int slots)
    {
        if (slots == 0)
        {
            return;
        }
        if (levels.Count > 0 && levels[^1].Price == price)
        {
            levels[^1] = new PriceLevel(price, levels[^1].Slots + slots);
        }
        else if (levels.Count < MarketPolicy.PriceLevelsMax)
        {
            levels.Add(new PriceLevel(price, slots));
        }
    }

    /// <summary>The figures that a job counts in. Beyond their bound those that were used least lately and have no jobs go.</summary>
    public ClassFigures Of(MarketJob job)
    {
        var key = (job.Class, ClassFigures.MemoryOf(job.Ticket.Spec));
        if (!_figures.TryGetValue(key, out var figures))
        {
            if (_figures.Count >= MarketPolicy.FiguresMax)
            {
                var unused = _figures.Where(each => each.Value.Ready + each.Value.Running == 0).MinBy(each => each.Value.UsedAt);
                if (unused.Value is not null)
                {
                    _figures.Remove(unused.Key);
                }
            }
            _figures.Add(key, figures = new ClassFigures(job.Class, key.Item2));
        }
        figures.UsedAt = ++_uses;
        return figures;
    }
}
