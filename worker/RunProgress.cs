using Marketplace.Engine.Guests;

namespace Marketplace.Worker;

/// <summary>How far a lease has come: what its run says of itself, and heartbeats tell the market. Thread-safe.</summary>
internal sealed class RunProgress(TimeProvider time)
{
    private volatile LeaseStage _stage = LeaseStage.Waiting;
    private long _begunAt;

    public GuestProgress Guest { get; } = new();

    public LeaseStage Stage => _stage;

    /// <summary>How long the worker has been at it; zero before it has begun.</summary>
    public TimeSpan Begun => _stage == LeaseStage.Waiting ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _begunAt));

    /// <summary>The market has heard that it has begun.</summary>
    public bool IsTold { get; set; }

    public void Enter(LeaseStage stage)
    {
        if (_stage == LeaseStage.Waiting)
        {
            Volatile.Write(ref _begunAt, time.GetTimestamp());
        }
        _stage = stage;
    }
}
