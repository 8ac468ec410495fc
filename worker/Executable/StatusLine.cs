using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// What a worker's process says of itself: one log line for each change, and on a terminal a last line that is written over, with what was
/// done so far. Thread-safe.
/// </summary>
internal sealed class StatusLine : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private WorkerAgent? _agent;
    private Func<string> _state = () => "";
    private int _width;

    internal StatusLine(TextWriter output, bool isTerminal, TimeProvider time)
    {
        (_output, IsTerminal, _time) = (output, isTerminal, time);
        _timer = time.CreateTimer(_ => Draw(), null, isTerminal ? Period : Timeout.InfiniteTimeSpan, Period);
    }

    public bool IsTerminal { get; }

    /// <summary>What the account has earned; null where that is not known.</summary>
    public TokenAmount? Earned { get; set; }

    public static StatusLine Open(WorkerOptions options, TimeProvider time)
    {
        var line = new StatusLine(Console.Out, !Console.IsOutputRedirected, time);
        line.Say(
            $"Worker {options.Worker}: {options.Slots} slots at {options.PricePerMillionFuel} per million fuel, paid to {options.PayTo}"
        );
        return line;
    }

    public ILogger<TOwner> Logger<TOwner>() => new LineLogger<TOwner>(this);

    /// <summary>Whose work the last line shows.</summary>
    /// <param name="state">What it does at the moment, in a word.</param>
    public void Follow(WorkerAgent agent, Func<string> state) => (_agent, _state) = (agent, state);

    public void Say(string text)
    {
        lock (_lock)
        {
            Clear();
            // Some of the words are a market's, which must not steer the terminal.
            var plain = new string([.. text.Select(letter => char.IsControl(letter) ? '?' : letter)]);
            _output.WriteLine($"{_time.GetUtcNow():yyyy-MM-dd HH:mm:ss} {plain}");
            _output.Flush();
        }
        Draw();
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        lock (_lock)
        {
            Clear();
            _output.Flush();
        }
    }

    private void Draw()
    {
        if (!IsTerminal || _agent is not { } agent)
        {
            return;
        }
        lock (_lock)
        {
            Clear();
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{_state()} | {agent.JobsReported:N0} jobs, {agent.FuelReported:N0} fuel, {agent.LeasesHeld} under way"
            );
            text += Earned is { } earned ? $" | earned {earned}" : "";
            _width = text.Length;
            _output.Write(text);
            _output.Flush();
        }
    }

    private void Clear()
    {
        if (_width > 0)
        {
            _output.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }

    private sealed class LineLogger<TOwner>(StatusLine line) : ILogger<TOwner>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                line.Say(logLevel >= LogLevel.Warning ? $"{logLevel}: {formatter(state, exception)}" : formatter(state, exception));
            }
        }
    }
}
