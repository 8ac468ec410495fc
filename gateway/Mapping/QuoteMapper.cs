using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Gateway;

/// <summary>Between the quotes of the API and those of the grains. Pure.</summary>
internal static class QuoteMapper
{
    /// <summary>What is compared where a request names nothing: each kind, from the cheapest to the surest.</summary>
    private static readonly ImmutableArray<Assurance> Usual =
    [
        Assurance.None,
        Assurance.Audit(100),
        Assurance.Quorum(2, 3),
        Assurance.Quorum(4, 5),
        Assurance.Committee(5),
    ];

    public static QuoteTerms ToTerms(QuoteRequest request) =>
        new(
            Program: request.Program,
            FuelMax: request.FuelMax ?? JobDefaults.FuelMax,
            MemoryPagesMax: request.MemoryPagesMax ?? JobDefaults.MemoryPagesMax,
            Needs: JobMapper.Needs(request.Needs, index: null),
            Priority: request.Priority ?? 0,
            Assurances: request.Assurances is { } asked ? [.. asked] : Usual,
            LiarsPermille: request.LiarsPermille ?? AssuranceOdds.LiarsPermille
        );

    public static QuoteSheet ToSheet(QuoteTerms terms, GrainInterfaces.QuoteSheet sheet) =>
        new(
            terms.FuelMax,
            terms.LiarsPermille,
            sheet.Owners,
            sheet.IsOwnersLeast,
            [
                .. sheet.Quotes.Select(quote => new Quote(
                    Assurance: quote.Assurance,
                    Available: quote.Obstacle is null,
                    Reason: quote.Obstacle,
                    Seats: quote.Assurance.Seats,
                    PriceExpected: quote.PriceExpected,
                    PriceMax: quote.PriceMax,
                    DelayMs: (long?)quote.Delay?.TotalMilliseconds,
                    WrongAccepted: quote.WrongAccepted
                )),
            ],
            sheet.ReusePercent
        );
}
