using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Numerics;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What a market has to offer a job at one moment.</summary>
/// <param name="Account">Whose job it would be.</param>
/// <param name="Program">What it would run.</param>
/// <param name="Offers">The cheapest of each shard.</param>
/// <param name="IsOffersLeast">There are more.</param>
/// <param name="Refusals">Workers and owners that get no jobs of the account.</param>
/// <param name="BuyerScore">The account's reputation as a buyer; 0 where no offer asks for it.</param>
/// <param name="Turnarounds">Of the job's class; empty where none is known.</param>
internal sealed record QuoteSupply(
    AccountId Account,
    ProgramView Program,
    ImmutableArray<OfferView> Offers,
    bool IsOffersLeast,
    RefusalList Refusals,
    int BuyerScore,
    ImmutableArray<TimeSpan> Turnarounds
);

/// <summary>Computes quotes. Pure.</summary>
internal static class QuoteRules
{
    private const int Thousand = 1000;

    /// <returns>Null where a job may have such terms.</returns>
    public static Refusal? Check(QuoteTerms terms) =>
        terms.Assurances.IsDefault
            ? new Refusal(ErrorCode.MalformedRequest, "The quote names no assurances.")
            : CheckNumber("The number of assurances", terms.Assurances.Length, 1, MarketLimits.QuotedAssurancesMax)
                ?? CheckNumber("liarsPermille", terms.LiarsPermille, 0, AssuranceOdds.LiarsPermilleMax)
                ?? SubmissionRules.Check(new SubmitItem("quote", SpecOf(terms, Assurance.None)));

    /// <summary>A job of these terms that may cost whatever it costs.</summary>
    public static JobSpec SpecOf(QuoteTerms terms, Assurance assurance) =>
        new(
            Program: terms.Program,
            EntryPoint: null,
            Input: default,
            InputBlob: null,
            Arguments: [],
            FuelMax: terms.FuelMax,
            MemoryPagesMax: terms.MemoryPagesMax,
            TimeMax: MarketLimits.TimeMax,
            PriceMax: new TokenAmount(UInt128.MaxValue),
            RetriesMax: 0,
            ExpiresAfter: MarketLimits.ExpiresAfterMax,
            Needs: terms.Needs,
            Priority: terms.Priority,
            Assurance: assurance
        );

    /// <summary>Where several shards have figures of a class, the slowest counts.</summary>
    public static ImmutableArray<TimeSpan> Slowest(IEnumerable<ImmutableArray<TimeSpan>> shards)
    {
        var slowest = ImmutableArray<TimeSpan>.Empty;
        foreach (var shard in shards.Where(shard => !shard.IsDefaultOrEmpty))
        {
            slowest = slowest.IsEmpty ? shard : [.. slowest.Zip(shard, (left, right) => left > right ? left : right)];
        }
        return slowest;
    }

    /// <param name="terms">What is asked, which <see cref="Check"/> has let through.</param>
    /// <param name="supply">What the market has.</param>
    /// <param name="offered">See <see cref="AssuranceRules.Offered"/>.</param>
    public static QuoteSheet Quote(QuoteTerms terms, QuoteSupply supply, FrozenSet<AssuranceKind> offered)
    {
        var seats = Seats(terms, supply);
        return new QuoteSheet(
            seats.Length,
            supply.IsOffersLeast,
            [.. terms.Assurances.Select(assurance => Quote(assurance, terms, supply, seats, offered))]
        );
    }

    private static AssuranceQuote Quote(
        Assurance assurance,
        QuoteTerms terms,
        QuoteSupply supply,
        Seat[] seats,
        FrozenSet<AssuranceKind> offered
    )
    {
        var isCommittee = assurance.Kind == AssuranceKind.Committee;
        // Members are drawn by stake, whatever they ask; all others are the cheapest.
        var able = isCommittee ? [.. seats.Where(seat => seat.Stake > 0)] : seats;
        var isEnough = able.Length >= assurance.Seats;
        var limit = isEnough ? Limit(assurance, able, isCommittee) : null;
        var expected = limit is null ? null : Expected(assurance, able);
        var obstacle =
            AssuranceRules.CheckNew(SpecOf(terms, assurance), supply.Program.Imports, offered)?.Message
            ?? (
                !isEnough ? TooFew(assurance, able.Length, isCommittee)
                : limit is null ? "It costs more than any account can have."
                : null
            );
        return new AssuranceQuote(
            Assurance: assurance,
            Obstacle: obstacle,
            PriceExpected: expected,
            PriceMax: limit,
            Delay: Delay(assurance, supply.Turnarounds),
            WrongAccepted: AssuranceOdds.WrongAccepted(assurance, terms.LiarsPermille).ToString()
        );
    }

    /// <summary>The cheapest fitting offer of each owner, the cheapest first: a panel has one worker of an owner.</summary>
    private static Seat[] Seats(QuoteTerms terms, QuoteSupply supply)
    {
        var spec = SpecOf(terms, Assurance.None);
        var job = new MarketJob(
            new JobTicket(
                Job: default,
                Account: supply.Account,
                Spec: spec,
                Module: supply.Program.Module,
                UsesState: supply.Program.UsesState,
                SubmittedAt: default,
                RequestId: "",
                Refusals: supply.Refusals
            )
        )
        {
            HandedBuyerScore = supply.BuyerScore,
            Class = new JobClass(JobClass.Plain.Index, ClassNeeds.Of(terms.Needs)),
        };
        return
        [
            .. supply
                .Offers.Select(view => new MarketOffer(view.Offer) { Standing = view.Standing })
                .Where(offer => MarketVerdicts.LackOf(job, offer) is OfferLack.Price or OfferLack.Slot or OfferLack.Nothing)
                .OrderBy(offer => offer.Price)
                .ThenBy(offer => offer.Offer.Worker)
                .GroupBy(offer => offer.Offer.PayTo)
                .Select(owned =>
                {
                    var staked = owned.MaxBy(offer => offer.Standing.Stake)!;
                    return new Seat(
                        Price: MarketVerdicts.PriceOf(job, owned.First()).BaseUnits,
                        Stake: staked.Standing.Stake.BaseUnits,
                        StakedPrice: MarketVerdicts.PriceOf(job, staked).BaseUnits
                    );
                }),
        ];
    }

    /// <summary>
    /// With all of the fuel used: of an audit the first run, and the second as often as it is drawn; of a quorum all runs, since all that
    /// give the result are paid; of a committee the mean by stake, as its members are drawn.
    /// </summary>
    private static TokenAmount? Expected(Assurance assurance, Seat[] able) =>
        Amount(
            assurance.Kind switch
            {
                AssuranceKind.None => able[0].Price,
                AssuranceKind.Audit => able[0].Price + RoundedUp((BigInteger)assurance.Permille * (BigInteger)able[1].Price, Thousand),
                AssuranceKind.Quorum => Sum(able.Take(assurance.Seats), seat => seat.Price),
                _ => RoundedUp(
                    assurance.Seats * Sum(able, seat => (BigInteger)seat.StakedPrice * (BigInteger)seat.Stake),
                    Sum(able, seat => seat.Stake)
                ),
            }
        );

    /// <summary>Each seat may cost an equal part of the limit, so the dearest that may be asked decides.</summary>
    private static TokenAmount? Limit(Assurance assurance, Seat[] able, bool isCommittee) =>
        Amount((BigInteger)(isCommittee ? able.Max(seat => seat.StakedPrice) : able[assurance.Seats - 1].Price) * assurance.Seats);

    /// <summary>An audit's second run begins when the first has ended; the seats of the others run at the same time.</summary>
    private static TimeSpan? Delay(Assurance assurance, ImmutableArray<TimeSpan> turnarounds) =>
        assurance.Kind == AssuranceKind.Audit
            ? Turnarounds.SlowestOf(1, turnarounds) * ((double)(Thousand + assurance.Permille) / Thousand)
            : Turnarounds.SlowestOf(assurance.Seats, turnarounds);

    private static string TooFew(Assurance assurance, int able, bool isCommittee)
    {
        if (assurance.Seats == 1)
        {
            return "No worker fits the job now.";
        }
        var who = able == 1 ? "1 owner has" : $"{able} owners have";
        return $"It takes workers of {assurance.Seats} different owners; {who} one {(isCommittee ? "with a stake " : "")}that fits now.";
    }

    private static BigInteger Sum(IEnumerable<Seat> seats, Func<Seat, BigInteger> of) =>
        seats.Aggregate(BigInteger.Zero, (sum, seat) => sum + of(seat));

    private static BigInteger RoundedUp(BigInteger part, BigInteger whole) => (part + whole - 1) / whole;

    /// <summary>Null for more than any account can have.</summary>
    private static TokenAmount? Amount(BigInteger amount) =>
        amount > (BigInteger)UInt128.MaxValue ? null : new TokenAmount((UInt128)amount);

    private static Refusal? CheckNumber(string what, int value, int min, int max) =>
        value >= min && value <= max ? null : new Refusal(ErrorCode.LimitExceeded, $"{what} is {value}; allowed are {min} to {max}.");

    /// <param name="Price">What the owner would be paid for all of the job's fuel, for its cheapest worker.</param>
    /// <param name="Stake">The most that one of its workers has at stake.</param>
    /// <param name="StakedPrice">As the first, for that worker.</param>
    private readonly record struct Seat(UInt128 Price, UInt128 Stake, UInt128 StakedPrice);
}
