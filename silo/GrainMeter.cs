using System.Collections.Concurrent;
using System.Reflection;

namespace Marketplace.Silo;

/// <summary>Counts the calls of this silo's grains by method, for whoever looks: over the last seconds and since the start.</summary>
internal sealed class GrainMeter(TimeProvider time)
{
    /// <summary>Two readers that ask every second see rates of 10 to 20 seconds, the same ones.</summary>
    private static readonly TimeSpan WindowMin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<MethodInfo, Method> _methods = new();
    private readonly Lock _gate = new();
    private Moment _from = new(time.GetTimestamp(), new Dictionary<Method, Totals>());
    private Moment _later = new(time.GetTimestamp(), new Dictionary<Method, Totals>());

    /// <summary>What is to be told of each call of the method: how long it ran, and with which exception it ended.</summary>
    public Action<TimeSpan, Exception?> Of(MethodInfo method) => _methods.GetOrAdd(method, made => new Method(made)).Count;

    /// <summary>The methods that were called in the window, the busiest first, and how long the window is.</summary>
    public (TimeSpan Window, IReadOnlyList<GrainMethod> Methods) Read()
    {
        lock (_gate)
        {
            var now = Look();
            if (time.GetElapsedTime(_later.At, now.At) >= WindowMin)
            {
                (_from, _later) = (_later, now);
            }
            var window = time.GetElapsedTime(_from.At, now.At);
            return (
                window,
                [
                    .. now
                        .Totals.Select(method => Between(method.Key, _from.Totals.GetValueOrDefault(method.Key), method.Value))
                        .Where(method => method.Calls > 0)
                        .OrderByDescending(method => method.Calls * Math.Max(method.P50Us, 1)),
                ]
            );
        }
    }

    /// <summary>The calls of all methods since the start; the windows of other readers stay as they are.</summary>
    public IEnumerable<(string Grain, string Method, long Calls, long Failures)> SinceStart() =>
        from method in _methods.Values
        let total = method.Total()
        select (method.Grain, method.Name, total.Counts.Sum(), total.Failures);

    private Moment Look() => new(time.GetTimestamp(), _methods.Values.ToDictionary(method => method, method => method.Total()));

    private static GrainMethod Between(Method method, Totals? from, Totals now)
    {
        var counts = from is null ? now.Counts : [.. now.Counts.Zip(from.Counts, (after, before) => after - before)];
        return new GrainMethod(
            Grain: method.Grain,
            Method: method.Name,
            Calls: counts.Sum(),
            Failures: now.Failures - (from?.Failures ?? 0),
            P50Us: LatencyHistogram.Percentile(counts, 0.5),
            P99Us: LatencyHistogram.Percentile(counts, 0.99),
            CallsTotal: now.Counts.Sum(),
            FailuresTotal: now.Failures
        );
    }

    private sealed class Method(MethodInfo method)
    {
        private readonly Lazy<LatencyHistogram> _histogram = new(() => new LatencyHistogram());
        private long _failures;

        public string Grain { get; } = method.DeclaringType?.Name ?? "";

        public string Name { get; } = method.Name;

        public void Count(TimeSpan ran, Exception? failure)
        {
            _histogram.Value.Count(ran);
            if (failure is not null)
            {
                Interlocked.Increment(ref _failures);
            }
        }

        public Totals Total() =>
            new(_histogram.IsValueCreated ? _histogram.Value.Snapshot() : new long[LatencyHistogram.Buckets], Volatile.Read(ref _failures));
    }

    private sealed record Totals(long[] Counts, long Failures);

    private sealed record Moment(long At, IReadOnlyDictionary<Method, Totals> Totals);
}
