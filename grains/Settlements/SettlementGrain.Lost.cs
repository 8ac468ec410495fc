using System.Collections.Immutable;
using Marketplace.Chain;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// A chain that is reorganised deeper than was waited for may lose settlements. The escrow takes the next number alone, so they are sent
/// again, in their order and as their members have signed them: members sign no other version of a number once they have signed a later
/// one.
/// </summary>
internal sealed partial class SettlementGrain
{
    /// <summary>What the chain has settled no longer is under way again.</summary>
    private async Task TakeBack(ChainBooks books, ChainBlock counted)
    {
        var there = books.Last?.Number ?? 0;
        // A node that lags behind knows less than was counted, and nothing is lost.
        if (there + 1 >= State.Next || counted.Number < State.Counted)
        {
            return;
        }
        ImmutableArray<BooksUnderWay> lost = [.. State.Kept.Where(version => version.Settlement.Number > there)];
        if (lost.IsEmpty || lost[0].Settlement.Number != there + 1)
        {
            throw Waits(
                SettlementTrouble.Lost,
                $"The chain has lost the settlements {there + 1} to {State.Next - 1}; the market can send the last {lost.Length} of them "
                    + $"again, and keeps {SettlementPolicy.SentAgainMax} at most. Nothing is settled until an operator has looked."
            );
        }
        LogLost(there + 1, State.Next - 1, _terms.Confirmations);
        ImmutableArray<SettledBooks> past = [.. State.Past.Where(settled => settled.Settlement.Number <= there)];
        await Write(
            State with
            {
                Past = past,
                Kept = [.. State.Kept.Where(version => version.Settlement.Number <= there)],
                Batches = past.IsEmpty ? 0 : past[^1].Content.Batches,
                Open = lost[0],
                Again = [.. lost.Skip(1), .. State.InLine],
            }
        );
        _votes = null;
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The chain was reorganised and has lost the settlements {First} to {Last}, which are sent again. {Confirmations} blocks "
            + "are too few to wait for on this chain"
    )]
    private partial void LogLost(ulong first, ulong last, int confirmations);
}
