using System.Reflection;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Silo;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>When a silo asks for a pass. The grain that is asked does not answer here, which the log tells.</summary>
public sealed class RetentionServiceTests
{
    private const string Asked = "Old jobs could not be dropped";
    private const string NotAsked = "The clock was set by";

    [Theory]
    [InlineData(0, Asked), InlineData(59, Asked), InlineData(61, NotAsked), InlineData(-61, NotAsked), InlineData(60 * 24 * 40, NotAsked)]
    public async Task ClockThatWasSet_StopsPasses_WhereItWasByMoreThanAnHour(int minutes, string expected)
    {
        var (time, log) = (new SetClock(), new LastMessage());
        using var service = new RetentionService(
            DispatchProxy.Create<IGrainFactory, NoAnswer>(),
            new JobKeeping(new ReuseTerms()) { Days = MarketLimits.KeepJobDaysMin },
            time,
            new Well(),
            log
        );
        await service.StartAsync(TestContext.Current.CancellationToken);

        await time.Tick(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(minutes));

        Assert.StartsWith(expected, await log.First.WaitAsync(TestContext.Current.CancellationToken));
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A clock that is set by hand, and runs by hand.</summary>
    private sealed class SetClock : TimeProvider
    {
        private readonly TaskCompletionSource<(TimerCallback Callback, object? State)> _timer = new();
        private TimeSpan _elapsed;
        private TimeSpan _step;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50) + _elapsed + _step;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timer.TrySetResult((callback, state));
            return new Still();
        }

        public async Task Tick(TimeSpan after, TimeSpan step)
        {
            var (callback, state) = await _timer.Task;
            (_elapsed, _step) = (after, step);
            callback(state);
        }

        private sealed class Still : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => default;
        }
    }

    private sealed class LastMessage : ILogger<RetentionService>
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel level,
            EventId id,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _first.TrySetResult(formatter(state, exception));
    }

    private sealed class Well : IHostState
    {
        public string? Failure => null;

        public string? Trouble => null;
    }
}

/// <summary>A cluster that answers no call.</summary>
public class NoAnswer : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new TimeoutException();
}
