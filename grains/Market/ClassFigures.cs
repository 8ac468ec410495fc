using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What jobs of one capability class paid and how busy its workers were, for the last hour and the last day. A capability class is the
/// engine's profile, a size of memory and what the jobs need of their worker, under a name that people read.
/// </summary>
internal sealed class ClassFigures(JobClass jobClass, int memoryPagesMax)
{
    /// <summary>The sizes that jobs are counted by: each four times the one before, up to the largest that a job may have.</summary>
    private static readonly int[] MemoryPages = [256, 1024, 4096, MarketLimits.MemoryPagesMax];

    private readonly PriceRing _hour = new(TimeSpan.FromMinutes(5), 12);
    private readonly PriceRing _day = new(TimeSpan.FromHours(1), 24);
    private readonly Turnarounds _turnarounds = new();
    private TokenAmount? _lastPrice;

    public JobClass Class => jobClass;

    /// <summary>What a job of the class has at most, and its worker at least.</summary>
    public int MemoryPagesMax => memoryPagesMax;

    public string Name { get; } = NameOf(jobClass.Needs, memoryPagesMax);

    public int Ready { get; set; }

    public int Running { get; set; }

    /// <summary>Counts up with the jobs of all classes.</summary>
    public long UsedAt { get; set; }

    /// <summary>The name of the class that jobs of this spec are of.</summary>
    public static string NameOf(JobSpec spec) => NameOf(ClassNeeds.Of(spec.Needs), MemoryOf(spec));

    public static int MemoryOf(JobSpec spec) => MemoryPages.First(pages => spec.MemoryPagesMax <= pages);

    /// <summary>A job was leased at this price.</summary>
    public void Cleared(TokenAmount price, DateTimeOffset at)
    {
        _lastPrice = price;
        _hour.At(at).Clear(price);
        _day.At(at).Clear(price);
    }

    /// <summary>
    /// A job has a result. Those that bought more than one worker's word, or time for bids, take longer by what they bought: they do not
    /// count.
    /// </summary>
    public void Reported(MarketJob job, DateTimeOffset at)
    {
        if (job.Ticket.Spec.Assurance.IsNone && job.Ticket.Spec.Auction == TimeSpan.Zero)
        {
            _turnarounds.Add(at - job.Ticket.SubmittedAt);
        }
    }

    /// <summary>So many of the slots that its jobs can use are in use.</summary>
    public void Sample(int used, int slots, DateTimeOffset at)
    {
        _hour.At(at).Sample(used, slots);
        _day.At(at).Sample(used, slots);
    }

    private static string NameOf(ClassNeeds needs, int memoryPagesMax) =>
        string.Join(" · ", ((string[])["wasm/1", $"up to {memoryPagesMax / 16} MiB", needs.Name]).Where(part => part.Length > 0));

    public ClassPrices ToView(int slots, ImmutableArray<PriceLevel> free, DateTimeOffset now) =>
        new(
            Name: Name,
            ReadyJobs: Ready,
            RunningJobs: Running,
            Slots: slots,
            Free: free,
            LastPrice: _lastPrice,
            Hour: _hour.ToView(now),
            Day: _day.ToView(now),
            Turnarounds: _turnarounds.ToView()
        );
}

/// <summary>Spans of time of one length, the last so many; each has room for one, so older ones are written over.</summary>
internal sealed class PriceRing(TimeSpan length, int count)
{
    private readonly Span[] _spans = [.. Enumerable.Range(0, count).Select(_ => new Span())];

    public Span At(DateTimeOffset at)
    {
        var number = at.UtcTicks / length.Ticks;
        var span = _spans[number % count];
        if (span.Number != number)
        {
            span.Begin(number);
        }
        return span;
    }

    /// <summary>Those in which there was something, the oldest first.</summary>
    public ImmutableArray<PriceSpan> ToView(DateTimeOffset now)
    {
        var newest = now.UtcTicks / length.Ticks;
        return
        [
            .. _spans
                .Where(span => span.Number > newest - count && span.Number <= newest && span.HasAny)
                .OrderBy(span => span.Number)
                .Select(span => span.ToView(new DateTimeOffset(span.Number * length.Ticks, TimeSpan.Zero))),
        ];
    }

    internal sealed class Span
    {
        private int _matches;
        private TokenAmount _low;
        private TokenAmount _high;
        private UInt128 _sum;
        private long _used;
        private long _slots;

        public long Number { get; private set; } = -1;

        public bool HasAny => _matches > 0 || _slots > 0;

        public void Begin(long number) =>
            (Number, _matches, _low, _high, _sum, _used, _slots) = (number, 0, TokenAmount.Zero, TokenAmount.Zero, 0, 0, 0);

        public void Clear(TokenAmount price)
        {
            if (_matches == int.MaxValue || price.BaseUnits > UInt128.MaxValue - _sum)
            {
                return;
            }
            _low = _matches == 0 ? price : TokenAmount.Min(_low, price);
            _high = price > _high ? price : _high;
            _sum += price.BaseUnits;
            _matches++;
        }

        public void Sample(int used, int slots) => (_used, _slots) = (_used + used, _slots + slots);

        /// <summary>The mean is rounded down.</summary>
        public PriceSpan ToView(DateTimeOffset from) =>
            new(
                From: from,
                Matches: _matches,
                Low: _matches == 0 ? null : _low,
                Mean: _matches == 0 ? null : new TokenAmount(_sum / (UInt128)_matches),
                High: _matches == 0 ? null : _high,
                UsedPermille: _slots == 0 ? null : (int)Math.Min(1000, 1000 * _used / _slots)
            );
    }
}
