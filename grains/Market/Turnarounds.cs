using System.Collections.Immutable;

namespace Marketplace.Grains;

/// <summary>How long the last jobs of a class took, from their submission to a result: so many, in milliseconds.</summary>
internal sealed class Turnarounds
{
    private readonly int[] _last = new int[MarketPolicy.TurnaroundsMax];
    private int _count;
    private int _next;

    public void Add(TimeSpan turnaround)
    {
        _last[_next] = (int)Math.Clamp(turnaround.TotalMilliseconds, 0, int.MaxValue);
        _next = (_next + 1) % _last.Length;
        _count = Math.Min(_count + 1, _last.Length);
    }

    /// <summary>
    /// The slowest of 1, 2, 4, 8 and 16 jobs, as a rule: the quantiles n / (n + 1), so the first is the median. Empty where no job has
    /// ended.
    /// </summary>
    public ImmutableArray<TimeSpan> ToView()
    {
        if (_count == 0)
        {
            return [];
        }
        var ordered = _last[.._count];
        Array.Sort(ordered);
        return [.. SeatCounts.Select(count => TimeSpan.FromMilliseconds(ordered[Math.Min(_count - 1, _count * count / (count + 1))]))];
    }

    /// <summary>The entry of <see cref="ToView"/> for the slowest of so many: that of the next power of two.</summary>
    public static TimeSpan? SlowestOf(int count, ImmutableArray<TimeSpan> view) =>
        view.IsDefaultOrEmpty ? null : view[Math.Min(view.Length - 1, int.Log2((2 * count) - 1))];

    private static readonly int[] SeatCounts = [1, 2, 4, 8, 16];
}
