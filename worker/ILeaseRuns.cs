namespace Marketplace.Worker;

/// <summary>What runs the leases of an agent: threads with guests, or a simulation of them.</summary>
internal interface ILeaseRuns : IDisposable
{
    /// <summary>Takes leases until the book is closed and the last run has ended. Never throws for what a single run did.</summary>
    /// <param name="finish">Called once for each lease that was taken, when its run has ended; thread-safe.</param>
    Task Serve(LeaseBook leases, Action<FinishedRun> finish);

    /// <inheritdoc cref="Isolation.IProgramHost.Rest"/>
    long Rest(TimeSpan idle);
}

/// <summary>A run that has ended, and how long it had a slot.</summary>
internal readonly record struct FinishedRun(HeldLease Held, Api.Workers.WorkerResult Result, TimeSpan Took);
