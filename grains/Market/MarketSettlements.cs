using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Asks workers that serve in the committee on the chain to sign settlements: in each round of maintenance, as long as their signatures are
/// missing. A market that settles nowhere asks nothing.
/// </summary>
internal sealed partial class MarketSettlements(
    MarketBook book,
    MarketDomain domain,
    IGrainFactory grains,
    Action act,
    ILogger<MarketGrain> log
)
{
    private bool _isLooking;

    private ISettlementGrain Settlements => grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);

    public async Task Look()
    {
        if (_isLooking || !domain.Settles || !book.Panels.HasServingWorkers)
        {
            return;
        }
        _isLooking = true;
        try
        {
            if (await Settlements.GetCollection() is { } collection)
            {
                foreach (var worker in collection.Missing)
                {
                    // One that another shard has lent is asked there.
                    if (book.Offers.GetValueOrDefault(worker) is { } offer)
                    {
                        offer.OrderSettlement(collection.Request);
                        book.Touched.Add(offer);
                    }
                }
            }
        }
        catch (Exception failure)
        {
            LogUnknown(failure);
        }
        finally
        {
            _isLooking = false;
        }
        act();
    }

    public Task Take(WorkerId worker, SettlementVote vote) =>
        domain.Settles ? LostWrites.Resend(() => Settlements.Vote(worker, vote, Authority.Market)) : Task.CompletedTask;

    [LoggerMessage(EventId = 1226, Level = LogLevel.Warning, Message = "The settlement to sign could not be read; it is asked for again.")]
    private partial void LogUnknown(Exception failure);
}
