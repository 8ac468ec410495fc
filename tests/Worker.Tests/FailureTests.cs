using Marketplace.Api.Workers;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

public abstract class FailureTests(IsolationKind isolation)
{
    [Fact]
    public async Task ModuleThatDoesNotValidate_IsReportedWithReasonAndOffset()
    {
        await using var worker = new WorkerFixture(encoded: true, isolation: isolation);

        worker.Market.Give(worker.Market.Lease(worker.Market.Add([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xFF]), ""));
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.InvalidModule, result.Outcome);
        Assert.Contains("8", result.Reason);
        Assert.Equal(0, result.FuelUsed);
    }

    [Fact]
    public async Task MissingInput_IsNobodysTrap()
    {
        await using var worker = new WorkerFixture(isolation: isolation);
        var missing = new BlobId(new Bytes32([.. Enumerable.Repeat((byte)7, 32)]));

        worker.Market.Give(worker.Market.Lease(worker.Module("echo"), "") with { InputBlob = missing });
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.InputUnavailable, result.Outcome);
        Assert.Contains(missing.ToString(), result.Reason);
    }

    [Fact]
    public async Task InputWithOtherBytesThanItsIdSays_IsNotRun()
    {
        await using var worker = new WorkerFixture(isolation: isolation);
        var blob = worker.Market.Add([1, 2, 3]);
        worker.Market.Blobs[blob] = [1, 2, 4];

        worker.Market.Give(worker.Market.Lease(worker.Module("echo"), "") with { InputBlob = blob });

        Assert.Equal(RunOutcome.InputUnavailable, (await worker.NextResult()).Outcome);
    }

    [Fact]
    public async Task EndlessLoop_EndsWithItsFuel()
    {
        await using var worker = new WorkerFixture(isolation: isolation);

        worker.Market.Give(worker.Market.Lease(worker.Module("faulty"), "loop", fuelMax: 50_000_000));
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.OutOfFuel, result.Outcome);
        Assert.Equal(50_000_000, result.FuelUsed);
    }

    [Fact]
    public async Task RunThatGoesOn_TellsTheMarketItsFuel()
    {
        await using var worker = new WorkerFixture(slots: 1, isolation: isolation);
        var endless = worker.Market.Lease(worker.Module("faulty"), "loop", fuelMax: long.MaxValue);
        worker.Market.Give(endless);

        var told = await worker.Market.Heartbeat(run => run.Stage == LeaseStage.Running && run.FuelUsed > 0);
        worker.Market.Stop(endless.Id);

        Assert.Equal(endless.Id, told.Lease);
    }

    [Fact]
    public async Task StoppedLease_IsNotReportedAndItsSlotRunsTheNext()
    {
        await using var worker = new WorkerFixture(slots: 1, isolation: isolation);
        var endless = worker.Market.Lease(worker.Module("faulty"), "loop", fuelMax: long.MaxValue);
        var next = worker.Market.Lease(worker.Module("echo"), "next");

        worker.Market.Give(endless, next);
        worker.Market.Stop(endless.Id);

        Assert.Equal(next.Id, (await worker.NextResult()).Lease);
    }

    [Fact]
    public async Task ResultThatDoesNotCount_IsNotCountedAsWork_NorReportedAgain()
    {
        await using var worker = new WorkerFixture(encoded: true, slots: 1, isolation: isolation);
        var (late, good) = (worker.Market.Lease(worker.Module("echo"), "late"), worker.Market.Lease(worker.Module("echo"), "good"));
        worker.Market.Refused = report =>
            [.. report.Results.Where(result => result.Lease == late.Id).Select(result => new RefusedResult(result.Lease, "too late"))];

        worker.Market.Give(late);
        await worker.NextResult();
        worker.Market.Give(good);
        await worker.NextResult();
        worker.Drain();
        await worker.Ended;

        Assert.Equal(1, worker.Agent.JobsReported);
        Assert.Equal(2, worker.Market.Reports.Sum(report => report.Results.Count));
    }

    [Fact]
    public async Task ReportThatIsNotTaken_IsRepeatedAsItWas()
    {
        await using var worker = new WorkerFixture(encoded: true, isolation: isolation);
        var failures = 2;
        worker.Market.OnReport = _ =>
        {
            if (Interlocked.Decrement(ref failures) >= 0)
            {
                throw new MarketLinkException("not now");
            }
        };

        worker.Market.Give(worker.Market.Lease(worker.Module("echo"), "again"));
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.Completed, result.Outcome);
        Assert.Equal(3, worker.Market.Reports.Count);
        Assert.All(worker.Market.Reports, report => Assert.Equal(result.Lease, Assert.Single(report.Results).Lease));
    }

    [Fact]
    public async Task ResultThatTheMarketCannotTake_DoesNotHoldUpTheOthers()
    {
        const int rejectionsMax = 10;
        await using var worker = new WorkerFixture(slots: 1, isolation: isolation);
        var module = worker.Module("echo");
        var (stuck, next) = (worker.Market.Lease(module, "stuck"), worker.Market.Lease(module, "next"));
        var (rejections, isNextTaken) = (0, false);
        var rejected = new TaskCompletionSource();
        worker.Market.OnReport = report =>
        {
            if (!isNextTaken && rejections < rejectionsMax && report.Results.Any(result => result.Lease == stuck.Id))
            {
                rejections++;
                rejected.TrySetResult();
                throw new MarketLinkException("the silo that keeps its output has lost its folder");
            }
            isNextTaken |= report.Results.Any(result => result.Lease == next.Id);
        };

        worker.Market.Give(stuck);
        await rejected.Task;
        worker.Market.Give(next);

        Assert.Equal(next.Id, (await worker.NextResult()).Lease);
        Assert.Equal(stuck.Id, (await worker.NextResult()).Lease);
        Assert.InRange(rejections, 1, rejectionsMax);
    }

    [Fact]
    public async Task MarketThatForgotTheWorker_GetsTheOfferAgain()
    {
        await using var worker = new WorkerFixture(isolation: isolation);
        worker.Market.Forget();

        worker.Market.Give(worker.Market.Lease(worker.Module("echo"), "after"));
        await worker.NextResult();

        Assert.Equal(2, worker.Market.Offers);
    }
}
