namespace Marketplace.Storage;

/// <summary>
/// The embedded store, its real code, on a <see cref="SimulatedDisk"/> and the timers of a simulated clock: no threads, and the same
/// seed gives the same run. Continuations of its writes run inside the timer's callback, or on the scheduler that they captured.
/// </summary>
public sealed class SimulatedStore : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly EmbeddedStoreOptions _options;
    private readonly SimulatedDelays _delays;
    private readonly Random _random;
    private SimulatedDriver? _driver;
    private EmbeddedStore? _store;

    /// <param name="time">Its timers drive the store; they fire one at a time.</param>
    /// <param name="seed">Decides delays and what a crash leaves.</param>
    /// <param name="options">Of the store; small segments make more happen.</param>
    /// <param name="delays">How long things take.</param>
    public SimulatedStore(TimeProvider time, int seed, EmbeddedStoreOptions options, SimulatedDelays delays)
    {
        (_time, _options, _delays, _random) = (time, options, delays, new Random(seed));
        Disk = new SimulatedDisk(_random.Next());
    }

    public SimulatedDisk Disk { get; }

    /// <summary>The open store: documents, event log and listing.</summary>
    public EmbeddedStore Store => _store ?? throw new InvalidOperationException("The simulated store is not open: call Open.");

    public bool IsOpen => _store is not null;

    /// <summary>Starts the process: opens what the disk holds.</summary>
    public EmbeddedStore Open()
    {
        if (_store is not null)
        {
            throw new InvalidOperationException("The simulated store is open.");
        }
        var driver = new SimulatedDriver(_time, _random, _delays);
        _store = EmbeddedStore.Open(Disk.Open, _options, driver, _time);
        _driver = driver;
        return _store;
    }

    /// <summary>
    /// The machine loses power at this moment. Writes that were under way never return; each of them may be on the disk. After
    /// <see cref="Open"/> everything that was acknowledged is there.
    /// </summary>
    public void Crash()
    {
        // In half of the cases a batch is just being written: it is in the disk's cache, and chance decides what is left of it.
        if (_store is not null && _random.Next(2) == 0)
        {
            _store.WriteWithoutFlush();
        }
        Abandon();
        Disk.Restart();
    }

    /// <summary>
    /// The process ends at this moment (kill -9), the machine goes on: everything that was written is there, flushed or not.
    /// </summary>
    public void Kill()
    {
        if (_store is not null && _random.Next(2) == 0)
        {
            _store.WriteWithoutFlush();
        }
        Abandon();
        Disk.EndProcess();
    }

    /// <summary>Stops the process in order.</summary>
    public async ValueTask Close()
    {
        if (_store is not { } store)
        {
            return;
        }
        (_store, _driver) = (null, null);
        await store.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Close().ConfigureAwait(false);
        Disk.Dispose();
    }

    private void Abandon()
    {
        _driver?.Abandon();
        _store?.Abandon();
        (_store, _driver) = (null, null);
    }
}
