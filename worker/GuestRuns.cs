using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Worker.Isolation;

namespace Marketplace.Worker;

/// <summary>Guests on threads of their own, one for each slot.</summary>
internal sealed class GuestRuns(JobRunner runner, IProgramHost programs, int slots) : ILeaseRuns
{
    private readonly GuestThreads _threads = new(slots);

    public Task Serve(LeaseBook leases, Action<FinishedRun> finish) =>
        Task.WhenAll(Enumerable.Range(0, slots).Select(_ => _threads.Run(() => RunSlot(leases, finish))));

    public long Rest(TimeSpan idle) => programs.Rest(idle);

    public void Dispose()
    {
        _threads.Dispose();
        programs.Dispose();
    }

    /// <summary>One slot: takes leases until the book is closed.</summary>
    /// <returns>How many it ran.</returns>
    private int RunSlot(LeaseBook leases, Action<FinishedRun> finish)
    {
        var count = 0;
        for (; leases.TakeNext() is { } held; count++)
        {
            var started = Stopwatch.GetTimestamp();
            var result = runner.Run(held.Lease, held.Stopped, held.Progress);
            finish(new FinishedRun(held, result, Stopwatch.GetElapsedTime(started)));
        }
        return count;
    }
}
