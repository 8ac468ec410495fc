using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// Deletes blobs without a pin, some time after they were stored: an upload is pinned right after it, an output with its job's end.
/// </summary>
internal sealed partial class BlobCollectorService(
    BlobCollector collector,
    IGrainFactory grains,
    IHostState host,
    TimeProvider time,
    ILogger<BlobCollectorService> log
) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>Longer than any job may run and wait for its report, so that no output is collected before its job's end.</summary>
    private static readonly TimeSpan GraceAge = TimeSpan.FromHours(24);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await CollectOnce(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task CollectOnce(CancellationToken stopping)
    {
        // The trouble may be that the folder is another cluster's, whose blobs have no pin here.
        if (host.Trouble is not null)
        {
            return;
        }
        try
        {
            var done = await collector.CollectInTurn(
                Period,
                blob => new ValueTask<bool>(grains.GetGrain<IBlobGrain>(blob.ToString()).IsPinned(Authority.Silo)),
                GraceAge,
                stopping
            );
            if (done is { Deleted: > 0 } collected)
            {
                LogCollected(collected.Deleted, collected.DeletedBytes);
            }
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // A store that stopped, or a grain that could not be asked: what is not known to be unwanted is kept.
            LogFailed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} blobs that no account and no program keeps, {Bytes} bytes")]
    private partial void LogCollected(long count, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Collecting blobs failed; it is tried again in an hour")]
    private partial void LogFailed(Exception failure);
}
