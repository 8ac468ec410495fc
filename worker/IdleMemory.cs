namespace Marketplace.Worker;

/// <summary>
/// When the memory of dropped modules is given back to the system. Doing so stops the process for a moment, so it is done seldom and only
/// for much memory.
/// </summary>
internal sealed class IdleMemory(TimeProvider time, Action giveBack)
{
    private readonly Lock _gate = new();
    private long _givenBack;
    private long? _last;

    /// <summary>Gives back where it is worth it; called whenever the worker is idle.</summary>
    /// <param name="dropped">Bytes of all modules that were ever dropped.</param>
    public void GiveBack(long dropped)
    {
        lock (_gate)
        {
            if (
                dropped - _givenBack < WorkerPolicy.GiveBackBytesMin
                || (_last is { } last && time.GetElapsedTime(last) < WorkerPolicy.GiveBackPause)
            )
            {
                return;
            }
            (_givenBack, _last) = (dropped, time.GetTimestamp());
        }
        giveBack();
    }
}
