namespace Marketplace.GrainHost.Activations;

/// <summary>Ends the activations that have had no call for a while.</summary>
internal sealed class IdleCollection(HostCore host) : IDisposable
{
    private ITimer? _timer;
    private int _armed;

    public void Start()
    {
        _timer = host.Time.CreateTimer(
            static idle => ((IdleCollection)idle!).Run(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        if (!host.Directory.IsEmpty)
        {
            Arm();
        }
    }

    /// <summary>Called for each new activation: while there is none, there is no timer either.</summary>
    public void Arm()
    {
        if (Volatile.Read(ref _armed) == 0 && _timer is not null && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(host.Options.IdlePeriod, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Run()
    {
        var now = host.Time.GetTimestamp();
        foreach (var activation in host.Directory.Snapshot())
        {
            if (!activation.GrainClass.IsKeptAlive)
            {
                activation.EndIfIdle(now);
            }
        }

        Volatile.Write(ref _armed, 0);
        if (!host.Directory.IsEmpty)
        {
            Arm();
        }
    }
}
