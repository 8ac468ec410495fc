using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Overload;

/// <summary>The bar of one silo beside a market of which only a queue and a rate are left, under a clock that the test moves.</summary>
public sealed class LoadBarTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(50);
    private static readonly int Low = Rank(priority: 1, price: 10);
    private static readonly int High = Rank(priority: 5, price: 10);

    [Fact]
    public void MarketThatKeepsUp_TakesAll()
    {
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(10), (Low, 500), (High, 300));
        Assert.Equal((false, 0), (line.Bar.IsUp, line.Refused(Low) + line.Refused(High)));
    }

    [Fact]
    public void FiveTimesTheCapacity_KeepsTheWaitNearTheTarget_AndTheThroughputNearThePeak()
    {
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(2), (Low, 800));
        line.Run(TimeSpan.FromSeconds(3), (Low, 5000));
        line.Forget();
        line.Run(TimeSpan.FromSeconds(20), (Low, 5000));

        Assert.InRange(line.LongestWait, TimeSpan.FromMilliseconds(20), 3 * WaitMax);
        Assert.InRange(line.Served, 19_000, 20_000);
        Assert.True(line.Refused(Low) > 70_000);
    }

    [Fact]
    public void LowestRankIsRefusedFirst_AndTheOthersKeepWhatTheyAskFor()
    {
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(3), (Low, 4400), (High, 600));
        line.Forget();
        line.Run(TimeSpan.FromSeconds(10), (Low, 4400), (High, 600));

        Assert.Equal(0, line.Refused(High));
        Assert.InRange(line.Taken(Low), 3000, 4400);
    }

    [Fact]
    public void OfOnePriority_TheLowestPriceLimitIsRefusedFirst()
    {
        var (cheap, dear) = (Rank(priority: 1, price: 10), Rank(priority: 1, price: 40));
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(3), (cheap, 2000), (dear, 600));
        line.Forget();
        line.Run(TimeSpan.FromSeconds(5), (cheap, 2000), (dear, 600));

        Assert.Equal(0, line.Refused(dear));
        Assert.InRange(line.Taken(cheap), 1000, 2400);
    }

    /// <summary>Each goes by all that the market leases, and knows nothing of the others.</summary>
    [Fact]
    public void TwoSilos_KeepTheWaitWithinWhatIsWorkedOffInMoments_AndTheThroughput()
    {
        var line = new Line(WaitMax, perSecond: 1000, silos: 2);
        line.Run(TimeSpan.FromSeconds(2), (Low, 800));
        line.Run(TimeSpan.FromSeconds(10), (Low, 5000));
        line.Forget();
        line.Run(TimeSpan.FromSeconds(30), (Low, 5000));

        Assert.InRange(line.LongestWait, TimeSpan.FromMilliseconds(20), WaitMax + (2 * OverloadPolicy.DrainMin));
        Assert.InRange(line.Served, 28_500, 30_000);
    }

    [Fact]
    public void BarFallsAgain_WhenLessComes()
    {
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(5), (Low, 5000));
        Assert.True(line.Bar.IsUp);
        line.Run(TimeSpan.FromSeconds(5), (Low, 500));
        line.Forget();
        line.Run(TimeSpan.FromSeconds(5), (Low, 500));
        Assert.Equal((false, 0), (line.Bar.IsUp, line.Refused(Low)));
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.OverIntervalsMin))]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.Interval))]
    public void OneIntervalBeyondTheTarget_RefusesNothing_AndTwoDo()
    {
        var bar = new LoadBar(WaitMax);
        var now = TimeSpan.Zero;
        for (var interval = 1; interval <= OverloadPolicy.OverIntervalsMin; interval++)
        {
            Offer(bar, 1000);
            bar.Hear(Waits(milliseconds: 200), TimeSpan.Zero, now);
            bar.Turn(now + OverloadPolicy.Interval - TimeSpan.FromTicks(1));
            Assert.False(bar.IsUp);
            bar.Turn(now += OverloadPolicy.Interval);
            Assert.Equal(interval == OverloadPolicy.OverIntervalsMin, bar.IsUp);
        }
    }

    [Fact]
    public void FewLargeBatches_AreEnoughToTellAnOverload()
    {
        var bar = new LoadBar(WaitMax);
        var now = TimeSpan.Zero;
        for (var batch = 0; batch < 3; batch++)
        {
            bar.Turn(now += 4 * OverloadPolicy.Interval);
            Offer(bar, 1000);
            bar.Hear(Waits(milliseconds: 200), TimeSpan.Zero, now);
        }
        Assert.True(bar.IsUp);
    }

    [Fact]
    public void IntervalWithinTheTarget_BetweenTwoBeyondIt_RefusesNothing()
    {
        var bar = new LoadBar(WaitMax);
        var now = TimeSpan.Zero;
        foreach (var waited in (int[])[200, 10, 200, 10, 200])
        {
            Offer(bar, 1000);
            bar.Hear(Waits(waited), TimeSpan.Zero, now);
            bar.Turn(now += OverloadPolicy.Interval);
            Assert.False(bar.IsUp);
        }
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.CallWaitMax))]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.CallIntervalsMin))]
    public void SiloThatIsSlowItself_IsOverloaded_BeyondTheLimitAndNotAtIt()
    {
        foreach (var beyond in (bool[])[false, true])
        {
            var bar = new LoadBar(OverloadPolicy.QueueWaitMax);
            var call = OverloadPolicy.CallWaitMax + TimeSpan.FromTicks(beyond ? 1 : 0);
            var now = TimeSpan.Zero;
            for (var interval = 1; interval <= OverloadPolicy.CallIntervalsMin; interval++)
            {
                Offer(bar, 1000);
                bar.Hear(new QueueWait(TimeSpan.Zero, 3_600_000), call + TimeSpan.FromSeconds(1), now);
                bar.Hear(new QueueWait(TimeSpan.Zero, 3_600_000), call, now);
                bar.Turn(now += OverloadPolicy.Interval);
                Assert.Equal(beyond && interval == OverloadPolicy.CallIntervalsMin, bar.IsUp);
            }
        }
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.QueueWaitMax))]
    public void WithoutAWordOfTheOperator_JobsMayWaitForHalfAnHour()
    {
        foreach (var beyond in (bool[])[false, true])
        {
            var bar = new LoadBar(OverloadPolicy.QueueWaitMax);
            var now = TimeSpan.Zero;
            for (var interval = 0; interval < 4; interval++)
            {
                Offer(bar, 1000);
                var waited = OverloadPolicy.QueueWaitMax + TimeSpan.FromTicks(beyond ? TimeSpan.TicksPerSecond : 0);
                bar.Hear(new QueueWait(waited, 3_600_000), TimeSpan.Zero, now);
                bar.Turn(now += OverloadPolicy.Interval);
            }
            Assert.Equal(beyond, bar.IsUp);
        }
    }

    [Fact]
    public void MarketWithoutWorkers_ChangesNothing_WhateverItWas()
    {
        var idle = new LoadBar(WaitMax);
        var overloaded = new Line(WaitMax, perSecond: 1000);
        overloaded.Run(TimeSpan.FromSeconds(5), (Low, 5000));
        var now = overloaded.Now;
        for (var interval = 0; interval < 100; interval++)
        {
            foreach (var bar in (LoadBar[])[idle, overloaded.Bar])
            {
                Offer(bar, 250);
                bar.Hear(new QueueWait(Mean: null, LeasesPerHour: 0), TimeSpan.Zero, now);
                bar.Turn(now + OverloadPolicy.Interval);
            }
            now += OverloadPolicy.Interval;
        }
        Assert.Equal((false, true), (idle.IsUp, overloaded.Bar.IsUp));
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.JobsPerMinuteMin))]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.RetryAfterMax))]
    public void WhateverIsHeard_OneJobAMinuteIsTaken_AndNobodyIsSentAwayForLonger()
    {
        var bar = new LoadBar(WaitMax);
        var now = TimeSpan.Zero;
        var taken = 0;
        for (var interval = 0; interval < 6_200; interval++)
        {
            taken += Offer(bar, 100) * (interval < 200 ? 0 : 1);
            bar.Hear(new QueueWait(TimeSpan.FromHours(1), LeasesPerHour: 1), TimeSpan.Zero, now);
            bar.Turn(now += OverloadPolicy.Interval);
        }
        Assert.InRange(taken, 4, 6);
        Assert.Equal(OverloadPolicy.RetryAfterMax, bar.RetryAfter);
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.RetryAfterMin))]
    public void RetryAfter_IsTheWaitOftenerAsMuchMoreComes_AndNoFractionOfASecond()
    {
        var line = new Line(WaitMax, perSecond: 1000);
        line.Run(TimeSpan.FromSeconds(5), (Low, 1500));
        Assert.True(line.Bar.IsUp);
        Assert.Equal(OverloadPolicy.RetryAfterMin, line.Bar.RetryAfter);

        var slow = new LoadBar(TimeSpan.FromSeconds(3));
        var now = TimeSpan.Zero;
        for (var interval = 0; interval < 400; interval++)
        {
            Offer(slow, 500);
            slow.Hear(new QueueWait(TimeSpan.FromSeconds(3) + TimeSpan.FromTicks(1), LeasesPerHour: 3_600_000), TimeSpan.Zero, now);
            slow.Turn(now += OverloadPolicy.Interval);
        }
        // Ten thousand a second come, a thousand are leased.
        Assert.Equal(TimeSpan.FromSeconds(31), slow.RetryAfter);
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.MemoryMax))]
    public void MarketOfJobsThatTakeMinutes_IsMeasuredOverMinutes()
    {
        var waits = new QueueWaits(TimeSpan.FromDays(1));
        var now = TimeSpan.Zero;
        for (var job = 0; job < 100; job++)
        {
            waits.Count(TimeSpan.FromHours(2), now += TimeSpan.FromMinutes(1));
        }
        var wait = waits.At(now + OverloadPolicy.MemoryMax, isWaitedFor: true);
        Assert.Equal(TimeSpan.FromHours(2), wait.Mean);
        Assert.InRange(wait.LeasesPerHour, 20, 25);
        Assert.Null(waits.At(now + OverloadPolicy.MemoryMax + OverloadPolicy.Interval, isWaitedFor: true).Mean);
    }

    [Fact]
    public void Ranks_GoByPriorityFirst_AndByThePriceLimitThen()
    {
        int[] ranks =
        [
            Rank(priority: 0, price: 1),
            Rank(priority: 1, price: 2),
            Rank(priority: 1, price: 1000),
            Rank(priority: 2, price: 1),
            Rank(JobLimits.PriorityMax, price: long.MaxValue),
        ];
        Assert.Equal(ranks.Distinct().Order(), ranks);
        Assert.Equal((0, JobRanks.Count - 1), (ranks[0], ranks[^1]));
        Assert.Equal((2, new TokenAmount(1)), (JobRanks.PriorityOf(ranks[3]), JobRanks.PriceOf(ranks[3])));
    }

    [Fact]
    [TestsBound(typeof(OverloadPolicy), nameof(OverloadPolicy.MemoryMin))]
    public void Waits_AreTheMeanOfTheLastInterval_AndAreForgottenWhereNoJobWasLeasedSince()
    {
        var waits = new QueueWaits(WaitMax);
        var interval = OverloadPolicy.Interval;
        waits.Count(TimeSpan.FromSeconds(1), interval);
        waits.Count(TimeSpan.FromSeconds(3), interval * 1.5);
        Assert.Equal(TimeSpan.FromSeconds(2), waits.At(interval * 2, isWaitedFor: true).Mean);
        Assert.Equal(TimeSpan.Zero, waits.At(interval * 2, isWaitedFor: false).Mean);
        Assert.Equal(TimeSpan.FromSeconds(2), waits.At(interval + OverloadPolicy.MemoryMin, isWaitedFor: true).Mean);
        Assert.Null(waits.At((interval * 2) + OverloadPolicy.MemoryMin, isWaitedFor: true).Mean);
        Assert.Equal(TimeSpan.Zero, waits.At((interval * 2) + OverloadPolicy.MemoryMin, isWaitedFor: false).Mean);
    }

    private static QueueWait Waits(int milliseconds) => new(TimeSpan.FromMilliseconds(milliseconds), 3_600_000);

    private static int Offer(LoadBar bar, int jobs) => Enumerable.Range(0, jobs).Count(_ => Take(bar, Low));

    /// <summary>The job is written at once, if it is taken.</summary>
    private static bool Take(LoadBar bar, int rank)
    {
        var isTaken = bar.Take(rank, out var isOfRoom);
        if (isTaken)
        {
            bar.End(rank, isOfRoom, isNew: true);
        }
        return isTaken;
    }

    private static int Rank(int priority, long price) =>
        JobRanks.Of(TestMarket.Spec(new ProgramId(default), price) with { FuelMax = FuelPrice.Unit, Priority = priority });

    /// <summary>A market that leases so many jobs a second, the first that came first, and a silo before it.</summary>
    /// <param name="waitMax">How long jobs may wait.</param>
    /// <param name="perSecond">How many it leases.</param>
    /// <param name="silos">Who take jobs for it, each as many of them, without a word to each other.</param>
    private sealed class Line(TimeSpan waitMax, int perSecond, int silos = 1)
    {
        private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

        private readonly QueueWaits _waits = new(waitMax);
        private readonly Queue<TimeSpan> _queue = new();
        private readonly Dictionary<int, (int Taken, int Refused)> _counts = [];
        private readonly LoadBar[] _bars = [.. Enumerable.Range(0, silos).Select(_ => new LoadBar(waitMax))];
        private double _served;
        private int _came;

        public LoadBar Bar => _bars[0];

        public TimeSpan Now { get; private set; }

        public TimeSpan LongestWait { get; private set; }

        public int Served { get; private set; }

        public int Taken(int rank) => _counts.GetValueOrDefault(rank).Taken;

        public int Refused(int rank) => _counts.GetValueOrDefault(rank).Refused;

        public void Forget()
        {
            _counts.Clear();
            (LongestWait, Served) = (TimeSpan.Zero, 0);
        }

        public void Run(TimeSpan time, params (int Rank, int PerSecond)[] jobs)
        {
            for (var end = Now + time; Now < end; Now += Step)
            {
                Array.ForEach(_bars, bar => bar.Turn(Now));
                foreach (var (rank, rate) in jobs)
                {
                    for (var job = (int)(rate * Step.TotalSeconds); job > 0; job--)
                    {
                        var (taken, refused) = _counts.GetValueOrDefault(rank);
                        var isTaken = Take(_bars[_came++ % silos], rank);
                        _counts[rank] = isTaken ? (taken + 1, refused) : (taken, refused + 1);
                        if (isTaken)
                        {
                            _queue.Enqueue(Now);
                        }
                    }
                }
                var wait = _waits.At(Now, _queue.Count > 0);
                Array.ForEach(_bars, bar => bar.Hear(wait, TimeSpan.Zero, Now));
                for (_served += perSecond * Step.TotalSeconds; _served >= 1 && _queue.TryDequeue(out var since); _served--)
                {
                    _waits.Count(Now - since, Now);
                    LongestWait = MarketTime.Later(LongestWait, Now - since);
                    Served++;
                }
                _served = Math.Min(_served, 1);
            }
        }
    }
}
