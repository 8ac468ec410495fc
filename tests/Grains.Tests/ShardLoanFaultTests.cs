using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Lent workers that cheat, leave or are lost, and shards that are: who pays for it.</summary>
public sealed class ShardLoanFaultTests
{
    [Fact]
    public void WorkerThatComesAgainForAnotherOwner_GivesThatOwnerNoSecondSeat() =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            foreach (var worker in workers)
            {
                worker.Heartbeats = true;
            }
            await scene.PollAll(workers);
            await scene.Lent();
            var job = await scene.Submit("quorum:2/2");
            var leases = await Task.WhenAll(workers.Select(worker => worker.TakeOne()));
            // The owner of the second worker has its seat, and a result.
            var second = await workers[1].Seal(leases[1], workers[1].Completed(leases[1]));
            workers[0].PayTo = scene.NameOf(workers[1]);
            await workers[0].Offer();
            var orders = new WorkerOrders(true, [], []);
            for (var time = 0; time < 6 && orders.Leases.IsDefaultOrEmpty; time++)
            {
                orders = await workers[0].Poll();
            }
            foreach (var lease in orders.Leases)
            {
                var first = await workers[0].Seal(lease, workers[0].Completed(lease));
                await workers[0].Poll();
                await workers[0].Report(first);
                await workers[1].Report(second);
                await scene.Market.Settle();
            }
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal((0, false), (orders.Leases.Length, view.Status == JobStatus.Completed));
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WorkerThatIsCertainlyGone_IsNotBlamed(bool isLentNoMore) =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            workers[0].Heartbeats = true;
            await scene.PollAll(workers);
            await scene.Lent();
            await using var other = scene.Serve([workers[1]]);
            var job = await scene.Submit("quorum:2/2");
            var taken = await workers[0].TakeOne();
            await scene.Calls(workers[0]).Heartbeat([new LeaseProgress(taken.Id, 0, LeaseStage.Running)]);
            var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(workers[0].Id));
            if (isLentNoMore)
            {
                await reputation.SetMaintenance(await scene.Market.AddKey(scene.NameOf(workers[0])), isOn: true);
                await scene.Lent();
            }
            await scene.Calls(workers[0]).Own.Dismiss(workers[0].Id, Authority.Silo);
            var late = await scene.Worker(2, "late");
            await using var serving = scene.Serve([late]);
            await Task.Delay(TimeSpan.FromMinutes(4), scene.Market.Time);
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal((JobStatus.Completed, 0), (view.Status, (await reputation.Get(caller: null)).Faulted));
        });

    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    public void JobsThatNoWorkerTakes_KeepNoOtherFromLentWorkers(int cheap) =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            await scene.PollAll(workers);
            await scene.Lent();
            var first = await scene.Submit("quorum:2/2");
            await Task.WhenAll(workers.Select(worker => worker.TakeOne()));
            for (var number = 0; number < cheap; number++)
            {
                var other = await scene.Market.OpenAccount(scene.NameIn(0, $"cheap{number}"));
                var item = TestMarket.Item($"cheap {number}", scene.Program, 4);
                await scene.Market.Submit(other, item with { Spec = item.Spec with { Assurance = Assurance.Parse("quorum:2/2") } });
            }
            var good = await scene.Submit("quorum:2/2");
            await scene.Market.Job(first).Cancel(scene.Client);
            await using var serving = scene.Serve(workers);
            await Task.Delay(TimeSpan.FromMinutes(9), scene.Market.Time);
            var view = await scene.Market.Job(good).Get(scene.Client);
            Assert.Equal(JobStatus.Completed, view.Status);
        });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void WorkersThatTakeSeatsAndAreSilent_AreBlamed_AndOthersHaveTheSeats(int shard) =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] silent = [await scene.Worker(shard), await scene.Worker(shard, "second")];
            foreach (var worker in silent)
            {
                worker.Heartbeats = true;
            }
            await scene.PollAll(silent);
            await scene.Lent();
            var job = await scene.Submit("audit:0.1%");
            using var stop = new CancellationTokenSource();
            var taken = 0;
            LeaseReport? Forget(Lease lease)
            {
                taken++;
                return null;
            }
            var taking = Task.WhenAll(silent.Select(worker => worker.ServeSealed(Forget, () => false, stop.Token)));
            await Task.Delay(TimeSpan.FromSeconds(20), scene.Market.Time);
            await using var serving = scene.Serve([await scene.Worker(2, "good"), await scene.Worker(2, "better")]);
            await Task.Delay(TimeSpan.FromMinutes(4), scene.Market.Time);
            stop.Cancel();
            await taking;
            var view = await scene.Market.Job(job).Get(scene.Client);
            Assert.Equal(JobStatus.Completed, view.Status);
            // A seat avoids who has lost it, as long as another fits.
            Assert.InRange(taken, 2, 6);
            foreach (var worker in silent)
            {
                Assert.True(await scene.FaultsOf(worker) > 0);
            }
        });

    [Fact]
    public void ShardThatIsLostWithAnOrderToTell_CostsTheWorkerNothing() =>
        LoanScene.Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            var kept = await LoanScene.Seal(workers, leases);
            await Task.Delay(TimeSpan.FromMilliseconds(50), scene.Market.Time);
            scene.Down = scene.Market.Shards.Keys[1];
            await Assert.ThrowsAnyAsync<Exception>(() => workers[0].Poll(TestContext.Current.CancellationToken));
            Assert.Equal([kept[1].Lease], (await workers[1].Poll()).Reveals);
            Assert.Empty(await workers[1].Report(kept[1]));
            var late = await scene.Worker(2, "late");
            await using var serving = scene.Serve([late]);
            await Task.Delay(TimeSpan.FromSeconds(25), scene.Market.Time);
            scene.Down = null;
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            await Task.Delay(TimeSpan.FromMinutes(2), scene.Market.Time);
            Assert.Equal((JobStatus.Completed, 0), (view.Status, await scene.FaultsOf(workers[0])));
        });

    /// <summary>Its own shard and the one that has it on loan treat it alike.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void WorkerThatLeaves_IsBlamedForWhatItBegan(int shard, bool hasBegun) =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(shard), await scene.Worker(2)];
            workers[0].Heartbeats = true;
            await scene.PollAll(workers);
            await scene.Lent();
            await using var other = scene.Serve([workers[1]]);
            var job = await scene.Submit("quorum:2/2");
            var taken = await workers[0].TakeOne();
            var stage = hasBegun ? LeaseStage.Running : LeaseStage.Waiting;
            await scene.Calls(workers[0]).Heartbeat([new LeaseProgress(taken.Id, 0, stage)]);
            await scene.Calls(workers[0]).Own.Leave(workers[0].Id);
            var late = await scene.Worker(2, "late");
            await using var serving = scene.Serve([late]);
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(10), default);
            await Task.Delay(TimeSpan.FromMinutes(4), scene.Market.Time);
            Assert.Equal((JobStatus.Completed, hasBegun ? 1 : 0), (view.Status, await scene.FaultsOf(workers[0])));
        });

    [Fact]
    public void LeaseThatIsOverWhenItComes_TakesNoSlot() =>
        LoanScene.Run(async scene =>
        {
            var (workers, job, leases) = await scene.Seated();
            await scene.Market.Job(job).Cancel(scene.Client);
            Assert.Contains(leases[0].Id, (await workers[0].Poll()).Stops);
            Assert.Equal(0, scene.OfferOf(workers[0]).SlotsUsed);
            var orders = new RelayedOrders(workers[0].Id, scene.OfferOf(workers[0]).Number, new WorkerOrders(true, [leases[0]], []), []);
            var lender = scene.Market.Grains.GetGrain<IMarketShardGrain>(scene.Market.Shards.Keys[1]);
            var relay = new ShardRelay(scene.Market.Shards.Keys[0], leases[0].Id.Start, scene.BookOf(1).Start, [orders]);
            Assert.Empty(await lender.Relay(relay, Authority.Market));
            Assert.Equal(leases[0].Id, (await workers[0].TakeOne()).Id);
            await scene.Market.Settle();
            Assert.Equal(0, scene.OfferOf(workers[0]).SlotsUsed);
            var over = await scene.Calls(workers[0]).Heartbeat([new LeaseProgress(leases[0].Id, 0, LeaseStage.Running)]);
            Assert.Equal([leases[0].Id], over);
        });

    /// <summary>A member of a committee signs what it ran, and drops a run that it is told to stop.</summary>
    [Fact]
    public void RunThatEndsBeforeItsShardHears_ThatTheWorkerHasIt_IsNotStopped() =>
        LoanScene.Run(async scene =>
        {
            TestWorker[] workers = [await scene.Worker(1), await scene.Worker(2)];
            await scene.PollAll(workers);
            await scene.Lent();
            var job = await scene.Submit("quorum:2/2");
            var hold = scene.HoldDelivered();
            var leases = await Task.WhenAll(workers.Select(worker => worker.TakeOne()));
            await LoanScene.SealAndTell(workers, leases);
            var view = await scene.Market.Job(job).WaitEnded(scene.Client, TimeSpan.FromSeconds(30), default);
            Assert.Equal(JobStatus.Completed, view.Status);
            hold.SetResult();
            await scene.Market.Settle();
            Assert.All(await Task.WhenAll(workers.Select(worker => worker.Poll())), orders => Assert.Empty(orders.Stops));
        });
}
