using System.Net;
using Marketplace.Api.Workers;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using WorkerPoll = Marketplace.Api.Workers.WorkerPoll;

namespace Marketplace.Tests.Gateway;

/// <summary>Workers that are not let in leave a request, hear why, and come in when the operator has let them.</summary>
public sealed class AdmissionTests
{
    private static readonly WorkerId Somebody = new(GatewayFixture.Mallory.Value);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UnknownWorker_LeavesItsOffer_AndHearsUnderTheSealThatItWaits()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();

        await Assert.ThrowsAsync<LinkEndedException>(() => session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation));
        var ended = await session.Ended;

        Assert.Equal((LinkEnd.NotAdmitted, true), (ended.Reason, ended.IsSealed));
        Assert.Contains($"The request of worker {worker.Id} waits for its operator", ended.Message);
        var request = Assert.Single(gateway.Market.Admissions.Requests);
        Assert.Equal((worker.Id, "127.0.0.1"), (request.Offer.Worker, request.Address));
        Assert.DoesNotContain(worker.Id, gateway.Market.Workers.Offers.Keys);
    }

    [Fact]
    public async Task WorkerThatIsLetIn_ComesInWithoutARestart()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        await Assert.ThrowsAsync<MarketLinkException>(() => link.Market.Offer(worker.Offer, Cancellation).AsTask());
        await Decide(gateway, worker.Id, new AdmissionRequest("one", Admitted: true, "ours"));

        for (WorkerWelcome? welcome = null; welcome is null; )
        {
            try
            {
                welcome = await link.Market.Offer(worker.Offer, Cancellation);
            }
            catch (MarketLinkException passing) when (passing.IsPassing)
            {
                // A connection from before the decision.
            }
        }
        Assert.Contains(worker.Id, gateway.Market.Workers.Offers.Keys);
    }

    [Fact]
    public async Task RefusedWorker_HearsTheReason_AndLeavesNoRequest_AlsoWhereAnyIsLetIn()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Admissions.Decide(worker.Id, isAdmitted: false, "whose is it?");

        var refused = await Assert.ThrowsAsync<LinkEndedException>(worker.Session);

        Assert.Equal(LinkEnd.NotAdmitted, refused.Reason);
        Assert.Equal($"The operator of this market has refused worker {worker.Id} at 2026-01-02 03:04 UTC: whose is it?", refused.Message);
        Assert.Empty(gateway.Market.Admissions.Requests);
    }

    [Fact]
    public async Task AdmissionThatIsTakenBack_EndsTheConnectionAtOnce()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Admissions.Decide(worker.Id, isAdmitted: true);
        await using var session = await worker.Session();
        Assert.NotNull((await session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation)).Welcome);

        var shown = await Decide(gateway, worker.Id, new AdmissionRequest("two", Admitted: false, "it lied"));

        Assert.Equal((AdmissionState.Refused, "it lied"), (shown.State, shown.Decision!.Reason));
        var ended = await session.Ended;
        Assert.Equal((LinkEnd.NotAdmitted, true), (ended.Reason, ended.Message.EndsWith("UTC: it lied", StringComparison.Ordinal)));
    }

    /// <summary>The decision was taken at another silo of the cluster.</summary>
    [Fact]
    public async Task AdmissionThatIsTakenBackElsewhere_EndsTheConnectionAtTheNextLook()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();
        Assert.NotNull((await session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation)).Welcome);
        gateway.Market.Admissions.Decide(worker.Id, isAdmitted: false);

        await gateway.Time.UntilArmed(GatewayPolicy.AdmissionLook);
        gateway.Time.Advance(GatewayPolicy.AdmissionLook);

        Assert.Equal(LinkEnd.NotAdmitted, (await session.Ended).Reason);
    }

    [Fact]
    public async Task WorkerForWhichThereIsNoRoom_HearsHowItGetsInAllTheSame()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();
        gateway.Market.Admissions.Fault = () => new MarketException(ErrorCode.LimitExceeded, "256 wait.");

        await Assert.ThrowsAsync<LinkEndedException>(() => session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation));

        var ended = await session.Ended;
        Assert.Equal(LinkEnd.NotAdmitted, ended.Reason);
        Assert.Contains(
            $"256 wait. Its operator can let the worker in all the same, by 'market worker admit {worker.Id} WHY'",
            ended.Message
        );
    }

    /// <summary>Else a fault of the books would let everybody in, or send known workers away for good.</summary>
    [Fact]
    public async Task WhereTheDecisionCannotBeRead_NoWorkerIsLetIn_AndItTriesAgain()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Admissions.Fault = () => new InvalidOperationException("no disk");
        using var worker = new LinkedWorker(gateway);

        Assert.Equal(LinkEnd.Overloaded, (await Assert.ThrowsAsync<LinkEndedException>(worker.Session)).Reason);
    }

    [Fact]
    public async Task WorkerThatWorkedHereBefore_IsToldThatItIsNotKnown_AndOffers()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();

        var answer = await session.Call(new LinkFrame { Poll = new WorkerPoll(worker.Id, 1, 1, 1) }, Cancellation);

        Assert.False(answer.Orders!.Known);
        await Assert.ThrowsAsync<LinkEndedException>(() => session.Call(new LinkFrame { Offer = worker.Offer }, Cancellation));
        Assert.Single(gateway.Market.Admissions.Requests);
    }

    [Theory]
    [InlineData(true, LinkEnd.ForeignWorker), InlineData(false, LinkEnd.Silent)]
    public async Task WorkerThatSaysSomethingElse_LeavesNoRequest(bool isForeign, LinkEnd reason)
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.IsForKnownOnly = true;
        using var worker = new LinkedWorker(gateway);
        await using var session = await worker.Session();
        if (isForeign)
        {
            var offer = worker.Offer with { Worker = Somebody };
            await Assert.ThrowsAsync<LinkEndedException>(() => session.Call(new LinkFrame { Offer = offer }, Cancellation));
        }
        else
        {
            gateway.Time.Advance(GatewayPolicy.PetitionTimeMax);
        }

        Assert.Equal(reason, (await session.Ended).Reason);
        Assert.Empty(gateway.Market.Admissions.Requests);
    }

    [Fact]
    public async Task Requests_ComeInPages_WithWhatTheyWouldAllow()
    {
        await using var gateway = await GatewayFixture.Start();
        for (byte number = 1; number <= 5; number++)
        {
            var id = new Bytes32([.. Enumerable.Repeat(number, Bytes32.Size)]);
            var offer = new GrainInterfaces.WorkerOffer(
                Worker: new WorkerId(id),
                PayTo: new AccountId(id),
                PricePerMillionFuel: new TokenAmount(number),
                Slots: 4,
                MemoryPagesMax: 1024
            );
            gateway.Market.Admissions.Requests.Add(new GrainInterfaces.AdmissionRequest(offer, "10.0.0.1"));
        }
        var seen = new List<Admission>();
        for (var path = $"{Routes.Admissions}?limit=2"; ; )
        {
            var page = await (await gateway.Client.Get(path)).Read(ApiJson.Default.PageAdmission);
            seen.AddRange(page.Items);
            if (page.Next is null)
            {
                break;
            }
            path = $"{Routes.Admissions}?limit=2&cursor={page.Next}";
        }

        Assert.Equal(["1", "2", "3", "4", "5"], seen.Select(admission => $"{admission.Offer!.PricePerMillionFuel}"));
        Assert.All(seen, admission => Assert.Equal((AdmissionState.Waiting, null), (admission.State, admission.Decision)));
        Assert.Equal(("eu", true, "10.0.0.1"), (seen[0].Offer!.Region, seen[0].Offer!.Committee, seen[0].Offer!.Address));
    }

    [Fact]
    public async Task Decisions_AreListedByWhatTheyAre_AndAnUnknownStateIsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Admissions.Decide(Somebody, isAdmitted: true, "ours");

        var admitted = await (await gateway.Client.Get($"{Routes.Admissions}?state=admitted")).Read(ApiJson.Default.PageAdmission);
        var refused = await (await gateway.Client.Get($"{Routes.Admissions}?state=refused")).Read(ApiJson.Default.PageAdmission);

        Assert.Equal((Somebody, AdmissionState.Admitted), (Assert.Single(admitted.Items).Worker, admitted.Items[0].State));
        Assert.Empty(refused.Items);
        await gateway.Client.Get($"{Routes.Admissions}?state=other").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7"), InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void AllAddressesOfANetwork_AreOne(string address, string network) =>
        Assert.Equal(network, WorkerAdmissions.NetworkOf(IPAddress.Parse(address)));

    private static async Task<Admission> Decide(GatewayFixture gateway, WorkerId worker, AdmissionRequest request)
    {
        using var response = await gateway.Client.Post(Routes.AdmissionDecisions(worker), request, ApiJson.Default.AdmissionRequest);
        return await response.Read(ApiJson.Default.Admission);
    }
}
