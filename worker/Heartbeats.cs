using Marketplace.Api.Workers;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Tells the market in time that the leases are alive and how far they have come, and stops those that it does not know any more. A run
/// that has just begun is told sooner: from then on its client pays for it.
/// </summary>
internal sealed partial class Heartbeats(IMarketLink link, WorkerId worker, LeaseBook leases, TimeProvider time, ILogger log)
{
    private readonly Lock _lock = new();
    private long? _last;
    private bool _isUnderWay;

    /// <summary>Called every <see cref="WorkerPolicy.HeartbeatLook"/>; sends one where it is time for it.</summary>
    public async Task Look(CancellationToken cancellation)
    {
        IReadOnlyList<LeaseBeat> beats;
        lock (_lock)
        {
            leases.AskRuns();
            var since = _last is { } last ? time.GetElapsedTime(last) : TimeSpan.MaxValue;
            var isTime = since >= WorkerLimits.HeartbeatPeriod || (since >= WorkerPolicy.HeartbeatPauseMin && leases.HasUntold);
            if (_isUnderWay || !isTime)
            {
                return;
            }
            beats = leases.Beats();
            if (beats.Count == 0)
            {
                return;
            }
            (_last, _isUnderWay) = (time.GetTimestamp(), true);
        }
        try
        {
            using var late = new CancellationTokenSource(WorkerLimits.HeartbeatPeriod, time);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            foreach (var lease in await link.Heartbeat(new WorkerHeartbeat(worker, beats), over.Token).ConfigureAwait(false))
            {
                leases.Stop(lease);
            }
        }
        catch (Exception failure) when (failure is MarketLinkException or OperationCanceledException)
        {
            // The next one says the same; if none arrives for long, the market takes the leases back.
            LogLost(failure.Message);
        }
        finally
        {
            lock (_lock)
            {
                _isUnderWay = false;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A heartbeat got no answer: {Reason}")]
    private partial void LogLost(string reason);
}
