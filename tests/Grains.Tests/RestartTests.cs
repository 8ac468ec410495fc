using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>The process may end at any moment: what was acknowledged stays, and what was half done is finished or undone.</summary>
public sealed class RestartTests
{
    [Fact]
    public void CrashBetweenHoldAndJob_ReleasesTheHold() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            market.Store.OnWrite = name => name.StartsWith("account/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = market.Submit(caller, TestMarket.Item("one", program));
            await market.Settle();

            await market.CrashAndStart();
            Assert.Equal(new TokenAmount(100), (await market.Account("client").Get()).Held);
            await Task.Delay(TimeSpan.FromMinutes(9), market.Time);
            Assert.Equal(new TokenAmount(100), (await market.Account("client").Get()).Held);
            await Task.Delay(TimeSpan.FromMinutes(3), market.Time);

            Assert.Equal(new TokenAmount(TestMarket.Credit), (await market.Account("client").Get()).Available);
            Assert.Empty(DiskInvariants.Jobs(market.Disk));
        });

    [Fact]
    public void CrashBetweenHoldAndJob_IsMadeGoodByTheSameRequest() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            market.Store.OnWrite = name => name.StartsWith("account/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = market.Submit(caller, TestMarket.Item("one", program));
            await market.Settle();
            await market.CrashAndStart();
            await Task.Delay(TimeSpan.FromMinutes(9.9), market.Time);

            var again = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
            // The orphaned hold's time passes: the renewed one stays.
            await Task.Delay(TimeSpan.FromMinutes(5), market.Time);

            Assert.True(again is { Existed: false, Code: null });
            Assert.Equal(new TokenAmount(100), (await market.Account("client").Get()).Held);
            var worker = await market.AddWorker("worker");
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
        });

    [Fact]
    public void Restart_RebuildsTheQueueInTheOldOrder() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var jobs = new List<JobId>();
            for (var number = 0; number < 20; number++)
            {
                jobs.Add((await market.Submit(caller, TestMarket.Item($"{number}", program)))[0].Job);
            }
            await market.Job(jobs[3]).Cancel(caller);
            jobs.RemoveAt(3);

            await market.CrashAndStart();
            var worker = await market.AddWorker("worker", slots: 100);
            var orders = await worker.Poll();
            if (orders.Leases.IsEmpty)
            {
                orders = await worker.Poll();
            }

            Assert.Equal(jobs, orders.Leases.Select(lease => lease.Ticket.Job));
            await worker.Report([.. orders.Leases.Select(lease => worker.Completed(lease))]);
            await market.Settle();
            Assert.Equal(new TokenAmount(19 * 5), (await market.Account("worker").Get()).Available);
        });

    [Fact]
    public void JobThatThisBuildCannotRead_DoesNotKeepTheOthersFromRunning() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var strange = (await market.Submit(caller, TestMarket.Item("strange", program)))[0].Job;
            var readable = (await market.Submit(caller, TestMarket.Item("readable", program)))[0].Job;
            await market.Settle();
            var key = new DocumentKey(JobStateCodec.Kind, strange.ToString());
            var document = market.Disk.Documents[key];
            market.Disk.Documents[key] = document with { Content = new byte[] { 255 } };

            await market.CrashAndStart();
            var worker = await market.AddWorker("worker");

            Assert.Equal(readable, (await worker.TakeOne()).Ticket.Job);
            market.Disk.Documents[key] = document;
        });

    [Fact]
    public void JobWhoseWayIntoTheQueueWasCutOff_FindsItWhenAsked() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            await market.Settle();
            await market.Market.Withdraw(job, Authority.Job);
            await Task.Delay(JobPolicy.EnqueueAgainAfter + TimeSpan.FromSeconds(1), market.Time);
            Assert.Equal(0, (await market.Market.GetView()).QueuedJobs);

            await market.Job(job).Explain(caller);
            await market.Settle();

            Assert.Equal(1, (await market.Market.GetView()).QueuedJobs);
        });

    [Theory, InlineData(false), InlineData(true)]
    public void CrashAfterTheTerminalWrite_StillPaysSoon_AlsoWhenTheRequestIsRepeatedFirst(bool repeated) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            market.Store.OnWrite = name => name.StartsWith("job/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = worker.Report(worker.Completed(lease));
            await market.Settle();

            await market.CrashAndStart();
            Assert.Equal(1, (await market.Account("client").Get()).OpenJobs);
            if (repeated)
            {
                await market.Submit(caller, TestMarket.Item("one", program));
            }
            await Task.Delay(TimeSpan.FromSeconds(5), market.Time);

            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
            Assert.Equal(0, (await market.Account("client").Get()).OpenJobs);
        });

    [Theory, InlineData(WriteFate.Lost), InlineData(WriteFate.Unconfirmed)]
    public void TerminalWriteThatFails_IsReportedAgain(object fate) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var report = worker.Completed(await worker.TakeOne());
            market.Store.OnWrite = name => name.StartsWith("job/", StringComparison.Ordinal) ? (WriteFate)fate : WriteFate.Done;
            var refused = await Assert.ThrowsAsync<MarketException>(() => worker.Report(report));
            Assert.Equal(ErrorCode.OutcomeUnknown, refused.Code);

            market.Store.OnWrite = _ => WriteFate.Done;
            await worker.Report(report);
            await market.Settle();

            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(caller)).Status);
            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
        });

    [
        Theory,
        InlineData("job/", WriteFate.Lost),
        InlineData("job/", WriteFate.Unconfirmed),
        InlineData("account/", WriteFate.Lost),
        InlineData("account/", WriteFate.Unconfirmed)
    ]
    public void SubmissionWhoseWriteFails_IsMadeGoodByTheSameRequest(string prefix, object fate) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var failures = 1;
            market.Store.OnWrite = name =>
                name.StartsWith(prefix, StringComparison.Ordinal) && failures-- > 0 ? (WriteFate)fate : WriteFate.Done;
            ErrorCode? code;
            try
            {
                code = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Code;
            }
            catch (MarketException failure)
            {
                code = failure.Code;
            }

            Assert.Equal(ErrorCode.OutcomeUnknown, code);
            var again = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
            await market.Settle();
            Assert.Null(again.Code);
            var account = await market.Account("client").Get();
            Assert.Equal((new TokenAmount(100), 1), (account.Held, account.OpenJobs));
        });
}
