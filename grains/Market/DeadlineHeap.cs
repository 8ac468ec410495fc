namespace Marketplace.Grains;

/// <summary>
/// The open jobs by their next deadline. A binary heap in which each job knows its place, so that a deadline that is moved or met leaves nothing
/// behind: most deadlines are hours away when their job ends.
/// </summary>
internal sealed class DeadlineHeap
{
    private readonly List<MarketJob> _jobs = [];

    public DateTimeOffset? Next => _jobs.Count == 0 ? null : _jobs[0].Deadline;

    public void Set(MarketJob job, DateTimeOffset deadline)
    {
        job.Deadline = deadline;
        if (job.HeapIndex < 0)
        {
            job.HeapIndex = _jobs.Count;
            _jobs.Add(job);
        }

        Sift(job);
    }

    public void Remove(MarketJob job)
    {
        if (job.HeapIndex < 0)
            return;
        var index = job.HeapIndex;
        var last = _jobs[^1];
        _jobs.RemoveAt(_jobs.Count - 1);
        job.HeapIndex = -1;
        if (last == job)
            return;
        Put(last, index);
        Sift(last);
    }

    /// <summary>Takes out the first job whose deadline has come.</summary>
    public MarketJob? TakeDue(DateTimeOffset now)
    {
        if (_jobs.Count == 0 || _jobs[0].Deadline > now)
            return null;
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
                break;
            if (child + 1 < _jobs.Count && Before(_jobs[child + 1], _jobs[child]))
                child++;
            if (!Before(_jobs[child], job))
                break;
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
