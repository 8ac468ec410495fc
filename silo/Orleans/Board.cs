using System.Collections.Immutable;

namespace Marketplace.Silo;

/// <summary>The last announcements of a stream, numbered; the oldest go when there are too many. Used within the turns of one
/// activation.</summary>
/// <param name="activation">Whose it is: another one knows nothing of what this was told.</param>
internal abstract class Board<TItem, TPage>(string activation)
    where TPage : class
{
    /// <summary>Announcements that are kept: at some hundred reports a second, seconds of them.</summary>
    internal const int AnnouncementsMax = 1024;

    /// <summary>Bytes that are kept with them.</summary>
    internal const int BytesMax = 16 << 20;

    /// <summary>Bytes of one answer.</summary>
    internal const int PageBytesMax = 4 << 20;

    private readonly Queue<(TItem Item, int Bytes)> _kept = new();
    private TaskCompletionSource _more = New();
    private long _first;
    private int _bytes;

    private long Next => _first + _kept.Count;

    /// <summary>Completes with the next announcement.</summary>
    public Task More => _more.Task;

    public void Add(TItem item)
    {
        var bytes = SizeOf(item);
        _kept.Enqueue((item, bytes));
        _bytes += bytes;
        while (_kept.Count > AnnouncementsMax || (_bytes > BytesMax && _kept.Count > 1))
        {
            _bytes -= _kept.Dequeue().Bytes;
            _first++;
        }
        _more.SetResult();
        _more = New();
    }

    /// <returns>Null where there is nothing new.</returns>
    public TPage? Read(ResultsPlace? place)
    {
        if (place is null)
        {
            return PageOf(new ResultsPlace(activation, Next), missed: false, []);
        }
        if (place.Activation != activation)
        {
            return PageOf(new ResultsPlace(activation, Next), missed: true, []);
        }
        if (place.Next == Next)
        {
            return null;
        }
        var from = Math.Max(place.Next, _first);
        var page = ImmutableArray.CreateBuilder<TItem>();
        var bytes = 0;
        foreach (var (item, size) in _kept.Skip((int)(from - _first)))
        {
            if (page.Count > 0 && bytes + size > PageBytesMax)
            {
                break;
            }
            page.Add(item);
            bytes += size;
        }
        return PageOf(new ResultsPlace(activation, from + page.Count), missed: from > place.Next, page.ToImmutable());
    }

    public TPage Empty(ResultsPlace place) => PageOf(place, missed: false, []);

    protected abstract int SizeOf(TItem item);

    protected abstract TPage PageOf(ResultsPlace place, bool missed, ImmutableArray<TItem> items);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
