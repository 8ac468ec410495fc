using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What the market knows of the epochs of its committees, and what it asks of their workers for the next one. It asks in each round of
/// maintenance while some worker here serves; a market without committees asks nothing.
/// </summary>
internal sealed partial class MarketEpochs(MarketBook book, MarketDomain domain, IGrainFactory grains, Action act, ILogger<MarketGrain> log)
{
    /// <summary>What their members sign for the chain.</summary>
    public MarketSettlements Settlements { get; } = new(book, domain, grains, act, log);

    private bool _isLooking;

    private ICommitteeGrain Committees => grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);

    public Task Look() => Task.WhenAll(LookAtEpoch(), Settlements.Look());

    private async Task LookAtEpoch()
    {
        if (_isLooking || !book.Panels.HasServingWorkers)
        {
            return;
        }
        _isLooking = true;
        try
        {
            if (await Committees.GetCurrent() is { } roster)
            {
                book.Panels.SetRoster(roster);
            }
            if (await Committees.GetCollection() is { } collection)
            {
                foreach (var worker in collection.Missing)
                {
                    // One that another shard has lent is asked there.
                    if (book.Offers.GetValueOrDefault(worker) is { } offer)
                    {
                        offer.OrderShare(collection.Request);
                        book.Touched.Add(offer);
                    }
                }
            }
        }
        catch (Exception failure)
        {
            // Jobs with a committee wait, or go on under the epoch that is known; the next round asks again.
            LogEpochUnknown(failure);
        }
        finally
        {
            _isLooking = false;
        }
        act();
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public async Task Share(WorkerId worker, ImmutableArray<CommitteeShare> shares)
    {
        if (shares.Length > PanelPolicy.SharesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"There are {shares.Length} shares; {PanelPolicy.SharesMax} epoch is asked for at a time."
            );
        }
        foreach (var share in shares)
        {
            await LostWrites.Resend(() => Committees.Share(worker, share, Authority.Market));
        }
    }

    [LoggerMessage(
        EventId = 1223,
        Level = LogLevel.Warning,
        Message = "The epoch of the committees could not be read; it is asked for again."
    )]
    private partial void LogEpochUnknown(Exception failure);
}
