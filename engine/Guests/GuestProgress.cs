namespace Marketplace.Engine.Guests;

/// <summary>How far a run has come, for other threads than the guest's. It only goes up, and lags behind the truth. Thread-safe.</summary>
public sealed class GuestProgress
{
    private volatile Run? _run;
    private long _told;

    /// <summary>Fuel that the run has surely used.</summary>
    public long FuelUsed
    {
        get
        {
            if (_run is { } run)
            {
                Tell(run.FuelUsedAtLeast);
            }
            return Volatile.Read(ref _told);
        }
    }

    /// <summary>Asks a run that goes on elsewhere for news, which come later by <see cref="Tell"/>. Null: none needs to be asked.</summary>
    public Action? Ask { get; set; }

    /// <summary>News of a run that goes on elsewhere.</summary>
    public void Tell(long fuelUsed)
    {
        var before = Volatile.Read(ref _told);
        while (fuelUsed > before)
        {
            var seen = Interlocked.CompareExchange(ref _told, fuelUsed, before);
            if (seen == before)
            {
                return;
            }
            before = seen;
        }
    }

    /// <summary>The run, when it begins, and null when it is over.</summary>
    internal void Follow(Run? run)
    {
        if (run is null)
        {
            _ = FuelUsed;
        }
        _run = run;
    }
}
