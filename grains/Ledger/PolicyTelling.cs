using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What the market's ledger is told when a silo starts: by which rules of money and admission it runs.</summary>
public static class PolicyTelling
{
    /// <summary>
    /// Appends the options unless they are those of the newest policy. It may be repeated; silos that start together with the same options
    /// tell one change.
    /// </summary>
    /// <param name="grains">Reach the ledger.</param>
    /// <param name="options">Their names and values.</param>
    /// <param name="at">When the silo began to follow them.</param>
    /// <exception cref="MarketException">The ledger does not answer; send it again.</exception>
    public static async Task Tell(IGrainFactory grains, IEnumerable<KeyValuePair<string, string>> options, DateTimeOffset at)
    {
        ImmutableArray<ChangeWord> words =
        [
            .. options
                .OrderBy(option => option.Key, StringComparer.Ordinal)
                .Select(option => new ChangeWord("option", $"{option.Key}={option.Value}")),
        ];
        var ledger = grains.GetGrain<ILedgerGrain>(LedgerName.Market.ToString());
        var newest = await LostWrites.Resend(() => ledger.FindNewest(LedgerKinds.Policy));
        if (newest is null || !newest.Subject.SequenceEqual(words))
        {
            await grains.Tell(LedgerName.Market, [LedgerChanges.Policy(words, newest?.Index, at)], Authority.Silo);
        }
    }
}
