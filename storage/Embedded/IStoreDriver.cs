namespace Marketplace.Storage;

/// <summary>The work that a driver must have done; each method by one thread at a time, the two may run beside each other.</summary>
internal interface IStoreWork
{
    /// <returns>False where no write waited.</returns>
    bool CommitOnce();

    /// <summary>Folds one step, if something is due.</summary>
    /// <returns>How long to wait before the next step; zero: go on at once; null: until <see cref="IStoreDriver.FoldWaits"/>.</returns>
    TimeSpan? FoldOnce();
}

/// <summary>Decides on which threads, and when, commits and folds run: two threads in production, a seeded clock in a simulation.</summary>
internal interface IStoreDriver
{
    /// <summary>
    /// True: continuations of writes go to the thread pool, because the caller of <see cref="IStoreWork.CommitOnce"/> must not run them.
    /// </summary>
    bool ContinueOnPool { get; }

    void Start(IStoreWork work);

    /// <summary>A write waits, and none did before.</summary>
    void WriteWaits();

    /// <summary>Something waits for the fold, or is wanted sooner than it was.</summary>
    void FoldWaits();

    /// <summary>Does long work that no caller waits for; in a simulation at once. It is given up when the driver stops.</summary>
    void DoBeside(Action<CancellationToken> work);

    /// <summary>Commits what waits, then lets nothing run any more.</summary>
    ValueTask Stop();
}
