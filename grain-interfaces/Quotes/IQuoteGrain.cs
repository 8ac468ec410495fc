using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Says what a job would cost, how long it would take and how sure its result would be, by the offers of this moment. Nothing is held or
/// promised. Key: 0.
/// </summary>
[Alias("IQuoteGrain")]
public interface IQuoteGrain : IGrainWithIntegerKey
{
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.LimitExceeded"/>, <see cref="ErrorCode.MalformedRequest"/>: terms that no job may have;
    /// <see cref="ErrorCode.ProgramNotFound"/>; <see cref="ErrorCode.Forbidden"/>.
    /// </exception>
    [Effect(Effect.None), Alias("Get")]
    Task<QuoteSheet> Get(Caller caller, QuoteTerms terms);
}

/// <summary>What the price of a job depends on.</summary>
/// <param name="Program">A deployed program.</param>
/// <param name="FuelMax">Instructions that the run may use.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that the run may use.</param>
/// <param name="Needs">What the worker must be; null: any will do.</param>
/// <param name="Priority">See <see cref="JobSpec"/>.</param>
/// <param name="Assurances">What is compared, 1 to <see cref="MarketLimits.QuotedAssurancesMax"/>.</param>
/// <param name="LiarsPermille">How likely each worker is assumed to lie, in thousandths.</param>
[GenerateSerializer, Immutable, Alias("QuoteTerms")]
public sealed record QuoteTerms(
    [property: Id(0)] ProgramId Program,
    [property: Id(1)] long FuelMax,
    [property: Id(2)] int MemoryPagesMax,
    [property: Id(3)] JobNeeds? Needs,
    [property: Id(4)] int Priority,
    [property: Id(5)] ImmutableArray<Assurance> Assurances,
    [property: Id(6)] int LiarsPermille
);

/// <param name="Owners">Different owners of workers that fit.</param>
/// <param name="IsOwnersLeast">There may be more: only the cheapest offers were looked at.</param>
/// <param name="Quotes">One for each assurance, in the order asked.</param>
/// <param name="ReusePercent">How much of an earlier price a job pays that an earlier one's receipt answers; null: none answers jobs of
/// this program.</param>
[GenerateSerializer, Immutable, Alias("QuoteSheet")]
public sealed record QuoteSheet(
    [property: Id(0)] int Owners,
    [property: Id(1)] bool IsOwnersLeast,
    [property: Id(2)] ImmutableArray<AssuranceQuote> Quotes,
    [property: Id(3)] int? ReusePercent = null
);

/// <param name="Assurance">What would be bought.</param>
/// <param name="Obstacle">Why it cannot be had now, in sentences; null where it can.</param>
/// <param name="PriceExpected">What the job costs if it uses all of its fuel; null where there are not enough workers.</param>
/// <param name="PriceMax">The least price limit with which each of its seats goes to the cheapest owners that fit; null likewise.</param>
/// <param name="Delay">From submission to result, by the class's last jobs; null where none has ended.</param>
/// <param name="WrongAccepted">The probability that a wrong result is accepted: a decimal number, three digits and a power of ten, rounded
/// up.</param>
[GenerateSerializer, Immutable, Alias("AssuranceQuote")]
public sealed record AssuranceQuote(
    [property: Id(0)] Assurance Assurance,
    [property: Id(1)] string? Obstacle,
    [property: Id(2)] TokenAmount? PriceExpected,
    [property: Id(3)] TokenAmount? PriceMax,
    [property: Id(4)] TimeSpan? Delay,
    [property: Id(5)] string WrongAccepted
);
