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
/// <param name="CommitteeStake">What has to be at stake for each worker that serves in committees.</param>
internal sealed record QuoteSupply(
    AccountId Account,
    ProgramView Program,
    ImmutableArray<OfferView> Offers,
    bool IsOffersLeast,
    RefusalList Refusals,
    int BuyerScore,
    ImmutableArray<TimeSpan> Turnarounds,
    TokenAmount CommitteeStake
)
{
    /// <summary>In a market that settles on a chain, whose committees have what is at stake there; null: in its own books.</summary>
    public ChainCommittees? OnChain { get; init; }
}

/// <param name="Stakes">Who has what at stake on the chain.</param>
/// <param name="Drawn">The weights of the running epoch's workers, in the order of the draw; empty: there is none.</param>
internal sealed record ChainCommittees(ChainStakes Stakes, ImmutableArray<TokenAmount> Drawn)
{
    /// <summary>Those of the committee of a size; null: there is none now.</summary>
    public IReadOnlyList<TokenAmount>? WeightsOf(int seats) => Drawn.Length >= seats ? Drawn[..seats] : null;
}

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
        var able = Able(terms, supply);
        return new QuoteSheet(
            able.Select(worker => worker.Owner).Distinct().Count(),
            supply.IsOffersLeast,
            [.. terms.Assurances.Select(assurance => Quote(assurance, terms, supply, able, offered))]
        );
    }

    private static AssuranceQuote Quote(
        Assurance assurance,
        QuoteTerms terms,
        QuoteSupply supply,
        Worker[] able,
        FrozenSet<AssuranceKind> offered
    )
    {
        var price = assurance.Kind == AssuranceKind.Committee ? OfCommittee(assurance, able, supply) : OfPanel(assurance, able);
        var limit = price.SeatMax is { } most ? Amount((BigInteger)most * assurance.Seats) : null;
        return new AssuranceQuote(
            Assurance: assurance,
            Obstacle: AssuranceRules.CheckNew(SpecOf(terms, assurance), supply.Program.Imports, offered)?.Message
                ?? price.Lack
                ?? (limit is null ? "It costs more than any account can have." : null),
            PriceExpected: limit is null ? null : Amount(price.Expected),
            PriceMax: limit,
            Delay: Delay(assurance, supply.Turnarounds),
            WrongAccepted: OddsOf(assurance, terms.LiarsPermille, supply.OnChain).ToString()
        );
    }

    /// <summary>Where weights differ, those of the committee that would serve now.</summary>
    private static ExactShare OddsOf(Assurance assurance, int liarsPermille, ChainCommittees? onChain) =>
        assurance.Kind == AssuranceKind.Committee && onChain?.WeightsOf(assurance.Seats) is { } weights
            ? AssuranceOdds.WrongAccepted(weights, liarsPermille)
            : AssuranceOdds.WrongAccepted(assurance, liarsPermille);

    /// <summary>The workers that would take the job, the cheapest first.</summary>
    private static Worker[] Able(QuoteTerms terms, QuoteSupply supply)
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
                .Select(offer => new Worker(
                    Owner: offer.Offer.PayTo,
                    Price: MarketVerdicts.PriceOf(job, offer).BaseUnits,
                    HasKey: offer.Offer.Committee is not null,
                    Stake: StakeOf(offer, supply.OnChain)
                )),
        ];
    }

    /// <summary>What counts in committees.</summary>
    private static TokenAmount StakeOf(MarketOffer offer, ChainCommittees? onChain) =>
        onChain is null ? offer.Standing.Stake
        : offer.Offer.Committee is { } key ? onChain.Stakes.Of(offer.Offer.Worker, key)
        : TokenAmount.Zero;

    /// <summary>
    /// A job without a panel goes to the cheapest. Seats go by chance to workers of different owners within the limit, which is the least
    /// that lets in enough of these: on the way to it, each owner comes in with the mean of its workers. Of an audit there is the first
    /// run, and the second as often as it is drawn; of a quorum all runs, since all that give the result are paid.
    /// </summary>
    private static Price OfPanel(Assurance assurance, Worker[] able)
    {
        var owners = able.GroupBy(worker => worker.Owner).ToArray();
        if (owners.Length < assurance.Seats)
        {
            return new Price(TooFew(assurance, owners.Length), null, 0);
        }
        var seatMax = owners[assurance.Seats - 1].First().Price;
        if (assurance.IsNone)
        {
            return new Price(null, seatMax, seatMax);
        }
        var means = owners
            .Select(owned => owned.Where(worker => worker.Price <= seatMax).ToArray())
            .Where(owned => owned.Length > 0)
            .Select(owned => RoundedUp(Sum(owned, worker => worker.Price), owned.Length))
            .ToArray();
        var runs = assurance.Kind == AssuranceKind.Audit ? Thousand + assurance.Permille : Thousand * assurance.Seats;
        return new Price(null, seatMax, RoundedUp(runs * means.Aggregate(BigInteger.Add), (BigInteger)Thousand * means.Length));
    }

    /// <summary>Members are drawn by stake, and all that run the job are paid: the mean by stake, and the dearest one.</summary>
    private static Price OfCommittee(Assurance assurance, Worker[] able, QuoteSupply supply)
    {
        var stakeMin = supply.OnChain is null ? supply.CommitteeStake : new TokenAmount(1);
        var keyed = able.Where(worker => worker.HasKey).ToArray();
        var serving = keyed.Where(worker => worker.Stake >= stakeMin).ToArray();
        if (serving.Length < assurance.Seats)
        {
            return new Price(
                $"It takes a committee of {assurance.Seats} workers with "
                    + (supply.OnChain is null ? $"{stakeMin} at stake each" : "a stake on the chain")
                    + "; of the workers that fit now "
                    + $"{Have(keyed.Length)} a key for committees, and {Have(serving.Length)} that stake too.",
                null,
                0
            );
        }
        var weighted = Sum(serving, worker => (BigInteger)worker.Price * (BigInteger)worker.Stake.BaseUnits);
        return new Price(
            null,
            serving.Max(worker => worker.Price),
            RoundedUp(assurance.Seats * weighted, Sum(serving, worker => worker.Stake.BaseUnits))
        );
    }

    /// <summary>An audit's second run begins when the first has ended; the seats of the others run at the same time.</summary>
    private static TimeSpan? Delay(Assurance assurance, ImmutableArray<TimeSpan> turnarounds) =>
        assurance.Kind == AssuranceKind.Audit
            ? Turnarounds.SlowestOf(1, turnarounds) * ((double)(Thousand + assurance.Permille) / Thousand)
            : Turnarounds.SlowestOf(assurance.Seats, turnarounds);

    private static string TooFew(Assurance assurance, int owners)
    {
        if (assurance.Seats == 1)
        {
            return "No worker fits the job now.";
        }
        var who = owners == 1 ? "1 owner has" : $"{owners} owners have";
        return $"It takes workers of {assurance.Seats} different owners; {who} one that fits now.";
    }

    private static string Have(int count) => count == 1 ? "1 has" : $"{count} have";

    private static BigInteger Sum(IEnumerable<Worker> workers, Func<Worker, BigInteger> of) =>
        workers.Aggregate(BigInteger.Zero, (sum, worker) => sum + of(worker));

    private static BigInteger RoundedUp(BigInteger part, BigInteger whole) => (part + whole - 1) / whole;

    /// <summary>Null for more than any account can have.</summary>
    private static TokenAmount? Amount(BigInteger amount) =>
        amount > (BigInteger)UInt128.MaxValue ? null : new TokenAmount((UInt128)amount);

    private static Refusal? CheckNumber(string what, int value, int min, int max) =>
        value >= min && value <= max ? null : new Refusal(ErrorCode.LimitExceeded, $"{what} is {value}; allowed are {min} to {max}.");

    /// <param name="Owner">Who earns.</param>
    /// <param name="Price">What it would be paid for all of the job's fuel.</param>
    /// <param name="HasKey">It serves in committees where enough is at stake for it.</param>
    /// <param name="Stake">What is at stake for it.</param>
    private readonly record struct Worker(AccountId Owner, UInt128 Price, bool HasKey, TokenAmount Stake);

    /// <param name="Lack">Why there is none; null where there is one.</param>
    /// <param name="SeatMax">The most that one seat may be paid.</param>
    /// <param name="Expected">What all seats together are paid.</param>
    private readonly record struct Price(string? Lack, UInt128? SeatMax, BigInteger Expected);
}
