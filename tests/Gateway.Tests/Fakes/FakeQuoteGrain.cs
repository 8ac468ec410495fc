using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Keeps what it was asked; each assurance costs its seats, and the second cannot be had.</summary>
internal sealed class FakeQuoteGrain(FakeMarket market) : IQuoteGrain
{
    public Task<GrainInterfaces.QuoteSheet> Get(Caller caller, QuoteTerms terms)
    {
        market.ThrowFault();
        market.QuoteTerms = terms;
        if (!market.Programs.ContainsKey(terms.Program))
        {
            throw new MarketException(ErrorCode.ProgramNotFound, "There is no such program.");
        }
        return Task.FromResult(
            new GrainInterfaces.QuoteSheet(
                Owners: 7,
                IsOwnersLeast: true,
                [
                    .. terms.Assurances.Select(
                        (assurance, index) =>
                            new AssuranceQuote(
                                Assurance: assurance,
                                Obstacle: index == 1 ? "Not now." : null,
                                PriceExpected: index == 1 ? null : new TokenAmount((UInt128)assurance.Seats),
                                PriceMax: index == 1 ? null : new TokenAmount((UInt128)assurance.Seats * 2),
                                Delay: index == 1 ? null : TimeSpan.FromMilliseconds(1500),
                                WrongAccepted: "2.16e-1"
                            )
                    ),
                ],
                ReusePercent: 20
            )
        );
    }
}
