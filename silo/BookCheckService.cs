using System.Threading.Channels;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>Checks the books when the silo starts, and when an operator asks, in the background.</summary>
internal sealed partial class BookCheckService(
    BookAudit audit,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<BookCheckService> log
) : BackgroundService, IBookCheck
{
    /// <summary>Between two breaths: some milliseconds of reading.</summary>
    private const int AccountsPerBreath = 100;

    /// <summary>Leaves the processor and the disk to jobs: a hundred thousand accounts take ten seconds more by it.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    /// <summary>One that waits is enough: it will see all that happened before it begins.</summary>
    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private volatile BookStatus _status = new(IsRunning: false, Last: null, EndedAt: null, Failure: null);
    private volatile bool _isWanted;

    public BookStatus Status => _isWanted ? _status with { IsRunning = true } : _status;

    public void Begin()
    {
        _isWanted = true;
        _wanted.Writer.TryWrite(true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Begin();
        try
        {
            // What the start itself books is seen too, and nothing of the start waits for the check.
            await Started(stoppingToken);
            await foreach (var _ in _wanted.Reader.ReadAllAsync(stoppingToken))
            {
                await CheckOnce(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Started(CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stopping);
    }

    private async Task CheckOnce(CancellationToken stopping)
    {
        _status = _status with { IsRunning = true };
        _isWanted = false;
        var accounts = 0;
        try
        {
            var report = await audit.Check(
                async () =>
                {
                    if (++accounts % AccountsPerBreath == 0)
                    {
                        await Task.Delay(Breath, time, stopping);
                    }
                },
                stopping
            );
            foreach (var violation in report.Violations)
            {
                LogBroken(violation);
            }
            _status = new BookStatus(IsRunning: false, report, time.GetUtcNow(), Failure: null);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            LogFailed(failure);
            _status = _status with { IsRunning = false, EndedAt = time.GetUtcNow(), Failure = failure.Message };
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The books do not add up: {Violation}")]
    private partial void LogBroken(string violation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The books could not be checked; the next start or request does it again")]
    private partial void LogFailed(Exception failure);
}
