using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Buyers take turns by what their runs cost, and the tree of turns agrees with a walk through a list.</summary>
public sealed class FairQueueTests
{
    private static readonly TokenAmount AnyPrice = TokenAmount.Zero;
    private int _jobs;

    [Fact]
    public void SingleJob_DoesNotWaitBehindAnotherBuyersTenThousand()
    {
        var queue = new FairQueue();
        Add(queue, buyer: 1, count: 10_000);
        TakeAndEnd(queue, fuelUsed: 0);
        var single = Assert.Single(Add(queue, buyer: 2));
        Assert.Equal(1, queue.CountBefore(single) + 1);
        Assert.Same(single, queue.Find(AnyPrice, int.MaxValue));
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
            var job = queue.Find(AnyPrice, int.MaxValue)!;
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
        var lost = queue.Find(AnyPrice, int.MaxValue)!;
        queue.Take(lost);
        queue.Settle(lost, fuelUsed: null);
        queue.Ready(lost);
        Assert.NotEqual(BuyerOf(lost), BuyerOf(queue.Find(AnyPrice, int.MaxValue)!));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Queue_FindsWhatAWalkThroughAListFinds(ulong seed)
    {
        var chance = new SeededChance(seed);
        var queue = new FairQueue();
        var open = new List<MarketJob>();
        var taken = new List<MarketJob>();
        for (var step = 0; step < 4_000; step++)
        {
            switch (chance.Below(10))
            {
                case < 4:
                    open.AddRange(Add(queue, chance.Below(20), priceMax: chance.Below(100), pages: chance.Below(100)));
                    break;
                case < 6 when open.Count > 0:
                    var gone = open[chance.Below(open.Count)];
                    queue.Remove(gone);
                    open.Remove(gone);
                    break;
                case < 7 when taken.Count > 0:
                    var ended = taken[chance.Below(taken.Count)];
                    queue.Settle(ended, chance.Below(2) == 0 ? null : chance.Below(100_000_000));
                    queue.Remove(ended);
                    taken.Remove(ended);
                    break;
                default:
                    var (price, pages) = (new TokenAmount((UInt128)chance.Below(100)), chance.Below(100));
                    var found = queue.Find(price, pages);
                    var fitting = open.Where(job => job.PriceCap >= price && job.Ticket.Spec.MemoryPagesMax <= pages).ToArray();
                    Assert.Equal(fitting.Length > 0, found is not null);
                    if (found is not null)
                    {
                        // The first of its buyer, and no buyer with a fitting job has an earlier turn.
                        Assert.Same(found, fitting.Where(job => BuyerOf(job) == BuyerOf(found)).MinBy(job => job.Place));
                        Assert.All(fitting, job => Assert.True(queue.TurnOf(found) <= queue.TurnOf(job)));
                        queue.Take(found);
                        open.Remove(found);
                        taken.Add(found);
                    }
                    break;
            }
            Assert.Equal(open.Count, queue.Count);
        }
    }

    private static MarketJob TakeAndEnd(FairQueue queue, long fuelUsed, TokenAmount price = default)
    {
        var job = queue.Find(price, int.MaxValue)!;
        queue.Take(job);
        queue.Settle(job, fuelUsed);
        queue.Remove(job);
        return job;
    }

    private MarketJob[] Add(FairQueue queue, int buyer, int count = 1, int priceMax = 100, int pages = 1)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => Job(buyer, priceMax, pages)).ToArray();
        foreach (var job in jobs)
        {
            queue.Add(job);
            queue.Ready(job);
        }
        return jobs;
    }

    private MarketJob Job(int buyer, int priceMax, int pages) =>
        new(
            new JobTicket(
                Job: new JobId(Number(++_jobs)),
                Account: new AccountId(Number(buyer)),
                Spec: TestMarket.Spec(default, priceMax) with
                {
                    MemoryPagesMax = pages,
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

    private static double JainOf(double[] shares) => Math.Pow(shares.Sum(), 2) / (shares.Length * shares.Sum(share => share * share));
}
