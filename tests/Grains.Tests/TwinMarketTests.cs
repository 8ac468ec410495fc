using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Two markets at once, one that is gone, and jobs that were on their way to it: everything ends by itself, and counts once.
/// </summary>
public sealed class TwinMarketTests
{
    private static readonly StateChange[] PutAndTakenBack = [new("a"u8.ToArray(), "1"u8.ToArray()), new("a"u8.ToArray(), null)];

    [Fact]
    public void OldMarket_StepsDownWhenItFindsANewerStart() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            var first = worker.Start;
            var twin = await market.StartTwin();
            await twin.GetGrain<IMarketGrain>(MarketLimits.DefaultClass).GetView();
            await Task.Delay(2 * MarketPolicy.MaintenancePeriod, market.Time);

            Assert.False((await worker.Poll()).Known);
            await worker.Offer();
            Assert.InRange(worker.Start, first + 2, long.MaxValue);
        });

    [Fact]
    public void WaitingPollOfAnOldMarket_IsSentAway() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            await Task.Delay(MarketPolicy.MaintenancePeriod - TimeSpan.FromSeconds(1), market.Time);
            var polling = worker.Poll();
            await (await market.StartTwin()).GetGrain<IMarketGrain>(MarketLimits.DefaultClass).GetView();
            Assert.False((await polling).Known);
        });

    [Fact]
    public void MarketThatCannotReadItsStart_GivesNoMoreLeases() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            market.Store.OnRead = name =>
                name.StartsWith("market/", StringComparison.Ordinal) ? new IOException("The store cannot be reached.") : null;
            await Task.Delay(MarketPolicy.StartUnknownMax + (2 * MarketPolicy.MaintenancePeriod), market.Time);
            await Assert.ThrowsAnyAsync<Exception>(() => worker.Poll(CancellationToken.None));
            market.Store.OnRead = _ => null;
            Assert.False((await worker.Poll()).Known);
        });

    [Fact]
    public void JobOfTwoMarkets_IsPaidOnceToTheOneWhoseEndWasWritten() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var left = await market.AddWorker("left", price: 10);
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var twin = await market.StartTwin();
                var right = new TestWorker(market, twin, "right", price: 20, slots: 4);
                await right.Offer();
                var (mine, other) = (await left.TakeOne(), await right.TakeOne());
                Assert.Equal((job, job), (mine.Ticket.Job, other.Ticket.Job));

                await Task.WhenAll(left.Report(left.Completed(mine, "left")), right.Report(right.Completed(other, "right")));
                await Task.Delay(TimeSpan.FromMinutes(12), market.Time);

                var accounts = DiskInvariants.Accounts(market.Disk);
                var winner = DiskInvariants.Jobs(market.Disk)[job].Ending!.End.Payee!.Value;
                Assert.Contains(winner, new[] { TestMarket.Id("left"), TestMarket.Id("right") });
                Assert.Equal(winner, Assert.Single(accounts, pair => !pair.Value.Earned.IsZero).Key);
                // Listeners hear of the end that was written, and of no other.
                var told = Assert.Single(market.Feed.Ended);
                Assert.Equal(DiskInvariants.Jobs(market.Disk)[job].Ending!.End.Output.Inline.ToArray(), told.Output.Inline.ToArray());
            }
        );

    [Fact]
    public void RunOfAWritingJobThatTheOtherMarketEnded_ChangesNothing() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller, "command writes");
                var left = await market.AddWorker("left");
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var right = new TestWorker(market, await market.StartTwin(), "right", price: 20, slots: 4);
                await right.Offer();
                var (mine, other) = (await left.TakeOne(), await right.TakeOne());

                // Put and taken back: the state is at the root that the second run began with. The next commit forgets the run, because its
                // job has ended.
                await left.Report(left.Completed(mine, changes: PutAndTakenBack));
                await market.Settle();
                await market.Submit(caller, TestMarket.Item("two", program));
                await left.Report(left.Completed(await left.TakeOne(), changes: PutAndTakenBack));
                await market.Settle();
                await right.Report(right.Completed(other, changes: new StateChange("a"u8.ToArray(), "2"u8.ToArray())));
                await Task.Delay(TimeSpan.FromMinutes(12), market.Time);

                Assert.Equal(2, market.Disk.Streams[$"state/{program}"].Count);
                Assert.Equal(JobStatus.Completed, DiskInvariants.Jobs(market.Disk)[job].Status);
            }
        );

    [Fact]
    public void RunThatChangedTheState_IsTheOneThatTheJobEndsWith() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller, "command writes");
                var left = await market.AddWorker("left");
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var right = new TestWorker(market, await market.StartTwin(), "right", price: 20, slots: 4);
                await right.Offer();
                var (mine, other) = (await left.TakeOne(), await right.TakeOne());

                // The left run is committed, its terminal write fails; then the right one is reported.
                market.Store.OnWrite = name => name.StartsWith("job/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
                await Assert.ThrowsAsync<MarketException>(() => left.Report(left.Completed(mine, "left", changes: PutAndTakenBack)));
                await right.Report(right.Completed(other, "right", changes: PutAndTakenBack));
                market.Store.OnWrite = _ => WriteFate.Done;
                await Task.Delay(TimeSpan.FromMinutes(12), market.Time);

                Assert.Single(market.Disk.Streams[$"state/{program}"]);
                var end = DiskInvariants.Jobs(market.Disk)[job].Ending!.End;
                Assert.Equal(
                    ("left", TestMarket.Id("left")),
                    (System.Text.Encoding.UTF8.GetString(end.Output.Inline.Span), end.Payee!.Value)
                );
            }
        );

    [Fact]
    public void JobThatNeverReachedTheMarket_IsFoundWithinTwoMinutes() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await Task.Delay(TimeSpan.FromMinutes(5), market.Time);
            await worker.Offer();
            market.Calls.Refuse = name => name == "IMarketGrain.Enqueue";
            var result = (await market.Submit(caller, TestMarket.Item("one", program)))[0];
            market.Calls.Refuse = _ => false;
            Assert.Null(result.Code);
            var submittedAt = market.Time.GetUtcNow();

            var lease = await worker.TakeOne();

            Assert.Equal(result.Job, lease.Ticket.Job);
            Assert.True(market.Time.GetUtcNow() - submittedAt < TimeSpan.FromMinutes(2));
            await worker.Report(worker.Completed(lease));
            await market.Settle();
        });

    [Fact]
    public void JobWrittenDuringTheRebuild_IsNotMissed() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var worker = await market.AddWorker("worker", slots: 100);
                await market.Submit(caller, [.. Enumerable.Range(0, 20).Select(number => TestMarket.Item($"{number}", program))]);

                // The market goes; what is submitted while the next one reads is not handed to it.
                await market.CrashAndStart();
                market.Calls.Refuse = name => name == "IMarketGrain.Enqueue";
                var submitting = market.Submit(
                    caller,
                    [.. Enumerable.Range(20, 20).Select(number => TestMarket.Item($"{number}", program))]
                );
                await worker.Offer();
                await submitting;
                market.Calls.Refuse = _ => false;

                var taken = new HashSet<JobId>();
                var begin = market.Time.GetUtcNow();
                while (taken.Count < 40 && market.Time.GetUtcNow() - begin < TimeSpan.FromMinutes(3))
                {
                    var orders = await worker.Poll();
                    foreach (var lease in orders.Leases)
                    {
                        taken.Add(lease.Ticket.Job);
                    }
                    await worker.Report([.. orders.Leases.Select(lease => worker.Completed(lease))]);
                }

                Assert.Equal(40, taken.Count);
                await market.Settle();
            }
        );
}
