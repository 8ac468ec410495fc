namespace Marketplace.Grains;

/// <summary>
/// The long waits of this process's grains, as far as their host may end them: an activation that has to go stays, and lets nobody in,
/// until its last call has ended. Whoever waited is answered as if the time were over, and asks again, where the grain is by then.
/// Thread-safe.
/// </summary>
public sealed class LongWaits
{
    private CancellationTokenSource _round = new();

    /// <summary>Cancelled when the waits that begin now are to end.</summary>
    public CancellationToken Round => Volatile.Read(ref _round).Token;

    /// <summary>Ends the waits that are under way.</summary>
    public void EndAll() => Interlocked.Exchange(ref _round, new CancellationTokenSource()).Cancel();

    /// <summary>Ends the waits that are under way, and every later one at once: the process stops.</summary>
    public void Close()
    {
        var over = new CancellationTokenSource();
        over.Cancel();
        Interlocked.Exchange(ref _round, over).Cancel();
    }
}
