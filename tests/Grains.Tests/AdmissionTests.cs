using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Who asks to be let in and what the operator decides: each decision once, requests of strangers within their bounds, and nothing of
/// either lost.
/// </summary>
public sealed class AdmissionTests
{
    private static readonly WorkerId Worker = new(TestMarket.Id("stranger").Value);
    private static readonly Caller Operator = new(TestMarket.Id("operator"), "mk1111111111111111", Scopes.Admin);
    private static readonly Caller Owner = new(TestMarket.Id("stranger"), "mk0000000000000000", Scopes.Submit | Scopes.Read);
    private static readonly AdmissionOrder Yes = new("yes", Admitted: true, "ours");
    private static readonly AdmissionOrder No = new("no", Admitted: false, "whose is it?");
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Request_IsShownToTheOperatorAlone_WithTheNewestThatTheWorkerSaid() =>
        TestMarket.Run(async market =>
        {
            await Of(market).Ask(Request(Worker, "10.0.0.1"), Authority.Gateway);
            await Task.Delay(AdmissionPolicy.AskingPeriod, market.Time);
            var offer = Request(Worker, "10.0.0.2").Offer with { Slots = 9, Labels = ["gpu", "region=eu-1"] };
            await Of(market).Ask(new AdmissionRequest(offer, "10.0.0.2"), Authority.Gateway);

            var facts = Assert.Single(await Of(market).List(Operator, AdmissionState.Waiting)).Facts!;
            Assert.Equal((Worker, 9, "eu-1", "10.0.0.2", 2L), (facts.Worker, facts.Slots, facts.Region, facts.Address, facts.Times));
            Assert.True(facts.LastAt - facts.FirstAt >= AdmissionPolicy.AskingPeriod);
            await Refused(ErrorCode.Forbidden, () => Of(market).List(Owner, AdmissionState.Waiting));
            await Refused(ErrorCode.Forbidden, () => Of(market).Ask(Request(Worker, "10.0.0.1"), Authority.Worker));
            await Refused(ErrorCode.Forbidden, () => Of(market).Decide(Owner, Worker, Yes));
            Assert.Null(await Of(market).FindDecision(Worker));
        });

    [Fact]
    public void Decision_HoldsOncePerRequest_AndALateRepetitionOfAnEarlierOneChangesNothing() =>
        TestMarket.Run(async market =>
        {
            await Of(market).Ask(Request(Worker, "10.0.0.1"), Authority.Gateway);
            var first = await Of(market).Decide(Operator, Worker, Yes);
            Assert.Equal((Yes, Operator.Account), (first.Decision!.Order, first.Decision.By));
            Assert.Empty(await Of(market).List(Operator, AdmissionState.Waiting));

            await Of(market).Decide(Operator, Worker, No);
            var late = await Of(market).Decide(Operator, Worker, Yes);

            Assert.Equal(No, late.Decision!.Order);
            Assert.Equal(No, (await Of(market).FindDecision(Worker))!.Order);
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Decide(Operator, Worker, Yes with { Admitted = false }));
            await Refused(ErrorCode.RequestIdReused, () => Of(market).Decide(Operator, Worker, No with { Reason = "other" }));
            Assert.Empty(await Of(market).List(Operator, AdmissionState.Admitted));
            Assert.Equal(Worker, Assert.Single(await Of(market).List(Operator, AdmissionState.Refused)).Worker);
            // Of another worker the same id is another decision.
            await Of(market).Decide(Operator, new WorkerId(Operator.Account.Value), Yes);
        });

    [Fact]
    public void RefusedWorkerThatAsksAgain_LeavesNoRequest() =>
        TestMarket.Run(async market =>
        {
            await Of(market).Decide(Operator, Worker, No);
            await Of(market).Ask(Request(Worker, "10.0.0.1"), Authority.Gateway);

            Assert.Empty(await Of(market).List(Operator, AdmissionState.Waiting));
            var refused = (await Of(market).FindRefused(0))!;
            Assert.Equal([Worker], refused.Workers);
            Assert.Null(await Of(market).FindRefused(refused.Revision));
            await Of(market).Decide(Operator, Worker, Yes);
            Assert.Empty((await Of(market).FindRefused(refused.Revision))!.Workers);
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.AdmissionReasonBytesMax))]
    public void Reason_HasABound()
    {
        AdmissionRules.RequireForm(Yes with { Reason = new string('x', MarketLimits.AdmissionReasonBytesMax) });

        foreach (var reason in new[] { "", new string('x', MarketLimits.AdmissionReasonBytesMax + 1), new string('ü', 1_000_000) })
        {
            var refused = Assert.Throws<MarketException>(() => AdmissionRules.RequireForm(Yes with { Reason = reason }));
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        }
    }

    [Fact]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.AddressCharsMax))]
    public void Address_HasABound()
    {
        Assert.NotNull(
            AdmissionRules.With(AdmissionRequests.None, Request(Worker, new string('x', AdmissionPolicy.AddressCharsMax)), Then)
        );
        var longer = Request(Worker, new string('x', AdmissionPolicy.AddressCharsMax + 1));
        Assert.Throws<MarketException>(() => AdmissionRules.With(AdmissionRequests.None, longer, Then));
    }

    [Fact]
    public void OfferThatBreaksARule_LeavesNoRequest()
    {
        var request = Request(Worker, "10.0.0.1");
        var hostile = request with { Offer = request.Offer with { Labels = ["region=<script>alert(1)</script>"] } };

        var refused = Assert.Throws<MarketException>(() => AdmissionRules.With(AdmissionRequests.None, hostile, Then));

        Assert.Equal(ErrorCode.MalformedRequest, refused.Code);
    }

    [Fact]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.AskingPeriod))]
    public void WorkerThatAsksAgainWithinTheMinute_CausesNoWrite()
    {
        var state = AdmissionRules.With(AdmissionRequests.None, Request(Worker, "10.0.0.1"), Then)!;
        var justBefore = Then + AdmissionPolicy.AskingPeriod - TimeSpan.FromTicks(1);

        Assert.Null(AdmissionRules.With(state, Request(Worker, "10.0.0.9"), justBefore));
        Assert.Equal(2, AdmissionRules.With(state, Request(Worker, "10.0.0.9"), Then + AdmissionPolicy.AskingPeriod)!.Waiting[0].Times);
    }

    [Fact]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.AddressRequestsMax))]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.RequestsMax))]
    public void ThousandsOfKeys_FillTheirPlacesAndNoMore()
    {
        var state = AdmissionRequests.None;
        var refusals = 0;
        for (var number = 0; number < 5_000; number++)
        {
            try
            {
                state = AdmissionRules.With(state, Request(Number(number), $"10.0.0.{number % 20}"), Then)!;
            }
            catch (MarketException full)
            {
                Assert.Equal(ErrorCode.LimitExceeded, full.Code);
                refusals++;
            }
        }
        Assert.Equal((AdmissionPolicy.RequestsMax, 5_000 - AdmissionPolicy.RequestsMax), (state.Waiting.Length, refusals));
        Assert.True(AdmissionRequests.Write(state).Length < 64 * 1024);

        var own = AdmissionRequests.None;
        for (var number = 0; number < AdmissionPolicy.AddressRequestsMax; number++)
        {
            own = AdmissionRules.With(own, Request(Number(number), "10.0.0.1"), Then)!;
        }
        Assert.Contains(
            "10.0.0.1",
            Assert.Throws<MarketException>(() => AdmissionRules.With(own, Request(Worker, "10.0.0.1"), Then)).Message
        );
        Assert.NotNull(AdmissionRules.With(own, Request(Worker, "10.0.0.2"), Then));
        // One that is there already may go on asking.
        Assert.NotNull(AdmissionRules.With(own, Request(Number(0), "10.0.0.1"), Then + AdmissionPolicy.AskingPeriod));
    }

    [Fact]
    public void FewAddressesThatFillTheList_KeepNoOtherOutOfIt()
    {
        var state = AdmissionRequests.None;
        for (var number = 0; number < AdmissionPolicy.RequestsMax; number++)
        {
            var address = $"10.0.0.{number / AdmissionPolicy.AddressRequestsMax}";
            state = AdmissionRules.With(state, Request(Number(number), address), Then)!;
        }

        var shared = AdmissionRules.With(state, Request(Worker, "10.0.1.1"), Then)!;

        Assert.NotNull(shared.Find(Worker));
        Assert.Equal(AdmissionPolicy.RequestsMax, shared.Waiting.Length);
        // The earliest of the crowd stay, and its own next request finds no place.
        Assert.Null(shared.Find(Number(AdmissionPolicy.AddressRequestsMax - 1)));
        Assert.NotNull(shared.Find(Number(0)));
        var returned = AdmissionRules.With(shared, Request(Number(9_999), "10.0.1.1"), Then)!;
        Assert.NotNull(returned.Find(Worker));
        var even = returned;
        var refusals = 0;
        for (var number = 0; number < 10_000; number++)
        {
            try
            {
                even = AdmissionRules.With(even, Request(Number(20_000 + number), $"10.1.{number % 1000}.0"), Then)!;
            }
            catch (MarketException)
            {
                refusals++;
            }
        }
        // However many addresses come, each place changes hands a bounded number of times.
        Assert.Equal(AdmissionPolicy.RequestsMax, even.Waiting.Select(facts => facts.Address).Distinct().Count());
        Assert.True(refusals >= 10_000 - AdmissionPolicy.RequestsMax, $"{refusals}");
    }

    [Fact]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.SilenceMin))]
    public void RequestThatIsNotRepeated_MakesRoom_AndOneThatIsDoesNot()
    {
        var state = AdmissionRequests.None;
        for (var number = 0; number < AdmissionPolicy.AddressRequestsMax; number++)
        {
            state = AdmissionRules.With(state, Request(Number(number), "10.0.0.1"), Then)!;
        }
        state = AdmissionRules.With(state, Request(Number(0), "10.0.0.1"), Then + AdmissionPolicy.AskingPeriod)!;
        var silent = Then + AdmissionPolicy.SilenceMin;

        Assert.Throws<MarketException>(() => AdmissionRules.With(state, Request(Worker, "10.0.0.1"), silent - TimeSpan.FromTicks(1)));
        var replaced = AdmissionRules.With(state, Request(Worker, "10.0.0.1"), silent)!;
        Assert.Equal(AdmissionPolicy.AddressRequestsMax, replaced.Waiting.Length);
        Assert.NotNull(replaced.Find(Number(0)));
        Assert.NotNull(replaced.Find(Worker));
        Assert.Null(replaced.Find(Number(1)));
    }

    [Fact]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.DecisionsMax))]
    [TestsBound(typeof(AdmissionPolicy), nameof(AdmissionPolicy.DecisionsOfWorkerMax))]
    public void Refusals_MakeRoomForEachOther_AndWhatIsLetInStays()
    {
        AdmissionDecisions Full(AdmissionOrder order) =>
            new(
                AdmissionPolicy.DecisionsMax,
                [.. Enumerable.Range(0, AdmissionPolicy.DecisionsMax).Select(number => new DecidedWorker(Number(number), [Made(order)]))]
            );
        var refused = Full(No);
        AdmissionRules.RequireRoom(refused, Worker);
        var decided = refused.With(Worker, Made(Yes));
        Assert.Equal((AdmissionPolicy.DecisionsMax, null), (decided.Workers.Length, decided.Find(Number(0))));
        Assert.NotNull(decided.Find(Number(1)));

        var admitted = Full(Yes);
        Assert.Throws<MarketException>(() => AdmissionRules.RequireRoom(admitted, Worker));
        AdmissionRules.RequireRoom(admitted, Number(0));
        var often = Enumerable
            .Range(0, AdmissionPolicy.DecisionsOfWorkerMax + 1)
            .Aggregate(AdmissionDecisions.None, (state, number) => state.With(Worker, Made(Yes with { RequestId = $"{number}" })));
        Assert.Equal(AdmissionPolicy.DecisionsOfWorkerMax, Assert.Single(often.Workers).Decisions.Length);
        Assert.Equal("1", often.Workers[0].Decisions[0].Order.RequestId);
    }

    [Fact]
    public void StoredForms_AreReadBack_AndEveryCutIsFound()
    {
        var requests = AdmissionRules.With(AdmissionRequests.None, Request(Worker, "10.0.0.1"), Then)!;
        requests = new AdmissionRequests([requests.Waiting[0] with { Region = "eu" }, .. requests.Waiting]);
        var decisions = AdmissionDecisions.None.With(Worker, Made(Yes)).With(Worker, Made(No));

        Check(AdmissionRequests.Write(requests), bytes => AdmissionRequests.Write(AdmissionRequests.Read(bytes)));
        Check(AdmissionDecisions.Write(decisions), bytes => AdmissionDecisions.Write(AdmissionDecisions.Read(bytes)));
        Assert.Equal(requests.Waiting, AdmissionRequests.Read(AdmissionRequests.Write(requests).Span).Waiting);
        Assert.Equal(
            decisions.Find(Worker)!.Decisions,
            AdmissionDecisions.Read(AdmissionDecisions.Write(decisions).Span).Find(Worker)!.Decisions
        );
        // The first versions, read for ever.
        Assert.Equal(FirstRequests, Convert.ToHexString(AdmissionRequests.Write(requests).Span));
        Assert.Equal(FirstDecisions, Convert.ToHexString(AdmissionDecisions.Write(decisions).Span));
    }

    private const string FirstRequests =
        "0102C5CC62CACC8C69ED235720FEE1318560789DF949F65383AA3E14C00947479BB4C5CC62CACC8C69ED235720FEE1318560789DF949F6"
        + "5383AA3E14C00947479BB40A04800801026575000831302E302E302E318000B796AB49DE088000B796AB49DE0802C5CC62CACC8C69ED23"
        + "5720FEE1318560789DF949F65383AA3E14C00947479BB4C5CC62CACC8C69ED235720FEE1318560789DF949F65383AA3E14C00947479BB4"
        + "0A04800800000831302E302E302E318000B796AB49DE088000B796AB49DE0802";
    private const string FirstDecisions =
        "010401C5CC62CACC8C69ED235720FEE1318560789DF949F65383AA3E14C00947479BB4020379657301046F7572738000B796AB49DE08FB"
        + "4E13F67B2B073D418230B1B81F01355A82AE2CBBDF60E0308BCF2418142621026E6F000C77686F73652069732069743F8000B796AB49DE"
        + "08FB4E13F67B2B073D418230B1B81F01355A82AE2CBBDF60E0308BCF2418142621";

    private delegate ReadOnlyMemory<byte> Again(byte[] bytes);

    private static void Check(ReadOnlyMemory<byte> written, Again again)
    {
        var bytes = written.ToArray();
        Assert.Equal(bytes, again(bytes).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => again(bytes[..length]));
        }
        Assert.Throws<InvalidDataException>(() => again([.. bytes, 0]));
    }

    private static AdmissionDecision Made(AdmissionOrder order) => new(order, Then, Operator.Account);

    private static WorkerId Number(int number) => new(TestMarket.Id($"stranger {number}").Value);

    private static AdmissionRequest Request(WorkerId worker, string address) =>
        new(
            new WorkerOffer(
                Worker: worker,
                PayTo: new AccountId(worker.Value),
                PricePerMillionFuel: new TokenAmount(10),
                Slots: 4,
                MemoryPagesMax: 1024
            ),
            address
        );

    private static IAdmissionGrain Of(TestMarket market) => market.Grains.GetGrain<IAdmissionGrain>(MarketLimits.AdmissionsKey);

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
