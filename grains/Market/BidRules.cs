using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How many bids one poll may have. Pure; the message is for the worker's owner.</summary>
internal static class BidRules
{
    /// <returns>Null where the poll is within the limit.</returns>
    public static MarketException? Refusal(WorkerPoll poll)
    {
        var (bids, opened) = (poll.Bids.IsDefault ? 0 : poll.Bids.Length, poll.Opened.IsDefault ? 0 : poll.Opened.Length);
        return Math.Max(bids, opened) <= MarketPolicy.WorkerBidsMax
            ? null
            : new MarketException(
                ErrorCode.LimitExceeded,
                $"The poll has {bids} sealed and {opened} opened bids; allowed are {MarketPolicy.WorkerBidsMax} of each: a worker is "
                    + "invited to no more auctions at a time."
            );
    }
}
