using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Overload;

/// <summary>
/// Whole markets with more work than workers: those that pay for a priority are served as if nothing were, the others are told when to come
/// again, and what was taken ends.
/// </summary>
public sealed class OverloadTests
{
    private const int HighPriority = 5;
    private static readonly TimeSpan RunTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Batches come so often, whether the ones before are answered or not.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    private static readonly QueueBounds Bounds = new() { WaitMax = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public void FiveTimesTheCapacity_RefusesTheLowPriorityFirst_KeepsTheWaitOfTheHighOneShort_AndLosesNothing() =>
        Run(async market =>
        {
            var crowd = await Crowd.Gather(market);
            await crowd.Work(workers: 5, slots: 4);
            // Twenty slots end two hundred jobs a second; a thousand come.
            await crowd.Press(TimeSpan.FromSeconds(2), low: 9, high: 1);
            crowd.Forget();
            await crowd.Press(TimeSpan.FromSeconds(6), low: 9, high: 1);

            Assert.Empty(crowd.High.Refused);
            Assert.True(crowd.Low.Refused.Count > 3_500, $"{crowd.Low.Refused.Count} were refused.");
            Assert.InRange(crowd.Low.Taken.Count + crowd.High.Taken.Count, 0.9 * 6 * 200, 1.1 * 6 * 200);
            Assert.InRange(crowd.High.LongestWait, TimeSpan.Zero, TimeSpan.FromMilliseconds(400));
            Assert.All(
                crowd.Low.Refused,
                refused =>
                {
                    Assert.Equal(ErrorCode.Unavailable, refused.Code);
                    Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
                    Assert.Contains($"after {refused.RetryAfter.Value.TotalSeconds:0} s", refused.Message, StringComparison.Ordinal);
                }
            );

            // A job that was taken is told as before, though none like it is taken now.
            var known = crowd.Low.Taken[0];
            var again = Assert.Single(await market.Submit(crowd.Low.Caller, crowd.Low.ItemOf(known)));
            Assert.Equal((known, true, null), (again.Job, again.Existed, again.Code));

            await crowd.Rest(TimeSpan.FromSeconds(30));
            foreach (var job in crowd.Low.Taken.Concat(crowd.High.Taken))
            {
                Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(crowd.CallerOf(job))).Status);
            }
            var lost = await Assert.ThrowsAsync<MarketException>(() => market.Job(crowd.Low.Refused[0].Job).Get(crowd.Low.Caller));
            Assert.Equal(ErrorCode.JobNotFound, lost.Code);
        });

    [Fact]
    public void BarFallsAgain_WhenTheCrowdIsGone() =>
        Run(async market =>
        {
            var crowd = await Crowd.Gather(market);
            await crowd.Work(workers: 5, slots: 4);
            await crowd.Press(TimeSpan.FromSeconds(3), low: 10, high: 0);
            Assert.NotEmpty(crowd.Low.Refused);
            await crowd.Press(TimeSpan.FromSeconds(5), low: 1, high: 0);
            crowd.Forget();
            await crowd.Press(TimeSpan.FromSeconds(5), low: 1, high: 0);

            Assert.Empty(crowd.Low.Refused);
            Assert.Equal(0, market.Bars.View.Priority);
            await crowd.Rest(TimeSpan.FromSeconds(10));
        });

    /// <summary>It costs nothing, so anybody could keep all others out by it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatIsSentAboveTheBarAndBecomesNoJob_LeavesTheOthersTheirPlaces(bool isKnown) =>
        Run(async market =>
        {
            var crowd = await Crowd.Gather(market, highCredit: isKnown ? 100_000 : 1);
            await crowd.Work(workers: 5, slots: 4);
            await crowd.Press(TimeSpan.FromSeconds(2), low: 9, high: 0);
            var known = crowd.High.Next(20);
            if (isKnown)
            {
                Assert.All(await market.Submit(crowd.High.Caller, known), taken => Assert.Null(taken.Code));
            }
            crowd.Forget();
            ErrorCode? refusal = isKnown ? null : ErrorCode.InsufficientFunds;
            var pressing = crowd.Press(TimeSpan.FromSeconds(6), low: 9, high: 0);
            while (!pressing.IsCompleted)
            {
                // Jobs that exist, or new ones that their account cannot pay.
                var sent = await market.Submit(crowd.High.Caller, isKnown ? known : crowd.High.Next(20));
                Assert.All(sent, result => Assert.Equal((isKnown, refusal), (result.Existed, result.Code)));
                await Task.Delay(Beat, market.Time);
            }
            await pressing;

            Assert.InRange(crowd.Low.Taken.Count, 0.9 * 6 * 200, 1.1 * 6 * 200);
            await crowd.Rest(TimeSpan.FromSeconds(30));
        });

    [Fact]
    public void MarketWithoutWorkers_QueuesWhateverComes_AndAWorkerThatComesFindsNoOverload() =>
        Run(async market =>
        {
            var crowd = await Crowd.Gather(market);
            await crowd.Press(TimeSpan.FromSeconds(5), low: 1, high: 1);
            Assert.Empty(crowd.Low.Refused.Concat(crowd.High.Refused));

            // What waited for the first worker did not wait for a slot.
            var worker = await market.AddWorker("late", slots: 4);
            Assert.Equal(4, (await worker.Poll()).Leases.Length);
            await Task.Delay(OverloadPolicy.Interval, market.Time);
            var mean = (await market.Market.GetRoom(crowd.Low.Caller.Account)).Wait.Mean;
            Assert.InRange(mean!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
        });

    [Fact]
    public void WithoutAWordOfTheOperator_AQueueOfMinutesIsNoOverload() =>
        TestMarket.Run(async market =>
        {
            var crowd = await Crowd.Gather(market);
            await crowd.Work(workers: 1, slots: 2);
            await crowd.Press(TimeSpan.FromSeconds(5), low: 5, high: 0);
            Assert.Empty(crowd.Low.Refused);
            crowd.Stop();
        });

    private static void Run(Func<TestMarket, Task> scenario) =>
        TestMarket.Run(scenario, register: services => services.AddSingleton(Bounds));

    /// <summary>One account that pays for a priority and one that does not, and workers that end each job in the same time.</summary>
    private sealed class Crowd
    {
        private readonly TestMarket _market;
        private readonly CancellationTokenSource _stopping = new();

        private Crowd(TestMarket market, Buyer low, Buyer high) => (_market, Low, High) = (market, low, high);

        public Buyer Low { get; }

        public Buyer High { get; }

        private TimeSpan Now => _market.Time.GetUtcNow() - DateTimeOffset.UnixEpoch;

        public static async Task<Crowd> Gather(TestMarket market, long highCredit = TestMarket.Credit)
        {
            var low = await market.OpenAccount("low");
            var high = await market.OpenAccount("high", highCredit);
            var program = await market.Deploy(low);
            return new Crowd(market, new Buyer(low, program, 1), new Buyer(high, program, HighPriority));
        }

        public Caller CallerOf(JobId job) => Low.Names.ContainsKey(job) ? Low.Caller : High.Caller;

        public async Task Work(int workers, int slots)
        {
            for (var number = 0; number < workers; number++)
            {
                _ = Work(await _market.AddWorker($"worker {number}", price: 1, slots: slots));
            }
        }

        /// <summary>So many jobs come with each beat, in a batch of each account.</summary>
        public async Task Press(TimeSpan time, int low, int high)
        {
            var batches = new List<Task>();
            for (var end = Now + time; Now < end; await Task.Delay(Beat, _market.Time))
            {
                batches.Add(Submit(Low, low));
                batches.Add(Submit(High, high));
            }
            await Task.WhenAll(batches);
        }

        public void Forget()
        {
            Low.Forget();
            High.Forget();
        }

        public void Stop() => _stopping.Cancel();

        /// <summary>Lets the workers end what is there.</summary>
        public async Task Rest(TimeSpan time)
        {
            await Task.Delay(time, _market.Time);
            await _stopping.CancelAsync();
            await _market.Settle();
        }

        private async Task Submit(Buyer buyer, int jobs)
        {
            if (jobs == 0)
            {
                return;
            }
            foreach (var result in await _market.Submit(buyer.Caller, buyer.Next(jobs)))
            {
                if (result.Code is null)
                {
                    buyer.Taken.Add(result.Job);
                }
                else
                {
                    buyer.Refused.Add(result);
                }
            }
        }

        private async Task Work(TestWorker worker)
        {
            while (!_stopping.IsCancellationRequested)
            {
                foreach (var lease in (await worker.Poll()).Leases)
                {
                    _ = Run(worker, lease);
                }
            }
        }

        private async Task Run(TestWorker worker, Lease lease)
        {
            var buyer = lease.Ticket.Spec.Priority == HighPriority ? High : Low;
            var waited = Now - (lease.Ticket.SubmittedAt - DateTimeOffset.UnixEpoch);
            buyer.LongestWait = waited > buyer.LongestWait ? waited : buyer.LongestWait;
            await Task.Delay(RunTime, _market.Time);
            await worker.Report(worker.Completed(lease, fuel: 1_000));
        }
    }

    private sealed class Buyer(Caller caller, ProgramId program, int priority)
    {
        private int _count;

        public Caller Caller => caller;

        public List<JobId> Taken { get; } = [];

        public List<SubmitResult> Refused { get; } = [];

        public TimeSpan LongestWait { get; set; }

        /// <summary>The request ids of its jobs.</summary>
        public Dictionary<JobId, string> Names { get; } = [];

        public SubmitItem ItemOf(JobId job) => Item(Names[job]);

        public SubmitItem[] Next(int jobs)
        {
            var items = Enumerable.Range(_count, jobs).Select(number => Item($"{number}")).ToArray();
            _count += jobs;
            foreach (var item in items)
            {
                Names.Add(IdDerivation.Job(caller.Account, item.RequestId), item.RequestId);
            }
            return items;
        }

        public void Forget()
        {
            Taken.Clear();
            Refused.Clear();
            LongestWait = TimeSpan.Zero;
        }

        private SubmitItem Item(string name) => new(name, TestMarket.Spec(program, price: 100) with { Priority = priority });
    }
}
