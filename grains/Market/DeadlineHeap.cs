namespace Marketplace.Grains;

/// <summary>
/// Open jobs by their next deadline, in the ticks of one clock. A binary heap in which each job knows its place, so that a deadline that is
/// moved or met leaves nothing behind: most deadlines are hours away when their job ends. A job is in one heap at most.
/// </summary>
internal sealed class DeadlineHeap
{
    private readonly List<MarketJob> _jobs = [];

    public long? Next => _jobs.Count == 0 ? null : _jobs[0].Deadline;

    public void Set(MarketJob job, long deadline)
    {
        if (job.Heap != this)
        {
            Leave(job);
        }
        job.Deadline = deadline;
        if (job.Heap is null)
        {
            job.Heap = this;
            job.HeapIndex = _jobs.Count;
            _jobs.Add(job);
        }

        Sift(job);
    }

    /// <summary>The job has no deadline any more, in the heap that it is in.</summary>
    public static void Leave(MarketJob job) => job.Heap?.Remove(job);

    private void Remove(MarketJob job)
    {
        var index = job.HeapIndex;
        var last = _jobs[^1];
        _jobs.RemoveAt(_jobs.Count - 1);
        job.Heap = null;
        if (last == job)
        {
            return;
        }
        Put(last, index);
        Sift(last);
    }

    /// <summary>Takes out the first job whose deadline has come.</summary>
    public MarketJob? TakeDue(long now)
    {
        if (_jobs.Count == 0 || _jobs[0].Deadline > now)
        {
            return null;
        }
        var due = _jobs[0];
        Remove(due);
        return due;
    }

    private void Sift(MarketJob job)
    {
        var index = job.HeapIndex;
        while (index > 0 && Before(job, _jobs[(index - 1) / 2]))
        {
            Put(_jobs[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _jobs.Count)
            {
                break;
            }
            if (child + 1 < _jobs.Count && Before(_jobs[child + 1], _jobs[child]))
            {
                child++;
            }
            if (!Before(_jobs[child], job))
            {
                break;
            }
            Put(_jobs[child], index);
            index = child;
        }

        Put(job, index);
    }

    private void Put(MarketJob job, int index)
    {
        _jobs[index] = job;
        job.HeapIndex = index;
    }

    private static bool Before(MarketJob left, MarketJob right) =>
        left.Deadline != right.Deadline ? left.Deadline < right.Deadline : left.Ticket.Job.CompareTo(right.Ticket.Job) < 0;
}
