using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a poll may say. Pure; the messages are for the worker's owner.</summary>
internal static class PollRules
{
    /// <returns>Null where the poll is within the limits.</returns>
    public static MarketException? Refusal(WorkerPoll poll)
    {
        if (poll.Sequence < 1)
        {
            return new MarketException(
                ErrorCode.LimitExceeded,
                $"The poll has the sequence {poll.Sequence}; polls are counted from 1, for each start."
            );
        }
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
