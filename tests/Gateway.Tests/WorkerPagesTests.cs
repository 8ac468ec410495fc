using System.Net;
using System.Net.Http.Json;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Workers as people see them: pages of offers, a reputation, and what owner and operator say of it.</summary>
public sealed class WorkerPagesTests
{
    private static readonly WorkerId Worker = new(GatewayFixture.Alice.Value);

    [Fact]
    public async Task Offers_ComeInPages_EachOnce_AndTheLastHasNoNext()
    {
        await using var gateway = await GatewayFixture.Start();
        for (var number = 1; number <= 5; number++)
        {
            gateway.Market.Offers.Add(Offer(number));
        }
        var seen = new List<string>();
        for (var path = $"{Routes.Workers}?limit=2"; ; )
        {
            var page = await (await gateway.Client.Get(path)).Read(ApiJson.Default.PageMarketWorker);
            seen.AddRange(page.Items.Select(worker => $"{worker.PricePerMillionFuel}"));
            if (page.Next is null)
            {
                break;
            }
            path = $"{Routes.Workers}?limit=2&cursor={page.Next}";
        }
        Assert.Equal(["1", "2", "3", "4", "5"], seen);
    }

    [Theory]
    [InlineData("x"), InlineData("1-"), InlineData("-1-ab"), InlineData("1-2-3")]
    public async Task CursorThatIsNone_IsRefused(string cursor)
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get($"{Routes.Workers}?cursor={cursor}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Worker_IsShownWithItsStanding_AndAnUnknownOneIsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.Worker(Worker)).Refused(HttpStatusCode.NotFound, ErrorCode.WorkerNotFound);
        var offer = Offer(3);
        gateway.Market.Offers.Add(offer);

        var shown = await (await gateway.Client.Get(Routes.Worker(offer.Offer.Worker))).Read(ApiJson.Default.MarketWorker);

        Assert.Equal((offer.Offer.Worker, 4, 1, 900), (shown.Id, shown.Slots, shown.SlotsUsed, shown.Score));
        Assert.Equal((StandingLevel.Good, new TokenAmount(77), 650), (shown.Level, shown.Stake, shown.BuyerReputationMin));
    }

    [Fact]
    public async Task Leases_AreShown_ThoseThatTheWorkerHasLongestFirst()
    {
        await using var gateway = await GatewayFixture.Start();
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var job = new JobId(Worker.Value);
        gateway.Market.Leases.Add(new LeaseView(new LeaseId(1, 2), job, at.AddSeconds(1), at.AddSeconds(60), HasBegun: false));
        gateway.Market.Leases.Add(new LeaseView(new LeaseId(1, 1), job, at, at.AddSeconds(60), HasBegun: true));

        var page = await (await gateway.Client.Get(Routes.WorkerLeases(Worker))).Read(ApiJson.Default.PageLeasedJob);

        Assert.Null(page.Next);
        Assert.Equal(
            [
                new LeasedJob(new LeaseId(1, 1), job, at, at.AddSeconds(60), Begun: true),
                new LeasedJob(new LeaseId(1, 2), job, at.AddSeconds(1), at.AddSeconds(60), Begun: false),
            ],
            page.Items
        );
    }

    [Fact]
    public async Task Worker_IsExplainedToItsCaller()
    {
        await using var gateway = await GatewayFixture.Start();
        var shown = await (await gateway.Client.Get(Routes.WorkerExplanation(Worker))).Read(ApiJson.Default.WorkerExplanation);

        Assert.Equal((Worker, "It asks too much.", 5, 3), (shown.Worker, shown.Summary, shown.WaitingJobs, shown.LookedAt));
        Assert.Equal(new WorkerObstacle(3, "pay less"), Assert.Single(shown.Obstacles));
        Assert.Equal([$"{Worker} {GatewayFixture.Alice}"], gateway.Market.Asked);
    }

    [Fact]
    public async Task Reputation_IsShownWhole()
    {
        await using var gateway = await GatewayFixture.Start();
        var shown = await (await gateway.Client.Get(Routes.WorkerReputation(Worker))).Read(ApiJson.Default.Reputation);

        Assert.Equal((640, StandingLevel.Warning, true, 7, 1), (shown.Score, shown.Level, shown.Maintenance, shown.Kept, shown.Faulted));
        Assert.Equal(new StandingMargin(StandingLevel.Probation, 500, 3), Assert.Single(shown.Margins));
        Assert.Equal("late", Assert.Single(shown.Faults).Reason);
        Assert.Equal((690, StandingLevel.Newcomer), Assert.Single(shown.History!) is var sample ? (sample.Score, sample.Level) : default);
        Assert.Equal(
            ("r", "no", true, "yes"),
            Assert.Single(shown.Appeals) is var appeal ? (appeal.RequestId, appeal.Words, appeal.Granted, appeal.Answer) : default
        );
        Assert.Equal(new TokenAmount(8), shown.Stake);
        Assert.Equal(
            [("s", "8", StakeState.Held, false), ("t", "9", StakeState.Unbonding, true)],
            shown.Stakes!.Select(stake => (stake.RequestId, $"{stake.Amount}", stake.State, stake.EndsAt is not null))
        );
        Assert.Equal([$"{ReputationKeys.OfWorker(Worker)} {GatewayFixture.Alice}"], gateway.Market.Asked);
    }

    [Fact]
    public async Task StakeAndUnstake_ReachTheReputationWithTheirCaller()
    {
        await using var gateway = await GatewayFixture.Start();
        await Ok(gateway.Client.Post(Routes.WorkerStake(Worker), new StakeRequest("s", new TokenAmount(8)), ApiJson.Default.StakeRequest));
        await Ok(gateway.Client.Post(Routes.WorkerUnstake(Worker), new UnstakeRequest(["s", "t"]), ApiJson.Default.UnstakeRequest));

        var (key, caller) = (ReputationKeys.OfWorker(Worker), GatewayFixture.Alice);
        Assert.Equal([$"{key} {caller} stake s 8", $"{key} {caller} unstake s t"], gateway.Market.Asked);
    }

    [Fact]
    public async Task MaintenanceAppealAndDecision_ReachTheReputationWithTheirCaller()
    {
        await using var gateway = await GatewayFixture.Start();
        var job = new JobId(Worker.Value);
        await Ok(gateway.Client.Post(Routes.WorkerMaintenance(Worker), new MaintenanceRequest(true), ApiJson.Default.MaintenanceRequest));
        await Ok(gateway.Client.Post(Routes.WorkerAppeals(Worker), new AppealRequest("r", [job], "no"), ApiJson.Default.AppealRequest));
        await Ok(
            gateway.Client.Post(Routes.WorkerDecisions(Worker), new DecisionRequest("r", false, "so"), ApiJson.Default.DecisionRequest)
        );

        var (key, caller) = (ReputationKeys.OfWorker(Worker), GatewayFixture.Alice);
        Assert.Equal(
            [
                $"{key} {caller} maintenance True",
                $"{key} {caller} appeal r {job} no",
                $"{key} {caller} {new AppealDecision("r", false, "so")}",
            ],
            gateway.Market.Asked
        );
    }

    [Fact]
    public async Task Refusals_AreSetForTheCallersAccount_AndShown()
    {
        await using var gateway = await GatewayFixture.Start();
        var empty = await (await gateway.Client.Get(Routes.AccountRefusals)).Read(ApiJson.Default.RefusalList);
        Assert.Equal((0, 0), (empty.Workers.Count, empty.Owners.Count));

        using var content = JsonContent.Create(new RefusalsRequest([Worker], [GatewayFixture.Mallory]), ApiJson.Default.RefusalsRequest);
        await Ok(gateway.Client.PutAsync(Routes.AccountRefusals, content, TestContext.Current.CancellationToken));

        Assert.Equal([$"{GatewayFixture.Alice} refuses {Worker} {GatewayFixture.Mallory}"], gateway.Market.Asked);
        var shown = await (await gateway.Client.Get(Routes.AccountRefusals)).Read(ApiJson.Default.RefusalList);
        Assert.Equal((Worker, GatewayFixture.Mallory), (Assert.Single(shown.Workers), Assert.Single(shown.Owners)));
    }

    private static OfferView Offer(int number) =>
        new(
            new WorkerOffer(
                Worker: new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)number, 32)])),
                PayTo: GatewayFixture.Alice,
                PricePerMillionFuel: new TokenAmount((UInt128)number),
                Slots: 4,
                MemoryPagesMax: 16,
                BuyerReputationMin: 650
            ),
            SlotsUsed: 1,
            new Standing(900, GrainInterfaces.StandingLevel.Good, InMaintenance: false, new TokenAmount(77))
        );

    private static async Task Ok(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
