using System.Reflection;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>What is counted of the calls of grains: by method, over a window that all readers share.</summary>
public sealed class GrainMeterTests
{
    private static readonly MethodInfo First = typeof(IComparable).GetMethod(nameof(IComparable.CompareTo))!;
    private static readonly MethodInfo Second = typeof(IDisposable).GetMethod(nameof(IDisposable.Dispose))!;

    private readonly SettableTime _time = new(new StillTime());

    [Fact]
    public void Methods_AreTheBusiestFirst_WithTheirFailures()
    {
        var meter = new GrainMeter(_time);
        meter.Of(First)(TimeSpan.FromMicroseconds(100), null);
        for (var call = 0; call < 99; call++)
        {
            meter.Of(Second)(TimeSpan.FromMicroseconds(50), null);
        }
        meter.Of(Second)(TimeSpan.FromMilliseconds(8), new InvalidOperationException());
        _time.Stand(TimeSpan.FromSeconds(4));

        var (window, methods) = meter.Read();

        Assert.Equal(TimeSpan.FromSeconds(4), window);
        Assert.Equal([("IDisposable", "Dispose"), ("IComparable", "CompareTo")], methods.Select(method => (method.Grain, method.Method)));
        var busiest = methods[0];
        Assert.Equal((100L, 1L, 100L, 1L), (busiest.Calls, busiest.Failures, busiest.CallsTotal, busiest.FailuresTotal));
        Assert.InRange(busiest.P50Us, 50, 62);
        Assert.InRange(busiest.P99Us, 50, 62);
    }

    [Fact]
    public void Window_IsOfTenToTwentySeconds_HoweverManyAsk()
    {
        var meter = new GrainMeter(_time);
        for (var second = 0; second < 60; second++)
        {
            meter.Of(First)(TimeSpan.FromMicroseconds(1), null);
            _time.Stand(TimeSpan.FromSeconds(1));
            var (window, methods) = meter.Read();
            Assert.Equal(methods, meter.Read().Methods);
            Assert.InRange(window, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
            Assert.Equal(second + 1L, Assert.Single(methods).CallsTotal);
            Assert.Equal((long)window.TotalSeconds, methods[0].Calls);
        }

        _time.Stand(TimeSpan.FromSeconds(30));
        meter.Read();
        _time.Stand(TimeSpan.FromSeconds(30));
        Assert.Empty(meter.Read().Methods);
    }

    [Fact]
    public void Bucket_IsTooHighByAQuarterAtMost()
    {
        for (var microseconds = 0L; microseconds < 1L << 32; microseconds += 1 + (microseconds / 97))
        {
            var told = LatencyHistogram.LargestOf(LatencyHistogram.BucketOf(microseconds));
            Assert.InRange(told, microseconds, microseconds + (microseconds / 4));
        }
        Assert.Equal(LatencyHistogram.Buckets - 1, LatencyHistogram.BucketOf(long.MaxValue));
        Assert.Equal(0, LatencyHistogram.BucketOf(-1));
    }

    [Fact]
    public void Percentile_IsOfAllThatWasCounted()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, LatencyHistogram.Percentile(histogram.Snapshot(), 0.5));
        for (var call = 1; call <= 1000; call++)
        {
            histogram.Count(TimeSpan.FromMicroseconds(call));
        }
        var counts = histogram.Snapshot();
        Assert.Equal(1000, counts.Sum());
        Assert.InRange(LatencyHistogram.Percentile(counts, 0.5), 500, 625);
        Assert.InRange(LatencyHistogram.Percentile(counts, 0.99), 990, 1237);
        Assert.InRange(LatencyHistogram.Percentile(counts, 1), 1000, 1250);
    }

    private sealed class StillTime : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
