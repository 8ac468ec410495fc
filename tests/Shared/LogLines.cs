using Microsoft.Extensions.Logging;

namespace Marketplace.Tests;

/// <summary>Keeps what is logged, as the text of each line.</summary>
internal class LogLines : ILoggerFactory, ILogger
{
    public List<string> Written { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) { }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Written.Add(formatter(state, exception));

    public void Dispose() { }
}

/// <inheritdoc cref="LogLines"/>
internal sealed class LogLines<TCategory> : LogLines, ILogger<TCategory>;
