using System.Diagnostics.Metrics;
using System.Globalization;
using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Marketplace.Gateway;

/// <summary>
/// Why workers' connections ended and what of their calls was refused, by reason: as metrics, and as a line of the log, at most one for
/// each <see cref="GatewayPolicy.LinkCountsPeriod"/> and only after a link was refused. A stranger who tries much cannot fill a disk.
/// </summary>
internal sealed partial class LinkCounts : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ILogger<LinkCounts> _log;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private SortedDictionary<string, long> _ends = new(StringComparer.Ordinal);
    private SortedDictionary<string, long> _calls = new(StringComparer.Ordinal);
    private long? _toldAt;
    private bool _hasRefused;

    public LinkCounts(IMeterFactory meters, TimeProvider time, ILogger<LinkCounts> log)
    {
        (_time, _log) = (time, log);
        var meter = meters.Create(MarketMetrics.MeterName);
        _ended = MarketMetrics.LinksEnded.CreateCounter(meter);
        _refused = MarketMetrics.CallsRefused.CreateCounter(meter);
    }

    /// <summary>A connection has ended.</summary>
    public void Count(LinkEnd reason)
    {
        var name = LinkEndedException.NameOf(reason);
        _ended.Add(1, KeyValuePair.Create<string, object?>("reason", name));
        lock (_lock)
        {
            _ends[name] = _ends.GetValueOrDefault(name) + 1;
            _hasRefused |= reason is not (LinkEnd.Done or LinkEnd.Stopping or LinkEnd.Replaced or LinkEnd.Silent);
            TellWhenDue();
        }
    }

    /// <summary>A call was answered with a refusal; its connection stays.</summary>
    public void Count(ErrorCode code)
    {
        var name = ProblemFactory.NameOf(code);
        _refused.Add(1, KeyValuePair.Create<string, object?>("code", name));
        lock (_lock)
        {
            _calls[name] = _calls.GetValueOrDefault(name) + 1;
            TellWhenDue();
        }
    }

    /// <summary>What was not told yet.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Tell();
        }
    }

    private void TellWhenDue()
    {
        if (_toldAt is not { } told || _time.GetElapsedTime(told) >= GatewayPolicy.LinkCountsPeriod)
        {
            Tell();
        }
    }

    private void Tell()
    {
        if (!_hasRefused)
        {
            return;
        }
        LogCounts(Words(_ends), Words(_calls));
        (_toldAt, _hasRefused) = (_time.GetTimestamp(), false);
        (_ends, _calls) = (new(StringComparer.Ordinal), new(StringComparer.Ordinal));
    }

    private static string Words(SortedDictionary<string, long> counts) =>
        counts.Count == 0
            ? "none"
            : string.Join(", ", counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value}")));

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Since the last such line, workers' links ended: {Ends}; calls of workers were refused: {Calls}."
    )]
    private partial void LogCounts(string ends, string calls);
}
