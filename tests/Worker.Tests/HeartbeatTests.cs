using Marketplace.Api.Workers;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>What a worker tells of its leases while it has them, and when.</summary>
public sealed class HeartbeatTests
{
    private readonly ManualTime _time = new();
    private readonly FakeMarket _market = new();
    private readonly LeaseBook _book;
    private readonly Heartbeats _heartbeats;

    public HeartbeatTests()
    {
        _book = new LeaseBook(slots: 1, _time);
        _heartbeats = new Heartbeats(_market, new WorkerId(default), _book, _time, NullLogger.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AllLeases_AreTold_UntilTheMarketHasTheirReports()
    {
        var (first, second) = (Lease(), Lease());
        _book.Add(first);
        _book.Add(second);
        Assert.Equal([(first.Id, LeaseStage.Waiting, 0), (second.Id, LeaseStage.Waiting, 0)], await Told());

        var held = _book.TakeNext()!;
        held.Progress.Enter(LeaseStage.Running);
        held.Progress.Guest.Tell(7);
        held.Progress.Guest.Tell(5);
        Assert.Equal([(first.Id, LeaseStage.Running, 7), (second.Id, LeaseStage.Waiting, 0)], await Told());

        Assert.True(_book.Finish(held, TimeSpan.Zero));
        Assert.Equal([(second.Id, LeaseStage.Waiting, 0), (first.Id, LeaseStage.Reporting, 7)], await Told());

        _book.Reported([JobRunner.NotRun(first, RunOutcome.Completed, "", default)], TimeSpan.Zero);
        Assert.Equal([(second.Id, LeaseStage.Waiting, 0)], await Told());
    }

    [Fact]
    public async Task RunThatHasBegun_IsToldSooner_AndOnce()
    {
        _book.Add(Lease());
        await Told();
        var held = _book.TakeNext()!;
        held.Progress.Enter(LeaseStage.SettingUp);

        Assert.False(await Look(WorkerPolicy.UntoldMax));
        Assert.True(await Look(WorkerPolicy.HeartbeatPauseMin - WorkerPolicy.UntoldMax));
        Assert.False(await Look(WorkerPolicy.HeartbeatPauseMin));
        Assert.True(await Look(WorkerLimits.HeartbeatPeriod - WorkerPolicy.HeartbeatPauseMin));
    }

    [Fact]
    public async Task LeaseThatIsOver_IsStopped_AndToldNoMore()
    {
        var (runs, waits) = (Lease(), Lease());
        _book.Add(runs);
        _book.Add(waits);
        var held = _book.TakeNext()!;
        _market.Over.Add(runs.Id);

        await Told();

        Assert.True(held.Stopped.IsCancellationRequested);
        Assert.False(_book.Finish(held, TimeSpan.Zero));
        Assert.Equal([(waits.Id, LeaseStage.Waiting, 0)], await Told());
    }

    [Fact]
    public async Task WorkerWithoutLeases_TellsNothing() => Assert.False(await Look(WorkerLimits.HeartbeatPeriod));

    private WorkerLease Lease() => _market.Lease(new BlobId(default), "");

    /// <returns>Whether the worker sent a heartbeat after that time.</returns>
    private async Task<bool> Look(TimeSpan after)
    {
        _time.Advance(after);
        var before = _market.Heartbeats.Count;
        await _heartbeats.Look(Cancellation);
        return _market.Heartbeats.Count > before;
    }

    private async Task<IReadOnlyList<(LeaseId, LeaseStage, long)>> Told()
    {
        Assert.True(await Look(WorkerLimits.HeartbeatPeriod));
        return [.. _market.Heartbeats[^1].Runs.Select(run => (run.Lease, run.Stage, run.FuelUsed))];
    }
}
