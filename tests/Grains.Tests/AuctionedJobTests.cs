using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A job's auction from its submission to payment, and what a bidder's word is worth.</summary>
public sealed class AuctionedJobTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void AuctionedJob_GoesToTheLowestBid_AndCostsTheSecondLowest() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var (one, two) = (await scene.Bidder("one", price: 10), await scene.Bidder("two", price: 25));
            var job = await scene.Submit("job");
            await market.Settle();
            var view = await market.Job(job).Get(scene.Client);
            Assert.Equal((JobStatus.Completed, one.Worker.Id, new TokenAmount(25)), (view.Status, view.Worker, view.Charge));
            Assert.StartsWith(
                "It went to the lowest of 2 bids",
                (await market.Job(job).Explain(scene.Client)).Summary,
                StringComparison.Ordinal
            );
            await Stop(one, two);
        });

    [Fact]
    public void BidThatIsNotOpened_IsAFaultOfItsWorker_OnceTheJobHasRun() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var (one, two) = (await scene.Bidder("one", price: 10), await scene.Bidder("two", price: 25));
            one.Opens = false;
            var job = await scene.Submit("job");
            await Task.Delay(Window + MarketPolicy.BidOpeningMax, market.Time);
            await market.Settle();
            Assert.Equal(two.Worker.Id, (await market.Job(job).Get(scene.Client)).Worker);
            var seen = await Reputation(market, one);
            Assert.Equal((1L, 0L), (seen.Faulted, (await Reputation(market, two)).Faulted));
            await Stop(one, two);
        });

    [Fact]
    public void MarketThatStartsAgain_BeginsTheAuctionAnew_AndChargesNone() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var (one, two, idle) = (
                await scene.Bidder("one", price: 10),
                await scene.Bidder("two", price: 25),
                await scene.Bidder("three", price: 5)
            );
            idle.Bids = false;
            var job = await scene.Submit("job");
            await Task.Delay(Window / 2, market.Time);
            Assert.Contains("auctioned until", (await market.Job(job).Explain(scene.Client)).Summary, StringComparison.Ordinal);
            await Stop(one, two, idle);
            await market.CrashAndStart();

            var (again, other) = (await scene.Bidder("one", price: 40), await scene.Bidder("two", price: 30));
            await market.Settle();
            var view = await market.Job(job).Get(scene.Client);
            Assert.Equal((JobStatus.Completed, other.Worker.Id), (view.Status, view.Worker));
            Assert.Equal((0L, 0L), ((await Reputation(market, again)).Faulted, (await Reputation(market, other)).Faulted));
            await Stop(again, other);
        });

    private static Task<ReputationView> Reputation(TestMarket market, TestBidder bidder) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(bidder.Worker.Id)).Get(caller: null);

    private static Task Stop(params TestBidder[] bidders) => Task.WhenAll(bidders.Select(bidder => bidder.Stop()));

    private sealed class Scene(TestMarket market, Caller client, ProgramId program)
    {
        public Caller Client => client;

        public static async Task<Scene> Of(TestMarket market)
        {
            var client = await market.OpenAccount("client");
            return new Scene(market, client, await market.Deploy(client));
        }

        public async Task<TestBidder> Bidder(string name, long price)
        {
            var worker = await market.AddWorker(name, price, slots: 1);
            var bidder = new TestBidder(worker, price);
            await Task.Delay(TimeSpan.FromMilliseconds(10), market.Time);
            return bidder;
        }

        public async Task<JobId> Submit(string name)
        {
            var item = TestMarket.Item(name, program);
            return Assert.Single(await market.Submit(client, item with { Spec = item.Spec with { Auction = Window } })).Job;
        }
    }

    /// <summary>Bids its price in each auction, opens its bids, and runs what it gets with all the fuel.</summary>
    private sealed class TestBidder
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private readonly TokenAmount _price;

        public TestBidder(TestWorker worker, long price)
        {
            (Worker, _price) = (worker, new TokenAmount((UInt128)price));
            _running = Run();
        }

        public TestWorker Worker { get; }

        public bool Bids { get; set; } = true;

        public bool Opens { get; set; } = true;

        public async Task Stop()
        {
            _stop.Cancel();
            await _running;
            _stop.Dispose();
        }

        private async Task Run()
        {
            ImmutableArray<SealedBid> bids = [];
            ImmutableArray<OpenedBid> opened = [];
            try
            {
                while (true)
                {
                    var orders = await Worker.Poll(bids, opened, _stop.Token);
                    bids = Bids ? [.. orders.Invitations.Select(Bid)] : [];
                    opened = Opens ? [.. orders.Closed.Select(auction => new OpenedBid(auction, _price, Nonce(auction)))] : [];
                    if (orders.Leases.Length > 0)
                    {
                        await Worker.Report([.. orders.Leases.Select(lease => Worker.Completed(lease, fuel: lease.Ticket.Spec.FuelMax))]);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        }

        private SealedBid Bid(AuctionInvitation invitation) =>
            new(
                invitation.Auction,
                new BidCommitment(TestOwner.Market.PublicKey, Worker.Start, invitation.Auction, invitation.Job, Worker.Id).Of(
                    _price,
                    Nonce(invitation.Auction)
                )
            );

        private Bytes32 Nonce(long auction) => new([.. BitConverter.GetBytes(auction), .. Worker.Id.Value.ToArray()[..24]]);
    }
}
