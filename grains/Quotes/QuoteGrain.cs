using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// Asks each shard of the market once for its offers and its figures, and computes. It keeps nothing, so any number of activations answer
/// at once, and jobs never wait for one.
/// </summary>
[StatelessWorker]
public sealed class QuoteGrain(MarketShards shards, ReuseTerms reuse, EpochTerms epochs, MarketDomain domain, TimeProvider clock)
    : Grain,
        IQuoteGrain
{
    public async Task<QuoteSheet> Get(Caller caller, QuoteTerms terms)
    {
        Authorities.Require(caller, Scopes.Read);
        if (QuoteRules.Check(terms) is { } refusal)
        {
            throw new MarketException(refusal.Code, refusal.Message);
        }
        var program = await GrainFactory.GetGrain<IProgramGrain>(terms.Program.ToString()).Get();
        var refusals = await GrainFactory.GetGrain<IAccountGrain>(caller.Account.ToString()).GetRefusals(caller);
        var markets = shards.All(GrainFactory);
        var views = Task.WhenAll(markets.Select(market => market.GetView()));
        var lists = await Task.WhenAll(markets.Select(market => market.ListOffers(after: null, MarketLimits.ListedOffersMax)));
        var offers = lists.SelectMany(list => list).ToImmutableArray();
        var name = ClassFigures.NameOf(QuoteRules.SpecOf(terms, Assurance.None));
        var turnarounds = (await views)
            .SelectMany(view => view.Classes.IsDefault ? [] : view.Classes)
            .Where(prices => prices.Name == name)
            .Select(prices => prices.Turnarounds);
        var supply = new QuoteSupply(
            Account: caller.Account,
            Program: program,
            Offers: offers,
            IsOffersLeast: lists.Any(list => list.Length == MarketLimits.ListedOffersMax),
            Refusals: refusals,
            BuyerScore: await BuyerScore(caller.Account, offers),
            Turnarounds: QuoteRules.Slowest(turnarounds),
            CommitteeStake: epochs.StakeMin
        )
        {
            OnChain = await FindChainCommittees(terms),
        };
        var isReusable = ReuseRules.CheckNew(QuoteRules.SpecOf(terms, Assurance.None) with { Reuse = true }, program) is null;
        return QuoteRules.Quote(terms, supply, AssuranceRules.Offered) with { ReusePercent = isReusable ? reuse.Percent : null };
    }

    /// <summary>Read only where a committee is asked for.</summary>
    private async ValueTask<ChainCommittees?> FindChainCommittees(QuoteTerms terms)
    {
        if (!domain.Settles || terms.Assurances.All(assurance => assurance.Kind != AssuranceKind.Committee))
        {
            return null;
        }
        var stakes = await GrainFactory.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey).GetStakes();
        var roster = await GrainFactory.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey).GetCurrent();
        var signs = roster is not null && !(clock.GetUtcNow() >= roster.SignsUntil);
        return new ChainCommittees(ChainStakes.ByKey(stakes), !signs ? [] : [.. roster!.Drawn.Select(member => member.Weight)]);
    }

    /// <summary>Read only where an offer asks for it, as the market does.</summary>
    private async ValueTask<int> BuyerScore(AccountId account, ImmutableArray<OfferView> offers) =>
        offers.Any(offer => offer.Offer.BuyerReputationMin > 0)
            ? (await GrainFactory.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(account)).Get(caller: null)).Standing.Score
            : 0;
}
