using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>An offer may ask for buyers of a reputation: jobs of others pass it by, and both sides are told.</summary>
public sealed class BuyerReputationTests
{
    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);
    private long _polls;
    private int _jobs;

    public BuyerReputationTests() => _book.Resume(Now);

    [Fact]
    public void Job_PassesByTheOffersThatAskForABetterBuyer()
    {
        Offer(1, price: 1, asks: 701);
        Offer(2, price: 2, asks: 700);
        Offer(3, price: 3, asks: 0);
        Set(Account(1), 700);
        // One that has no open jobs is not known.
        var first = Add(buyer: 1);
        Assert.Equal((3, Account(1)), (WorkerOf(first), Assert.Single(_book.Buyers.ToRead)));
        Set(Account(1), 700);
        Assert.Equal(2, WorkerOf(Add(buyer: 1)));
        Set(Account(1), 701);
        Assert.Equal(1, WorkerOf(Add(buyer: 1)));
    }

    [Fact]
    public void ReadyJobs_GoToAnOfferThatAsks_FromTheMomentTheirBuyerIsGoodEnough()
    {
        var jobs = new[] { Add(buyer: 1), Add(buyer: 2), Add(buyer: 1) };
        Offer(1, asks: 800, slots: 2);
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Ready, job.Phase));
        Set(Account(1), 799);
        Set(Account(2), 799);
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Ready, job.Phase));
        Set(Account(1), 800);
        _book.Flush();
        Assert.Equal((1, 1), (WorkerOf(jobs[0]), WorkerOf(jobs[2])));
        Assert.Equal(MarketPhase.Ready, jobs[1].Phase);
        Assert.Empty(_book.Invariants.Violations());
        Assert.Empty(_book.Invariants.ViolationsAtRest());
    }

    [Fact]
    public void BuyerThatFalls_GetsNoMore_AndKeepsWhatItHas()
    {
        Offer(1, asks: 800, slots: 5);
        var first = Add(buyer: 1);
        Set(Account(1), 900);
        Assert.Equal(1, WorkerOf(first));
        Set(Account(1), 700);
        Assert.Equal(MarketPhase.Ready, Add(buyer: 1).Phase);
        Assert.Equal(1, WorkerOf(first));
    }

    [Fact]
    public void WhereNoOfferAsks_NoBuyerIsRead()
    {
        Add(buyer: 1);
        Offer(1);
        Add(buyer: 2);
        _book.Buyers.ReadAgain(TimeSpan.MaxValue, most: 10, TimeSpan.Zero);
        Assert.Empty(_book.Buyers.ToRead);
        Add(buyer: 3);
        Offer(2, asks: 1);
        Assert.Contains(Account(3), _book.Buyers.ToRead);
        _book.Buyers.ToRead.Clear();
        Add(buyer: 3);
        Assert.Empty(_book.Buyers.ToRead);
        // What could not be read is asked again in the next round, not in ten minutes.
        _book.Buyers.Missed(Account(3));
        _book.Buyers.ReadAgain(TimeSpan.Zero, most: 10, TimeSpan.FromTicks(1));
        Assert.Equal([Account(3)], _book.Buyers.ToRead);
        _book.Buyers.ToRead.Clear();
        _book.Buyers.ReadAgain(TimeSpan.FromTicks(1), most: 1, TimeSpan.FromMinutes(1));
        Assert.Single(_book.Buyers.ToRead);
    }

    [Fact]
    public void ManyAccountsBelowWhatAnOfferAsks_AreNotLookedAt()
    {
        for (var buyer = 1; buyer <= 20_000; buyer++)
        {
            Add(buyer);
            Set(Account(buyer), buyer == 12_345 ? 800 : 700);
        }
        Offer(1, asks: 800, slots: 4);
        Assert.Equal(Account(12_345), Assert.Single(_book.Leases.Jobs.Values).Ticket.Account);
    }

    [Fact]
    public void ManyOffersThatAskForMore_AreNotLookedAt()
    {
        for (var worker = 1; worker <= 2 * MarketPolicy.SearchedOffersMax; worker++)
        {
            Offer(worker, price: 1, asks: 800);
        }
        Offer(100_000, price: 2);
        // From here on the job looks for an offer, and no offer for a job.
        _book.Flush();
        Assert.Equal(100_000, WorkerOf(Add(buyer: 1)));
    }

    [Fact]
    public void BothSides_AreTold()
    {
        var job = Add(buyer: 1);
        Offer(1, asks: 900);
        Offer(2, asks: 800);
        Assert.Equal(
            "No offer fits: of 2 offers, 2 that want a buyer of reputation 800 or more (yours is not known yet).",
            _book.Explain(job).Explanation.Summary
        );
        Set(Account(1), 700);
        var told = _book.Explain(job).Explanation;
        Assert.EndsWith("(yours is 700).", told.Summary, StringComparison.Ordinal);
        Assert.Equal("wants a buyer of reputation 900 or more; that of the job's account is 700", told.Offers[0].Reason);
        Assert.Equal(
            "Of 1 waiting jobs that were looked at, 1 are of buyers with a reputation below the 900 that it asks for (700 at most).",
            _book.Explain(_book.Offers[Worker(1)]).Summary
        );
    }

    [Fact]
    public void Market_ReadsTheBuyersReputation_AndHearsWhatItsOwnJobsMakeOfIt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (careful, other) = (await market.AddWorker("careful", price: 1), await market.AddWorker("other", price: 2));
            careful.BuyerReputationMin = 701;
            await careful.Offer();
            await market.Submit(caller, TestMarket.Item("one", program));
            Assert.Empty((await careful.Poll()).Leases);
            await other.Report(other.Completed(await other.TakeOne()));
            var waiting = careful.Poll();
            for (var poll = 0; poll < 8; poll++)
            {
                await other.Poll();
                await waiting;
                waiting = careful.Poll();
            }
            // A newcomer's 700 and one job that ended as agreed.
            await market.Submit(caller, TestMarket.Item("two", program));
            Assert.Single((await waiting).Leases);

            await market.CrashAndStart();
            await careful.Offer();
            Assert.Single((await careful.Poll()).Leases);
        });

    [Fact]
    public void BuyerThatGotBetterElsewhere_IsReadAgain() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            worker.BuyerReputationMin = 800;
            await worker.Offer();
            var item = TestMarket.Item("one", program);
            await market.Submit(caller, item with { Spec = item.Spec with { ExpiresAfter = TimeSpan.FromDays(1) } });
            Assert.Empty((await worker.Poll()).Leases);
            await market
                .Grains.GetGrain<IReputationGrain>(ReputationKeys.OfBuyer(caller.Account))
                .Record(new OutcomeBatch("other", 1, 1, Kept: 20, new TokenAmount(200), []), Authority.Market);

            Lease? lease = null;
            for (var poll = 0; lease is null && poll < 80; poll++)
            {
                lease = (await worker.Poll()).Leases.FirstOrDefault();
            }
            Assert.NotNull(lease);
        });

    [Fact]
    public void ReputationThatCannotBeRead_IsReadAgain_AndHoldsUpNoOther() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (careful, other) = (await market.AddWorker("careful", price: 1), await market.AddWorker("other", price: 2));
            careful.BuyerReputationMin = 700;
            await careful.Offer();
            var unread = ReputationKeys.OfBuyer(caller.Account);
            market.Store.OnRead = name => name.Contains(unread, StringComparison.Ordinal) ? new IOException("no") : null;
            await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));
            Assert.Empty((await careful.Poll()).Leases);
            Assert.Equal(2, (await other.Poll()).Leases.Length);
            market.Store.OnRead = _ => null;
            await market.Submit(caller, TestMarket.Item("three", program, price: 1));
            Lease? lease = null;
            for (var poll = 0; lease is null && poll < 80; poll++)
            {
                lease = (await careful.Poll()).Leases.FirstOrDefault();
            }
            Assert.NotNull(lease);
        });

    private void Set(AccountId account, int score)
    {
        _book.Buyers.Set(account, score);
        _book.Rematch(Now);
    }

    private void Offer(int worker, int price = 1, int asks = 0, int slots = 1)
    {
        _book.SetOffer(
            new WorkerOffer(
                Worker: Worker(worker),
                PayTo: Account(1_000_000 + worker),
                PricePerMillionFuel: new TokenAmount((UInt128)price),
                Slots: slots,
                MemoryPagesMax: MarketLimits.MemoryPagesMax,
                BuyerReputationMin: asks
            ),
            new Standing(700, StandingLevel.Good, InMaintenance: false),
            Now
        );
        _book.Poll(new WorkerPoll(Worker(worker), 7, ++_polls, slots), Now);
        _book.Rematch(Now);
    }

    private MarketJob Add(int buyer)
    {
        var id = new JobId(Id(++_jobs));
        _book.Add(
            new JobTicket(
                Job: id,
                Account: Account(buyer),
                Spec: TestMarket.Spec(default),
                Module: default,
                UsesState: false,
                SubmittedAt: Now.Wall.AddSeconds(_jobs),
                RequestId: $"{_jobs}"
            ),
            Now
        );
        _book.Rematch(Now);
        return _book.Find(id)!;
    }

    private static int? WorkerOf(MarketJob job) => job.Offer is { } offer ? BitConverter.ToInt32(offer.Offer.Worker.Value.ToArray()) : null;

    private static WorkerId Worker(int number) => new(Id(number));

    private static AccountId Account(int number) => new(Id(number));

    private static Bytes32 Id(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        return new Bytes32(id);
    }
}
