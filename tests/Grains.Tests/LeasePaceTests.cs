using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Workers that come back faster than their results are recorded wait for their turn, and none is forgotten.</summary>
public sealed class LeasePaceTests
{
    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.RoundLeasesMax))]
    public void RoundGivesSoManyLeases_AndTheOffersBeyondIt_GetTheirsInTheNext_InTheirTurn()
    {
        var pace = new LeasePace();
        var (first, second) = (Offer(1), Offer(2));
        for (var lease = 0; lease < MarketPolicy.RoundLeasesMax; lease++)
        {
            Assert.True(pace.MayLease(first));
        }
        Assert.False(pace.HasHeld);
        Assert.False(pace.MayLease(second));
        Assert.False(pace.MayLease(first));
        Assert.Equal((true, true, true), (pace.HasHeld, first.IsHeld, second.IsHeld));
        Assert.Null(pace.LetGo());

        pace.Begin(ending: MarketPolicy.RoundLeasesMax);
        Assert.Null(pace.LetGo());
        pace.Begin(ending: MarketPolicy.RoundLeasesMax - 1);
        Assert.Same(second, pace.LetGo());
        Assert.True(pace.MayLease(second));
        Assert.Null(pace.LetGo());
        pace.Begin(ending: 0);
        Assert.Same(first, pace.LetGo());
        Assert.Equal((false, false, false), (pace.HasHeld, first.IsHeld, second.IsHeld));
    }

    [Fact]
    public void WorkerThatWantsMoreThanARound_GetsTheRestWithoutAnotherCall() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var jobs = MarketPolicy.RoundLeasesMax + 2;
            foreach (var numbers in Enumerable.Range(0, jobs).Chunk(JobLimits.BatchJobsMax))
            {
                await market.Submit(caller, [.. numbers.Select(number => TestMarket.Item($"{number}", program))]);
            }
            var wide = await market.AddWorker("wide", price: 1, slots: MarketPolicy.RoundLeasesMax);
            var late = new TestWorker(market, "late", price: 1, slots: 2);
            await market.Vouch(late);
            await late.Offer();

            var polls = await Task.WhenAll(wide.Poll(), late.Poll());
            Assert.Equal([MarketPolicy.RoundLeasesMax, 2], polls.Select(orders => orders.Leases.Length));
        });

    private static MarketOffer Offer(byte number) =>
        new(
            new WorkerOffer(
                Worker: new WorkerId(TestMarket.Id($"{number}").Value),
                PayTo: default,
                PricePerMillionFuel: new TokenAmount(1),
                Slots: 1,
                MemoryPagesMax: 1
            )
        );
}
