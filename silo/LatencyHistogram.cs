using System.Numerics;

namespace Marketplace.Silo;

/// <summary>
/// Counts durations in buckets of a quarter of a power of two microseconds, so that a percentile is too high by a quarter at most. Each
/// core counts apart from the others, so that busy methods do not fight for a cache line.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>Up to 2^32 us, which is longer than any call may wait.</summary>
    public const int Buckets = 4 * 32;

    private readonly long[][] _counts = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new long[Buckets])];

    public void Count(TimeSpan duration)
    {
        var counts = _counts[(uint)Thread.GetCurrentProcessorId() % (uint)_counts.Length];
        Interlocked.Increment(ref counts[BucketOf(duration.Ticks / TimeSpan.TicksPerMicrosecond)]);
    }

    /// <summary>All that was counted so far, by bucket.</summary>
    public long[] Snapshot()
    {
        var all = new long[Buckets];
        foreach (var counts in _counts)
        {
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                all[bucket] += Volatile.Read(ref counts[bucket]);
            }
        }
        return all;
    }

    /// <summary>The most microseconds that the given share of what was counted took; 0 where nothing was.</summary>
    public static long Percentile(ReadOnlySpan<long> counts, double share)
    {
        var all = 0L;
        foreach (var count in counts)
        {
            all += count;
        }
        var rest = (long)Math.Ceiling(all * share);
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            rest -= counts[bucket];
            if (rest <= 0 && all > 0)
            {
                return LargestOf(bucket);
            }
        }
        return 0;
    }

    internal static int BucketOf(long microseconds)
    {
        if (microseconds < 4)
        {
            return (int)Math.Max(microseconds, 0);
        }
        var power = BitOperations.Log2((ulong)microseconds);
        return Math.Min((4 * (power - 1)) + (int)((microseconds >> (power - 2)) & 3), Buckets - 1);
    }

    /// <summary>The last whole microsecond of the bucket.</summary>
    internal static long LargestOf(int bucket)
    {
        if (bucket < 4)
        {
            return bucket;
        }
        var power = (bucket / 4) + 1;
        return ((5L + (bucket % 4)) << (power - 2)) - 1;
    }
}
