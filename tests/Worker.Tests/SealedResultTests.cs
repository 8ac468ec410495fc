using Marketplace.Api.Workers;
using Marketplace.Receipts;

namespace Marketplace.Tests.Worker;

/// <summary>A result that others are to give as well is committed to first, and told when the market asks.</summary>
public sealed class SealedResultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SealedResult_IsToldWhenItIsAskedFor_AndIsWhatWasCommittedTo()
    {
        await using var worker = new WorkerFixture(slots: 1);
        var lease = worker.Lease("hello") with { Sealed = true };
        worker.Market.Give(lease);
        var told = await worker.Market.NextSealed();
        Assert.Equal(lease.Id, told.Lease);
        Assert.All(worker.Market.Reports, report => Assert.Empty(report.Results));

        worker.Market.Reveal(lease.Id);
        var result = await worker.NextResult();
        Assert.Equal((lease.Id, RunOutcome.Completed), (result.Lease, result.Outcome));
        Assert.Equal(told.Commitment, ResultCommitment.Of(new WorkerId(default), result.Execution!.Value, result.Salt!.Value));

        // It is told once.
        worker.Market.Reveal(lease.Id);
        var next = worker.Lease("next");
        worker.Market.Give(next);
        Assert.Equal(next.Id, (await worker.NextResult()).Lease);
    }

    [Fact]
    public async Task SealedResult_OfALeaseThatIsOver_IsNeverTold()
    {
        await using var worker = new WorkerFixture(slots: 1);
        var (stopped, refused) = (worker.Lease("stopped") with { Sealed = true }, worker.Lease("refused") with { Sealed = true });
        worker.Market.Give(stopped);
        await worker.Market.NextSealed();
        worker.Market.Stop(stopped.Id);
        worker.Market.Refused = report =>
            report.Sealed is { } results ? [.. results.Select(each => new RefusedResult(each.Lease, "over"))] : [];
        worker.Market.Give(refused);
        await worker.Market.NextSealed();

        var next = worker.Lease("next");
        worker.Market.Give(next);
        Assert.Equal(next.Id, (await worker.NextResult()).Lease);
        worker.Market.Reveal(stopped.Id, refused.Id);
        var last = worker.Lease("last");
        worker.Market.Give(last);
        Assert.Equal(last.Id, (await worker.NextResult()).Lease);
    }

    [Fact]
    public async Task ModuleThatCannotBeHad_IsAResultAsWell()
    {
        await using var worker = new WorkerFixture(slots: 1);
        var lease = worker.Lease("hello") with { Sealed = true, Module = new BlobId(default) };
        worker.Market.Give(lease);
        await worker.Market.NextSealed();
        worker.Market.Reveal(lease.Id);
        Assert.Equal(RunOutcome.InputUnavailable, (await worker.NextResult()).Outcome);
    }

    [Fact]
    public async Task WorkerThatDrains_TellsWhatItHasSealed_BeforeItEnds()
    {
        await using var worker = new WorkerFixture(slots: 1);
        var lease = worker.Lease("hello") with { Sealed = true };
        worker.Market.Give(lease);
        await worker.Market.NextSealed();
        worker.Drain();
        worker.Market.Reveal(lease.Id);
        Assert.Equal(lease.Id, (await worker.NextResult()).Lease);
        await worker.Ended.WaitAsync(Cancellation);
    }
}
