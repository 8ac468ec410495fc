using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>The last announcements, numbered; the oldest go when there are too many. Used within the turns of one activation.</summary>
internal sealed class ResultsBoard(string activation)
{
    /// <summary>Announcements that are kept: at some hundred reports a second, seconds of them.</summary>
    internal const int AnnouncementsMax = 1024;

    /// <summary>Output bytes that are kept with them.</summary>
    internal const int BytesMax = 16 << 20;

    /// <summary>Output bytes of one answer.</summary>
    internal const int PageBytesMax = 4 << 20;

    private readonly Queue<(JobsEnded Ended, int Bytes)> _kept = new();
    private TaskCompletionSource _more = New();
    private long _first;
    private int _bytes;

    private long Next => _first + _kept.Count;

    /// <summary>Completes with the next announcement.</summary>
    public Task More => _more.Task;

    public void Add(JobsEnded ended)
    {
        var bytes = ended.Jobs.Sum(job => job.Output.Inline.Length);
        _kept.Enqueue((ended, bytes));
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
    public ResultsPage? Read(ResultsPlace? place)
    {
        if (place is null)
        {
            return new ResultsPage(new ResultsPlace(activation, Next), Missed: false, []);
        }
        if (place.Activation != activation)
        {
            return new ResultsPage(new ResultsPlace(activation, Next), Missed: true, []);
        }
        if (place.Next == Next)
        {
            return null;
        }
        var from = Math.Max(place.Next, _first);
        var page = ImmutableArray.CreateBuilder<JobsEnded>();
        var bytes = 0;
        foreach (var (ended, size) in _kept.Skip((int)(from - _first)))
        {
            if (page.Count > 0 && bytes + size > PageBytesMax)
            {
                break;
            }
            page.Add(ended);
            bytes += size;
        }
        return new ResultsPage(new ResultsPlace(activation, from + page.Count), Missed: from > place.Next, page.ToImmutable());
    }

    public ResultsPage Empty(ResultsPlace place) => new(place, Missed: false, []);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
