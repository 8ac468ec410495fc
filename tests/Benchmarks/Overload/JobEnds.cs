using System.Collections.Concurrent;
using System.Diagnostics;

namespace Marketplace.Benchmarks.Overload;

/// <summary>When the market had taken the result of each job, as its worker learned. Thread-safe.</summary>
internal sealed class JobEnds
{
    private readonly ConcurrentDictionary<JobId, long> _ends = new();
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Note(JobId job)
    {
        // A job that ran twice, because a lease was lost, ended with its last result.
        if (_ends.TryAdd(job, Stopwatch.GetTimestamp()))
        {
            Interlocked.Increment(ref _count);
        }
    }

    public long? Of(JobId job) => _ends.TryGetValue(job, out var at) ? at : null;
}
