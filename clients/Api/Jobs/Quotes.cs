namespace Marketplace;

/// <summary>The body of <c>POST /v1/quotes</c>: what the price of a job depends on, and what is to be compared.</summary>
public sealed record QuoteRequest
{
    /// <summary>What would be run.</summary>
    public required ProgramId Program { get; init; }

    /// <summary>Instructions that the prices are for; left out: 100 million.</summary>
    public long? FuelMax { get; init; }

    /// <summary>Pages of 64 KiB that the worker must allow; left out: 1024, which is 64 MiB.</summary>
    public int? MemoryPagesMax { get; init; }

    /// <summary>What the worker must be; left out: any that has the memory.</summary>
    public JobNeeds? Needs { get; init; }

    /// <summary>1 to 10: the job would pay so many times what its workers ask. Left out or 0: 1.</summary>
    public int? Priority { get; init; }

    /// <summary>What is compared, 1 to 16; left out: one or two of each kind.</summary>
    public IReadOnlyList<Assurance>? Assurances { get; init; }

    /// <summary>
    /// How likely each worker is assumed to lie, in thousandths, all liars in one conspiracy: 0 to 499, since from half on no vote helps.
    /// Left out: 300.
    /// </summary>
    public int? LiarsPermille { get; init; }

    /// <summary>Of what a job asks for.</summary>
    public static QuoteRequest Of(JobTerms terms, params IReadOnlyList<Assurance> assurances)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return new QuoteRequest
        {
            Program = terms.Program,
            FuelMax = terms.FuelMax,
            MemoryPagesMax = terms.MemoryPagesMax,
            Needs = terms.Needs,
            Priority = terms.Priority,
            Assurances = assurances,
        };
    }
}

/// <summary>What a job would cost, how long it would take and how sure its result would be, by the offers of this moment.</summary>
/// <param name="FuelMax">The instructions that the prices are for.</param>
/// <param name="LiarsPermille">How likely each worker was assumed to lie, in thousandths.</param>
/// <param name="Owners">Different owners of workers that fit the job.</param>
/// <param name="OwnersAtLeast">Only the cheapest offers were looked at, so there may be more owners.</param>
/// <param name="Quotes">One for each assurance, in the order asked.</param>
/// <param name="ReusePercent">What a job with <c>reuse</c> pays if an earlier one's receipt answers it, in percent of the earlier price;
/// absent: none answers jobs of this program.</param>
public sealed record QuoteSheet(
    long FuelMax,
    int LiarsPermille,
    int Owners,
    bool OwnersAtLeast,
    IReadOnlyList<Quote> Quotes,
    int? ReusePercent = null
);

/// <summary>What one assurance would cost and give.</summary>
/// <param name="Assurance">What would be bought.</param>
/// <param name="Available">Whether it can be had now.</param>
/// <param name="Reason">Why it cannot.</param>
/// <param name="Seats">Workers of different owners that it takes; of an audit the second by chance.</param>
/// <param name="PriceExpected">What the job costs if it uses all of its fuel; absent where there are not enough workers.</param>
/// <param name="PriceMax">The least price limit with which the cheapest owners that fit take all seats; absent likewise.</param>
/// <param name="DelayMs">From submission to result, an estimate by the last jobs of the same class; absent where none has ended.</param>
/// <param name="WrongAccepted">The probability that a wrong result is accepted: a decimal number, three digits and a power of ten.</param>
public sealed record Quote(
    Assurance Assurance,
    bool Available,
    string? Reason,
    int Seats,
    TokenAmount? PriceExpected,
    TokenAmount? PriceMax,
    long? DelayMs,
    string WrongAccepted
);
