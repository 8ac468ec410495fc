using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Where a worker's guests run, found out before there is a worker, beside whatever else starts: the first child takes longest of all. On a
/// thread of its own, since it waits for the child.
/// </summary>
public sealed class GuestPlace : IDisposable
{
    private readonly TaskCompletionSource<ILogger> _log = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<(IProgramHost Host, IsolationChoice Choice)> _opened;
    private int _isTaken;

    public GuestPlace(GuestOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _opened = Task.Factory.StartNew(
            () => ProgramHosts.Open(options, time, new LaterLog(_log.Task)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>Once; who takes it disposes of it.</summary>
    /// <param name="log">Is told what went wrong on the way, too.</param>
    /// <exception cref="IsolationException">The isolation that the options name does not work here.</exception>
    internal Task<(IProgramHost Host, IsolationChoice Choice)> Take(ILogger log)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            throw new InvalidOperationException("This is a bug in the worker: its place for guests was taken before.");
        }
        _log.SetResult(log);
        return _opened;
    }

    /// <summary>Ends the children that nobody has taken.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) == 0)
        {
            _log.SetResult(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            _opened.ContinueWith(opened => opened.Result.Host.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion);
        }
    }

    /// <summary>Whoever has something to say waits until there is a log.</summary>
    private sealed class LaterLog(Task<ILogger> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.Result.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => log.Result.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => log.Result.Log(logLevel, eventId, state, exception, formatter);
    }
}
