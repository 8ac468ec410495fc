using System.Collections.Frozen;
using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>What quotes say, by the offers that they are made of.</summary>
public sealed class QuoteTests
{
    private static readonly FrozenSet<AssuranceKind> All = Enum.GetValues<AssuranceKind>().ToFrozenSet();

    private static readonly ProgramView Program = new(
        Id: default,
        Module: default,
        ModuleSize: 8,
        Name: "echo",
        Deployer: default,
        DeployedAt: DateTimeOffset.UnixEpoch,
        Abi: "wasi_command",
        EntryPoints: ["_start"],
        Imports: [],
        UsesState: false
    );

    private static readonly QuoteTerms Terms = new(
        Program: default,
        FuelMax: 2_000_000,
        MemoryPagesMax: 16,
        Needs: null,
        Priority: 0,
        Assurances: [Assurance.None, Assurance.Audit(125), Assurance.Quorum(2, 3)],
        LiarsPermille: AssuranceOdds.LiarsPermille
    );

    private readonly List<OfferView> _offers = [];
    private int _workers;

    /// <summary>Prices are for two million fuel. Seats go by chance within the limit, so an owner's second worker counts too.</summary>
    [Fact]
    public void Seats_AreTheCheapestOffersOfDifferentOwners()
    {
        Offer(owner: 1, price: 10);
        Offer(owner: 1, price: 11);
        Offer(owner: 2, price: 20);
        Offer(owner: 3, price: 15);
        Offer(owner: 4, price: 90);

        var sheet = Quote(Terms);

        Assert.Equal((4, false), (sheet.Owners, sheet.IsOwnersLeast));
        // (21 + 30) / 2 * 1.125 is 28.7.
        Assert.Equal([(20, 20), (29, 2 * 30), (21 + 30 + 40, 3 * 40)], sheet.Quotes.Select(Prices));
        Assert.All(sheet.Quotes, quote => Assert.Null(quote.Obstacle));
        Assert.Equal(["3.00e-1", "2.90e-1", "2.16e-1"], sheet.Quotes.Select(quote => quote.WrongAccepted));
    }

    [Fact]
    public void Priority_MultipliesWhatSeatsCost()
    {
        Offer(owner: 1, price: 10);
        Offer(owner: 2, price: 20);
        Offer(owner: 3, price: 15);

        var sheet = Quote(Terms with { Priority = 3 });

        // (60 + 90) / 2 * 1.125 is 84.4.
        Assert.Equal([(60, 60), (85, 2 * 90), (60 + 90 + 120, 3 * 120)], sheet.Quotes.Select(Prices));
    }

    /// <summary>
    /// In a market on a chain the stakes there count, with the keys of the offers; and the odds are those of the committee's own weights.
    /// </summary>
    [Fact]
    public void CommitteeOnAChain_IsQuotedByWhatIsStakedThere()
    {
        for (var owner = 1; owner <= 4; owner++)
        {
            // What is at stake in the books does not count.
            Offer(owner, price: (UInt128)(10 * owner), stake: 500, serves: true);
        }
        var offers = _offers.Select(view => view.Offer).ToArray();
        ImmutableArray<ChainStake> stakes =
        [
            .. offers[..3]
                .Select((offer, place) => new ChainStake(offer.Worker, offer.Committee!.Key, new TokenAmount(place == 0 ? 4u : 1))),
            // Another worker's name stands beside the key of the fourth.
            new ChainStake(offers[0].Worker, offers[3].Committee!.Key, new TokenAmount(9)),
        ];
        var terms = Terms with { Assurances = [Assurance.Committee(3), Assurance.Committee(4)] };
        var drawn = stakes[..3].Select(stake => stake.Stake).ToImmutableArray();

        var known = ChainStakes.ByKey(new ChainStakeList(stakes, CoveredUntil: null));

        var quotes = Quote(terms, onChain: new ChainCommittees(known, drawn)).Quotes;
        var before = Quote(terms, onChain: new ChainCommittees(known, [])).Quotes;

        // (4 * 20 + 40 + 60) / 6 * 3.
        Assert.Equal((90, 180), Prices(quotes[0]));
        Assert.Equal(AssuranceOdds.WrongAccepted(drawn, 300).ToString(), quotes[0].WrongAccepted);
        Assert.Equal(
            "It takes a committee of 4 workers with a stake on the chain; of the workers that fit now 4 have a key for committees, and 3 "
                + "have that stake too.",
            quotes[1].Obstacle
        );
        // Nothing is drawn yet: the figure is that of equal weights.
        Assert.Equal(AssuranceOdds.WrongAccepted(Assurance.Committee(3), 300).ToString(), before[0].WrongAccepted);
        Assert.NotEqual(before[0].WrongAccepted, quotes[0].WrongAccepted);
    }

    /// <summary>The limit that is told is the least one: with one unit less a seat finds no worker.</summary>
    [Fact]
    public void PriceLimit_IsTheLeastWithWhichEachSeatIsTaken()
    {
        Offer(owner: 1, price: 10);
        Offer(owner: 2, price: 20);
        Offer(owner: 3, price: 17);
        foreach (var quote in Quote(Terms with { FuelMax = 1_234_567, Assurances = [Assurance.Audit(1), Assurance.Quorum(2, 3)] }).Quotes)
        {
            var seats = (UInt128)quote.Assurance.Seats;
            var dearest = FuelPrice.Of(1_234_567, new TokenAmount(quote.Assurance.Seats == 2 ? 17u : 20u));

            Assert.Equal(dearest.BaseUnits, quote.PriceMax!.Value.BaseUnits / seats);
            Assert.True((quote.PriceMax.Value.BaseUnits - 1) / seats < dearest.BaseUnits);
        }
    }

    [Fact]
    public void OffersThatDoNotFit_AreNoSeats()
    {
        var refusedOwner = Account(7);
        Offer(owner: 1, price: 1, memoryPages: 15);
        Offer(owner: 2, price: 2, labels: ["gpu"], level: StandingLevel.Excluded);
        Offer(owner: 3, price: 3, labels: ["gpu"], maintenance: true);
        Offer(owner: 4, price: 4);
        Offer(owner: 5, price: 5, labels: ["gpu"], buyerReputation: 800);
        Offer(owner: 6, price: 6, labels: ["gpu"], refuses: Account(0));
        Offer(owner: 7, price: 7, labels: ["gpu"]);
        Offer(owner: 8, price: 8, labels: ["gpu"], score: 100);
        Offer(owner: 9, price: 9, labels: ["gpu"], score: 900);
        var needs = new JobNeeds(Labels: ["gpu"], ReputationMin: 500);

        var sheet = Quote(Terms with { Needs = needs }, refusals: new RefusalList([], [refusedOwner]), buyerScore: 700);
        var trusted = Quote(Terms with { Needs = needs }, refusals: new RefusalList([], [refusedOwner]), buyerScore: 800);

        Assert.Equal((1, 18), (sheet.Owners, Prices(sheet.Quotes[0]).Expected));
        Assert.Equal((2, 10), (trusted.Owners, Prices(trusted.Quotes[0]).Expected));
    }

    [Fact]
    public void TooFewOwners_AreTold_WithoutPrices_AndWithTheOdds()
    {
        Offer(owner: 1, price: 10);
        Offer(owner: 1, price: 10);
        Offer(owner: 2, price: 10);

        var sheet = Quote(Terms);

        Assert.Null(sheet.Quotes[1].Obstacle);
        var quorum = sheet.Quotes[2];
        Assert.Equal((null, null), (quorum.PriceExpected, quorum.PriceMax));
        Assert.Equal("It takes workers of 3 different owners; 2 owners have one that fits now.", quorum.Obstacle);
        Assert.Equal("2.16e-1", quorum.WrongAccepted);
        Assert.Equal("No worker fits the job now.", Quote(Terms with { MemoryPagesMax = 1025 }).Quotes[0].Obstacle);
    }

    /// <summary>Members are drawn by stake: whoever asks more comes as often, and the limit must cover the dearest.</summary>
    [Fact]
    public void Committee_IsPricedByStake()
    {
        Offer(owner: 1, price: 1, serves: true);
        Offer(owner: 1, price: 1, stake: 100);
        Offer(owner: 2, price: 10, stake: 1, serves: true);
        Offer(owner: 3, price: 20, stake: 1, serves: true);
        Offer(owner: 4, price: 30, stake: 2, serves: true);
        Offer(owner: 4, price: 40, stake: 6, serves: true);
        var terms = Terms with { Assurances = [Assurance.Committee(3), Assurance.Committee(5)] };

        var sheet = Quote(terms);

        // Stakes 1, 1, 2 and 6 at 20, 40, 60 and 80 for the job: the mean is 66.
        Assert.Equal((3 * 66, 3 * 80), Prices(sheet.Quotes[0]));
        Assert.Equal(
            "It takes a committee of 5 workers with 1 at stake each; of the workers that fit now 5 have a key for committees, and 4 "
                + "have that stake too.",
            sheet.Quotes[1].Obstacle
        );
    }

    [Fact]
    public void KindThatIsNotOffered_AndProgramWhoseRunsMayDiffer_AreToldWithPrices()
    {
        Offer(owner: 1, price: 10);
        Offer(owner: 2, price: 10);
        Offer(owner: 3, price: 10);

        var closed = Quote(Terms, offered: FrozenSet.Create(AssuranceKind.None)).Quotes;
        var varying = Quote(Terms, program: Program with { Imports = ["env.onvm_blob_len"] }).Quotes;

        Assert.Equal([true, false, false], closed.Select(quote => quote.Obstacle is null));
        Assert.Contains("does not offer quorum yet", closed[2].Obstacle);
        Assert.Equal([true, true, false], varying.Select(quote => quote.Obstacle is null));
        Assert.Contains("env.onvm_blob_len", varying[2].Obstacle);
        Assert.Equal((60, 60), Prices(closed[2]));
    }

    [Fact]
    public void PricesBeyondEveryAmount_AreNone()
    {
        Offer(owner: 1, price: 1);
        Offer(owner: 2, price: 1);
        Offer(owner: 3, price: UInt128.MaxValue);

        var quotes = Quote(Terms).Quotes;

        Assert.Equal((2, 2), Prices(quotes[0]));
        Assert.Equal((null, null), (quotes[2].PriceExpected, quotes[2].PriceMax));
        Assert.Contains("more than any account", quotes[2].Obstacle);
    }

    [Fact]
    public void Delay_IsThatOfTheSlowestSeat_AndAnAuditAddsItsShare()
    {
        Offer(owner: 1, price: 10);
        ImmutableArray<TimeSpan> turnarounds = [.. new[] { 100, 200, 300, 400, 500 }.Select(ms => TimeSpan.FromMilliseconds(ms))];
        var terms = Terms with
        {
            Assurances =
            [
                Assurance.None,
                Assurance.Audit(500),
                Assurance.Quorum(2, 2),
                Assurance.Quorum(2, 3),
                Assurance.Quorum(3, 4),
                Assurance.Quorum(3, 5),
                Assurance.Committee(8),
                Assurance.Committee(16),
            ],
        };

        var delays = Quote(terms, turnarounds: turnarounds).Quotes.Select(quote => quote.Delay!.Value.TotalMilliseconds);

        Assert.Equal([100, 150, 200, 300, 300, 400, 400, 500], delays);
        Assert.All(Quote(terms).Quotes, quote => Assert.Null(quote.Delay));
    }

    [Fact]
    public void Shards_CountByTheSlowest()
    {
        var (one, ten) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        Assert.Equal([ten, ten], QuoteRules.Slowest([default, [one, ten], [], [ten, one]]));
        Assert.Empty(QuoteRules.Slowest([]));
    }

    [Theory]
    [InlineData(1, 300, null), InlineData(MarketLimits.QuotedAssurancesMax, 0, null), InlineData(1, AssuranceOdds.LiarsPermilleMax, null)]
    [InlineData(0, 300, "number of assurances"), InlineData(MarketLimits.QuotedAssurancesMax + 1, 300, "number of assurances")]
    [InlineData(1, -1, "liarsPermille"), InlineData(1, AssuranceOdds.LiarsPermilleMax + 1, "liarsPermille")]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.QuotedAssurancesMax))]
    public void Questions_HaveTheirBounds(int assurances, int liarsPermille, string? refused)
    {
        var terms = Terms with { Assurances = [.. Enumerable.Repeat(Assurance.None, assurances)], LiarsPermille = liarsPermille };

        var refusal = QuoteRules.Check(terms);

        Assert.Equal(refused is null ? null : ErrorCode.LimitExceeded, refusal?.Code);
        Assert.Contains(refused ?? "", refusal?.Message ?? "");
    }

    [Fact]
    public void TermsThatNoJobMayHave_AreRefusedAsOfAJob()
    {
        Assert.Contains("fuelMax", QuoteRules.Check(Terms with { FuelMax = 0 })!.Message);
        Assert.Contains("memoryPagesMax", QuoteRules.Check(Terms with { MemoryPagesMax = MarketLimits.MemoryPagesMax + 1 })!.Message);
        Assert.Contains("priority", QuoteRules.Check(Terms with { Priority = -1 })!.Message);
        Assert.Contains("is no label", QuoteRules.Check(Terms with { Needs = new JobNeeds(Labels: ["GPU"]) })!.Message);
        Assert.Equal(ErrorCode.MalformedRequest, QuoteRules.Check(Terms with { Assurances = default })!.Code);
    }

    /// <summary>What the quote names as price limit is enough for a job, and it costs what was expected.</summary>
    [Fact]
    public void Market_GivesAQuote_AndTheJobCostsThat() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            await market.AddWorker("dear", price: 30);
            var worker = await market.AddWorker("cheap", price: 20);
            var terms = Terms with { Program = program };

            var before = await market.Grains.GetGrain<IQuoteGrain>(0).Get(caller, terms);
            Assert.Equal((40, 40), Prices(before.Quotes[0]));
            Assert.Equal((2, null), (before.Owners, before.Quotes[0].Delay));

            var item = TestMarket.Item("one", program);
            var spec = item.Spec with { FuelMax = terms.FuelMax, PriceMax = before.Quotes[0].PriceMax!.Value };
            var job = (await market.Submit(caller, item with { Spec = spec }))[0].Job;
            var lease = await worker.TakeOne();
            await Task.Delay(TimeSpan.FromSeconds(3), market.Time);
            await worker.Report(worker.Completed(lease, fuel: terms.FuelMax));
            await market.Settle();
            var after = await market.Grains.GetGrain<IQuoteGrain>(0).Get(caller, terms);

            Assert.Equal(before.Quotes[0].PriceExpected, (await market.Job(job).Get(caller)).Charge);
            Assert.InRange(after.Quotes[0].Delay!.Value, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
        });

    [Fact]
    public void UnknownProgram_AndKeyThatMayNotRead_AreRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var grain = market.Grains.GetGrain<IQuoteGrain>(0);

            var unknown = await Assert.ThrowsAsync<MarketException>(() => grain.Get(caller, Terms));
            var blind = await Assert.ThrowsAsync<MarketException>(() =>
                grain.Get(caller with { Scopes = Scopes.Submit }, Terms with { Program = program })
            );
            var wrong = await Assert.ThrowsAsync<MarketException>(() => grain.Get(caller, Terms with { Program = program, FuelMax = 0 }));

            Assert.Equal((ErrorCode.ProgramNotFound, ErrorCode.Forbidden, ErrorCode.LimitExceeded), (unknown.Code, blind.Code, wrong.Code));
        });

    private QuoteSheet Quote(
        QuoteTerms terms,
        ProgramView? program = null,
        RefusalList? refusals = null,
        int buyerScore = 0,
        FrozenSet<AssuranceKind>? offered = null,
        ImmutableArray<TimeSpan> turnarounds = default,
        ChainCommittees? onChain = null
    ) =>
        QuoteRules.Quote(
            terms,
            new QuoteSupply(
                Account: Account(0),
                Program: program ?? Program,
                Offers: [.. _offers],
                IsOffersLeast: false,
                Refusals: refusals ?? new RefusalList([], []),
                BuyerScore: buyerScore,
                Turnarounds: turnarounds.IsDefault ? [] : turnarounds,
                CommitteeStake: new TokenAmount(1)
            )
            {
                OnChain = onChain,
            },
            offered ?? All
        );

    private static (int? Expected, int? Max) Prices(AssuranceQuote quote) =>
        ((int?)quote.PriceExpected?.BaseUnits, (int?)quote.PriceMax?.BaseUnits);

    private void Offer(
        int owner,
        UInt128 price,
        int memoryPages = 1024,
        string[]? labels = null,
        StandingLevel level = StandingLevel.Good,
        bool maintenance = false,
        int buyerReputation = 0,
        AccountId? refuses = null,
        int score = 900,
        uint stake = 0,
        bool serves = false
    ) =>
        _offers.Add(
            new OfferView(
                new WorkerOffer(
                    Worker: new WorkerId(Id(1000 + ++_workers)),
                    PayTo: Account(owner),
                    PricePerMillionFuel: new TokenAmount(price),
                    Slots: 1,
                    MemoryPagesMax: memoryPages,
                    Labels: [.. labels ?? []],
                    RefusedAccounts: refuses is { } account ? [account] : default,
                    BuyerReputationMin: buyerReputation
                )
                {
                    Committee = serves ? new CommitteeKey(new byte[] { (byte)_workers }, default, default) : null,
                },
                SlotsUsed: 1,
                new Standing(score, level, maintenance, new TokenAmount(stake))
            )
        );

    private static AccountId Account(int number) => new(Id(number));

    private static Bytes32 Id(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        return new Bytes32(id);
    }
}
