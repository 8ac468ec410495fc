using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Offers, polls and leases survive lost answers and restarts of either side.</summary>
public sealed class WorkerTests
{
    [Fact]
    public void RepeatedPoll_GetsTheSameLeases() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));

            var first = await worker.Poll();
            var again = await worker.RepeatPoll();

            Assert.Equal(Assert.Single(first.Leases), Assert.Single(again.Leases));
            await worker.Report(worker.Completed(first.Leases[0]));
            await worker.Report(worker.Completed(first.Leases[0]));
            await market.Settle();
            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
        });

    [Fact]
    public void Leases_AreListedWhileTheWorkerHasThem_AndOnlyIts() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (worker, other) = (await market.AddWorker("worker"), await market.AddWorker("other", price: 50));
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            Assert.Empty(await market.Market.ListLeases(worker.Id));

            var lease = await worker.TakeOne();

            var listed = Assert.Single(await market.Market.ListLeases(worker.Id));
            Assert.Equal((lease.Id, job, lease.Deadline), (listed.Id, listed.Job, listed.Until));
            Assert.True(listed.Since <= market.Time.GetUtcNow() && listed.Since < listed.Until);
            Assert.Empty(await market.Market.ListLeases(other.Id));
            await worker.Report(worker.Completed(lease));
            await market.Settle();
            Assert.Empty(await market.Market.ListLeases(worker.Id));
        });

    [Fact]
    public void PollWhoseCallerIsGone_TakesNoLease() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            using var gone = new CancellationTokenSource();
            var polling = worker.Poll(gone.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(10), market.Time);
            gone.Cancel();
            await Task.WhenAny(polling);
            await Task.Delay(TimeSpan.FromMilliseconds(10), market.Time);

            await market.Submit(caller, TestMarket.Item("one", program));

            Assert.Equal(1, (await market.Market.GetView()).QueuedJobs);
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
        });

    [Fact]
    public void WorkerThatOffersAgain_GetsItsLostJobsAgain() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lost = await worker.TakeOne();

            await worker.Offer();
            var again = await worker.TakeOne();
            await worker.Report(worker.Completed(lost, "of the lost lease"));
            Assert.Equal(JobStatus.Running, (await market.Job(job).Get(caller)).Status);
            await worker.Report(worker.Completed(again, "of the new lease", fuel: 1_000_000));
            await market.Settle();

            Assert.NotEqual(lost.Id, again.Id);
            Assert.Equal(new TokenAmount(10), (await market.Job(job).Get(caller)).Charge);
        });

    [Fact]
    public void DismissedWorker_LosesItsLeasesToTheNextOne() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var gone = await market.AddWorker("gone");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lost = await gone.TakeOne();

            Assert.Equal(1, await market.Market.Dismiss(gone.Id, Authority.Silo));
            Assert.Equal(0, await market.Market.Dismiss(gone.Id, Authority.Silo));
            var next = await market.AddWorker("next");
            await next.Report(next.Completed(await next.TakeOne()));
            await gone.Report(gone.Completed(lost, "of the lost lease"));
            await market.Settle();

            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Contains(view.History, entry => entry.Note == "its worker is gone");
            Assert.False((await gone.Poll()).Known);
        });

    [Fact]
    public void ReportOfAnEarlierStart_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var old = await worker.TakeOne();
            var start = worker.Start;

            await market.CrashAndStart();
            Assert.False((await worker.Poll()).Known);
            await worker.Offer();
            var fresh = await worker.TakeOne();
            await worker.Report(worker.Completed(old, "old"));

            Assert.True(worker.Start > start);
            Assert.Equal(old.Id.Sequence, fresh.Id.Sequence);
            Assert.Equal(JobStatus.Running, (await market.Job(job).Get(caller)).Status);
            await worker.Report(worker.Completed(fresh, "new"));
            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(caller)).Status);
            await market.Settle();
        });

    [Fact]
    public void ReportsOfOthersLeases_AreIgnored() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var thief = await market.AddWorker("thief");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();

            await thief.Report(thief.Completed(lease));

            Assert.Equal(JobStatus.Running, (await market.Job(job).Get(caller)).Status);
            await worker.Report(worker.Completed(lease));
            await market.Settle();
        });

    [Fact]
    public void ManyJobs_AreSharedByPriceAndLeasesMax() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var cheap = await market.AddWorker("cheap", price: 1, slots: 2);
            var dear = await market.AddWorker("dear", price: 5, slots: 3);
            var polls = new[] { cheap.Poll(), dear.Poll() };
            await Task.Delay(TimeSpan.FromMilliseconds(10), market.Time);

            await market.Submit(caller, [.. Enumerable.Range(0, 10).Select(number => TestMarket.Item($"{number}", program))]);
            var orders = await Task.WhenAll(polls);

            Assert.Equal([2, 3], orders.Select(order => order.Leases.Length));
            var view = await market.Market.GetView();
            Assert.Equal((5, 5, 2), (view.QueuedJobs, view.LeasedJobs, view.Workers));
            await cheap.Report([.. orders[0].Leases.Select(lease => cheap.Completed(lease))]);
            Assert.Equal(2, (await cheap.Poll()).Leases.Length);
        });

    [Fact]
    public void Explanation_SaysWhatEachOfferLacks() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var dear = await market.AddWorker("dear", price: 101);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            var waiting = await market.Job(job).Explain(caller);
            Assert.Contains("101", Assert.Single(waiting.Offers).Reason, StringComparison.Ordinal);
            var fits = await market.AddWorker("fits", price: 100);
            await fits.Report(fits.Completed(await fits.TakeOne()));

            var ended = await market.Job(job).Explain(caller);
            Assert.Equal([(fits.Id, true), (dear.Id, false)], ended.Offers.Select(offer => (offer.Worker, offer.Won)));
            await market.Settle();
        });
}
