using Marketplace.Api.Workers;

namespace Marketplace.Tests.Worker;

/// <summary>A worker that is asked to end does so in order.</summary>
public sealed class DrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatRuns_IsFinished_WhatWaits_IsHandedBack()
    {
        await using var worker = new WorkerFixture(slots: 1);
        using var reading = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var (runs, waits) = (Held(worker, reading, goOn), worker.Lease("waits"));
        worker.Market.Give(runs, waits);
        await reading.WaitAsync(Cancellation);

        worker.Drain();
        var returned = await worker.NextResult();
        goOn.Release();
        var finished = await worker.NextResult();
        await worker.Ended.WaitAsync(Cancellation);

        Assert.Equal((waits.Id, RunOutcome.Returned), (returned.Lease, returned.Outcome));
        Assert.Equal((runs.Id, RunOutcome.Completed), (finished.Lease, finished.Outcome));
        Assert.Equal(0, worker.Market.LeasesWanted);
    }

    [Fact]
    public async Task WhatStillRuns_WhenTimeIsOver_IsHandedBack()
    {
        await using var worker = new WorkerFixture(slots: 1);
        using var reading = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var runs = Held(worker, reading, goOn);
        worker.Market.Give(runs);
        await reading.WaitAsync(Cancellation);

        worker.Drain();
        worker.StopAtOnce();
        var returned = await worker.NextResult();
        await worker.Ended.WaitAsync(Cancellation);

        Assert.Equal((runs.Id, RunOutcome.Returned), (returned.Lease, returned.Outcome));
    }

    [Fact]
    public async Task LeaseThatComesAfterwards_IsHandedBack()
    {
        await using var worker = new WorkerFixture(slots: 1);
        using var reading = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var (runs, late) = (Held(worker, reading, goOn), worker.Lease("late"));
        worker.Market.Give(runs);
        await reading.WaitAsync(Cancellation);

        worker.Drain();
        worker.Market.Give(late);
        var returned = await worker.NextResult();
        goOn.Release();
        var finished = await worker.NextResult();
        await worker.Ended.WaitAsync(Cancellation);

        Assert.Equal((late.Id, RunOutcome.Returned), (returned.Lease, returned.Outcome));
        Assert.Equal((runs.Id, RunOutcome.Completed), (finished.Lease, finished.Outcome));
    }

    [Fact]
    public async Task IdleWorker_EndsAtOnce()
    {
        await using var worker = new WorkerFixture();

        worker.Drain();

        await worker.Ended.WaitAsync(Cancellation);
    }

    /// <summary>A job that waits in its run until the test lets it go on.</summary>
    private static WorkerLease Held(WorkerFixture worker, SemaphoreSlim reading, SemaphoreSlim goOn)
    {
        worker.Market.OnRead = stopped =>
        {
            reading.Release();
            goOn.Wait(stopped);
        };
        return worker.Market.Lease(worker.Module("kvstore"), """{"op":"get","key":"k"}""");
    }
}
