using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Buyers take turns by what their runs cost, and the tree of turns agrees with a walk through a list.</summary>
public sealed class FairQueueTests
{
    private int _jobs;

    [Fact]
    public void SingleJob_DoesNotWaitBehindAnotherBuyersTenThousand()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 10_000);
        TakeAndEnd(queue, fuelUsed: 0);
        var single = Assert.Single(Add(queue, buyer: 2));
        Assert.Equal((0, false), queue.CountBefore(single));
        Assert.Same(single, Find(queue));
    }

    [Fact]
    public void FiftyBuyersWhoCameOneAfterTheOther_HaveEqualShares()
    {
        var queue = new FairQueue();
        for (var buyer = 0; buyer < 50; buyer++)
        {
            Add(queue, buyer, count: 10 + (buyer * 3));
        }
        var shares = new double[50];
        for (var number = 0; number < 450; number++)
        {
            shares[BuyerOf(TakeAndEnd(queue, fuelUsed: 1_000))]++;
        }
        Assert.True(JainOf(shares) >= 0.99, $"Jain's index is {JainOf(shares)} for {string.Join(' ', shares)}");
    }

    [Fact]
    public void BuyerWithLongRuns_HasNoMoreFuelThanOneWithShortOnes()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 5_000);
        Add(queue, buyer: 2, count: 5_000);
        var fuel = new double[3];
        for (var number = 0; number < 4_000; number++)
        {
            var job = Find(queue)!;
            var used = BuyerOf(job) == 1 ? 100_000_000 : 10_000_000;
            fuel[BuyerOf(job)] += used;
            TakeAndEnd(queue, used);
        }
        Assert.InRange(fuel[1] / fuel[2], 0.9, 1.2);
    }

    [Fact]
    public void BuyerWhoHadMoreThanItsShare_IsBehindTheOthersAlsoAfterAPause()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1);
        Add(queue, buyer: 2, count: 3);
        Assert.Equal(1, BuyerOf(TakeAndEnd(queue, fuelUsed: 500_000_000)));
        Add(queue, buyer: 1);
        Assert.Equal([2, 2, 2, 1], Enumerable.Range(0, 4).Select(_ => BuyerOf(TakeAndEnd(queue, fuelUsed: 1_000))));
    }

    [Fact]
    public void BuyerWithoutJobs_IsForgottenWhenTheOthersHaveHadAsMuch()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1);
        TakeAndEnd(queue, fuelUsed: 100_000_000);
        Add(queue, buyer: 2, count: 20);
        TakeAndEnd(queue, fuelUsed: 10_000_000);
        Assert.Equal(2, queue.BuyerCount);
        for (var number = 0; number < 18; number++)
        {
            TakeAndEnd(queue, fuelUsed: 10_000_000);
        }
        Assert.Equal(1, queue.BuyerCount);
    }

    [Fact]
    public void BuyerWhoseJobsFittedNoOffer_HasNotSavedUpItsTurns()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 1_000, priceMax: 1);
        Add(queue, buyer: 2, count: 2_000);
        for (var number = 0; number < 1_000; number++)
        {
            Assert.Equal(2, BuyerOf(TakeAndEnd(queue, fuelUsed: 10_000_000, price: new TokenAmount(50))));
        }
        var inARow = 0;
        while (BuyerOf(TakeAndEnd(queue, fuelUsed: 10_000_000)) == 1)
        {
            inARow++;
        }
        Assert.InRange(inARow, 1, 1 + (MarketPolicy.ShareLagMax / 10_000_000));
    }

    [Fact]
    public void RunThatIsNotReported_CostsWhatWasExpected()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 2);
        Add(queue, buyer: 2, count: 2);
        var lost = Find(queue)!;
        queue.Take(lost);
        queue.Settle(lost, fuelUsed: null);
        queue.Ready(lost);
        Assert.NotEqual(BuyerOf(lost), BuyerOf(Find(queue)!));
    }

    [Fact]
    public void NewBuyersFirstRun_CountsAllThatItMayUse_UntilItsEndIsKnown()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1);
        TakeAndEnd(queue, fuelUsed: 10_000_000);
        Add(queue, buyer: 1, count: 10);
        var first = Add(queue, buyer: 2, count: 2, fuelMax: 60_000_000)[0];
        Add(queue, buyer: 3, count: 2, fuelMax: 60_000_000);
        var order = new List<int>();
        for (var number = 0; number < 8; number++)
        {
            var job = Find(queue)!;
            order.Add(BuyerOf(job));
            queue.Take(job);
        }
        // Six runs of 11 million each are as much as one that may use 60.
        Assert.Equal([2, 3, 1, 1, 1, 1, 1, 1], order);
        queue.Settle(first, fuelUsed: 1_000_000);
        Assert.Equal(2, BuyerOf(Find(queue)!));
    }

    [Theory]
    [InlineData(MarketPolicy.ShareUnknownMax, MarketPolicy.ShareUnknownMax)]
    [InlineData(MarketPolicy.ShareUnknownMax + 1, MarketPolicy.ShareUnknownMax)]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ShareUnknownMax))]
    public void NewBuyersFirstRun_CountsNoMoreThanTheBound(long fuelMax, long counted)
    {
        var queue = new FairQueue();
        var job = Assert.Single(Add(queue, buyer: 1, fuelMax: fuelMax));
        queue.Take(job);
        Assert.Equal(MarketPolicy.ShareOfAJob + counted, job.ShareTaken);
    }

    [Fact]
    public void BuyerWhoPaysThreeTimes_HasThreeTimesTheRuns()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 1_000);
        Add(queue, buyer: 2, count: 1_000, priority: 3);
        var runs = new int[3];
        for (var number = 0; number < 400; number++)
        {
            runs[BuyerOf(TakeAndEnd(queue, fuelUsed: 1_000_000))]++;
        }
        Assert.InRange(runs[2], 299, 301);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.PositionAccountsMax))]
    public void PlaceBehindMoreBuyersThanAreLookedAt_IsALeastOne()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 2);
        var job = Find(queue)!;
        queue.Take(job);
        var waits = Add(queue, buyer: 1)[0];
        for (var buyer = 2; buyer < MarketPolicy.PositionAccountsMax + 2; buyer++)
        {
            Add(queue, buyer);
        }
        Assert.Equal((MarketPolicy.PositionAccountsMax + 1, false), queue.CountBefore(waits));
        Add(queue, MarketPolicy.PositionAccountsMax + 2);
        Assert.Equal((MarketPolicy.PositionAccountsMax + 1, true), queue.CountBefore(waits));
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RestingAccountsMax))]
    public void OfTooManyBuyersWithoutJobs_TheOneThatIsLeastAheadIsForgotten()
    {
        var queue = new FairQueue();
        var used = 100_000_000L;
        var jobs = Enumerable.Range(0, MarketPolicy.RestingAccountsMax + 1).Select(buyer => Add(queue, buyer, fuelMax: 1)[0]).ToArray();
        foreach (var job in jobs)
        {
            queue.Take(job);
        }
        foreach (var job in jobs.Skip(1))
        {
            queue.Settle(job, used);
            queue.Remove(job);
        }
        Assert.Equal(jobs.Length, queue.BuyerCount);
        queue.Settle(jobs[0], used - 1);
        queue.Remove(jobs[0]);
        Assert.Equal(jobs.Length - 1, queue.BuyerCount);
        Add(queue, buyer: 1);
        Add(queue, buyer: 0);
        Assert.Equal(0, BuyerOf(Find(queue)!));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Queue_FindsWhatAWalkThroughAListFinds(ulong seed)
    {
        var chance = new SeededChance(seed);
        var queue = new FairQueue();
        var open = new List<MarketJob>();
        var taken = new List<MarketJob>();
        var turns = new Turns();
        for (var step = 0; step < 4_000; step++)
        {
            switch (chance.Below(10))
            {
                case < 4:
                    var added = Add(queue, chance.Below(20), priceMax: chance.Below(100), pages: chance.Below(100));
                    turns.Ready(BuyerOf(added[0]), hasReady: open.Any(job => BuyerOf(job) == BuyerOf(added[0])));
                    open.AddRange(added);
                    break;
                case < 6 when open.Count > 0:
                    var gone = open[chance.Below(open.Count)];
                    queue.Remove(gone);
                    open.Remove(gone);
                    break;
                case < 7 when taken.Count > 0:
                    var ended = taken[chance.Below(taken.Count)];
                    long? used = chance.Below(2) == 0 ? null : chance.Below(100_000_000);
                    turns.Settle(BuyerOf(ended), ended.ShareTaken, used);
                    queue.Settle(ended, used);
                    queue.Remove(ended);
                    taken.Remove(ended);
                    break;
                default:
                    var (price, pages) = (new TokenAmount((UInt128)chance.Below(100)), chance.Below(100));
                    var found = Find(queue, price, pages);
                    var fitting = open.Where(job => job.PriceCap >= price && job.Ticket.Spec.MemoryPagesMax <= pages).ToArray();
                    Assert.Equal(fitting.Length > 0, found is not null);
                    if (found is not null)
                    {
                        // The first of its buyer, and no buyer with a fitting job has an earlier turn.
                        Assert.Same(found, fitting.Where(job => BuyerOf(job) == BuyerOf(found)).MinBy(job => job.Place));
                        Assert.All(fitting, job => Assert.True(turns.Of(BuyerOf(found)) <= turns.Of(BuyerOf(job))));
                        queue.Take(found);
                        turns.Take(BuyerOf(found), found.ShareTaken);
                        open.Remove(found);
                        taken.Add(found);
                    }
                    break;
            }
            Assert.Equal(open.Count, queue.WantedOf(JobClass.Plain.Bit).Count);
        }
    }

    /// <summary>
    /// Much memory for little money and little memory for much: a tree over both promises each offer in between a job that is not there.
    /// </summary>
    [Fact]
    public void AccountWhoseJobsMakeSearchesLong_HoldsUpNoOther()
    {
        var queue = new FairQueue();
        for (var pair = 0; pair < 20_000; pair++)
        {
            Add(queue, buyer: 1, priceMax: 1_000, pages: 100);
            Add(queue, buyer: 1, priceMax: 1, pages: 1);
        }
        Add(queue, buyer: 2, priceMax: 500, pages: 10);
        var searched = Enumerable.Range(0, 1_000).Select(_ => Find(queue, new TokenAmount(400), pages: 50)).ToArray();
        Assert.All(searched, job => Assert.Equal(2, BuyerOf(job!)));
    }

    private static MarketJob? Find(FairQueue queue, TokenAmount price = default, int pages = int.MaxValue) =>
        queue.Find(
            new MarketOffer(new WorkerOffer(Worker: default, PayTo: default, PricePerMillionFuel: price, Slots: 1, MemoryPagesMax: pages))
        );

    private static MarketJob TakeAndEnd(FairQueue queue, long fuelUsed, TokenAmount price = default)
    {
        var job = Find(queue, price)!;
        queue.Take(job);
        queue.Settle(job, fuelUsed);
        queue.Remove(job);
        return job;
    }

    private MarketJob[] Add(
        FairQueue queue,
        int buyer,
        int count = 1,
        int priceMax = 100,
        int pages = 1,
        long fuelMax = 1_000_000,
        int priority = 0
    )
    {
        var jobs = Enumerable.Range(0, count).Select(_ => Job(buyer, priceMax, pages, fuelMax, priority)).ToArray();
        foreach (var job in jobs)
        {
            queue.Add(job);
            queue.Ready(job);
        }
        return jobs;
    }

    private MarketJob Job(int buyer, int priceMax, int pages, long fuelMax, int priority) =>
        new(
            new JobTicket(
                Job: new JobId(Number(++_jobs)),
                Account: new AccountId(Number(buyer)),
                Spec: TestMarket.Spec(default, priceMax) with
                {
                    MemoryPagesMax = pages,
                    FuelMax = fuelMax,
                    Priority = priority,
                },
                Module: default,
                UsesState: false,
                SubmittedAt: DateTimeOffset.UnixEpoch,
                RequestId: $"{_jobs}"
            )
        );

    private static Bytes32 Number(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return new Bytes32(bytes);
    }

    private static int BuyerOf(MarketJob job)
    {
        var bytes = new byte[Bytes32.Size];
        job.Ticket.Account.Value.CopyTo(bytes);
        return BitConverter.ToInt32(bytes);
    }

    /// <summary>The virtual times of all buyers, none of which is ever forgotten.</summary>
    private sealed class Turns
    {
        private readonly Dictionary<int, UInt128> _times = [];
        private UInt128 _now = (UInt128)MarketPolicy.ShareLagMax;

        public UInt128 Of(int buyer) => _times[buyer];

        public void Ready(int buyer, bool hasReady)
        {
            if (!hasReady)
            {
                _times[buyer] = UInt128.Max(_times.GetValueOrDefault(buyer), _now);
            }
        }

        public void Take(int buyer, long share)
        {
            var turn = UInt128.Max(_times[buyer], _now - (UInt128)MarketPolicy.ShareLagMax);
            _now = UInt128.Max(_now, turn);
            _times[buyer] = turn + (UInt128)share;
        }

        public void Settle(int buyer, long share, long? used) =>
            _times[buyer] = used is null
                ? _times[buyer]
                : _times[buyer] + (UInt128)(MarketPolicy.ShareOfAJob + used.Value) - (UInt128)share;
    }

    private static double JainOf(double[] shares) => Math.Pow(shares.Sum(), 2) / (shares.Length * shares.Sum(share => share * share));
}
