namespace Marketplace.Sdk.Transport;

/// <summary>
/// The caller's token and a time limit in one token. <see cref="Extend"/> starts the limit anew, for transfers that may take long but may
/// not stand still.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _linked;
    private readonly TimeSpan _time;

    public Deadline(TimeSpan time, TimeProvider clock, CancellationToken caller)
    {
        _time = time;
        _limit = new CancellationTokenSource(time, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token, caller);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>The limit has passed (the caller may have cancelled as well; then the caller's wish counts).</summary>
    public bool HasPassed => _limit.IsCancellationRequested;

    public void Extend() => _limit.CancelAfter(_time);

    public void Dispose()
    {
        _linked.Dispose();
        _limit.Dispose();
    }
}
