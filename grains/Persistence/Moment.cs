namespace Marketplace.Grains;

/// <summary>
/// Something that one call of a grain waits for, with a limit. Task.WaitAsync does not serve: it continues on the thread pool, outside the
/// grain's turns, where a simulated run cannot follow. <see cref="Come"/> may be called from any thread; the waiting call goes on in its
/// own turns.
/// </summary>
internal sealed class Moment(IHostFacts host)
{
    private readonly TaskCompletionSource<bool> _come = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Come() => _come.TrySetResult(true);

    /// <returns>False when the time is over, the caller no longer waits for the answer, or the host ends all waits.</returns>
    public async ValueTask<bool> Wait(TimeSpan atMost, TimeProvider clock, CancellationToken cancellation)
    {
        using var timer = clock.CreateTimer(GiveUp, this, atMost, Timeout.InfiniteTimeSpan);
        using var gone = cancellation.UnsafeRegister(GiveUp, this);
        using var ended = host.WaitsEnd.UnsafeRegister(GiveUp, this);
        return await _come.Task;
    }

    private static void GiveUp(object? moment) => ((Moment)moment!)._come.TrySetResult(false);
}
