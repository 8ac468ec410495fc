namespace Marketplace.Storage.Contracts;

/// <summary>One store that the contract suites try, and a way to close it and open it again.</summary>
public abstract class StoreUnderTest : IAsyncDisposable
{
    public abstract IDocumentStore Documents { get; }
    public abstract IEventLog Log { get; }
    public abstract IListing Listing { get; }

    /// <summary>Closes the store as a stopping process does, and opens it again.</summary>
    public abstract ValueTask Reopen();

    /// <summary>Waits for a task, letting a simulated clock run where there is one.</summary>
    public abstract ValueTask<TResult> Wait<TResult>(ValueTask<TResult> task);

    public abstract ValueTask DisposeAsync();

    public async ValueTask Wait(ValueTask task) => await Wait(Wrap(task));

    private static async ValueTask<bool> Wrap(ValueTask task)
    {
        await task;
        return true;
    }
}
