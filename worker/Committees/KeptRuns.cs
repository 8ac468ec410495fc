using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>What a member of committees ran, and for how much per million fuel.</summary>
internal sealed record KeptRun(LeaseId Lease, Execution Execution, TokenAmount UnitPrice)
{
    public JobId Job => Execution.Invocation.Job;

    /// <summary>The epoch in which it was voted on; null: it was not yet.</summary>
    public ulong? Epoch { get; set; }
}

/// <summary>
/// What a member of committees ran, for the votes on the receipts. A run that was voted on is kept as well: its window may be lost, and
/// the receipt be asked for again. Of too many those go first that were voted on, the oldest of them before the others. Not thread-safe.
/// </summary>
internal sealed class KeptRuns
{
    private readonly LinkedList<KeptRun> _unvoted = new();
    private readonly LinkedList<KeptRun> _voted = new();
    private readonly Dictionary<JobId, LinkedListNode<KeptRun>> _ofJobs = [];
    private readonly Dictionary<LeaseId, LinkedListNode<KeptRun>> _ofLeases = [];

    public int Count => _ofLeases.Count;

    /// <summary>A later run of the same job takes the place of the one before.</summary>
    public void Add(KeptRun run)
    {
        if (_ofJobs.TryGetValue(run.Job, out var before))
        {
            Remove(before);
        }
        Drop(run.Lease);
        if (Count == WorkerPolicy.VotedRunsMax)
        {
            Remove(_voted.First ?? _unvoted.First!);
        }
        _ofJobs[run.Job] = _ofLeases[run.Lease] = _unvoted.AddLast(run);
    }

    public KeptRun? Find(JobId job) => _ofJobs.GetValueOrDefault(job)?.Value;

    public void NoteVote(JobId job, ulong epoch)
    {
        if (!_ofJobs.TryGetValue(job, out var run))
        {
            return;
        }
        run.Value.Epoch = epoch;
        if (run.List == _unvoted)
        {
            _unvoted.Remove(run);
            _voted.AddLast(run);
        }
    }

    public void Drop(LeaseId lease)
    {
        if (_ofLeases.TryGetValue(lease, out var run))
        {
            Remove(run);
        }
    }

    public void Clear()
    {
        _unvoted.Clear();
        _voted.Clear();
        _ofJobs.Clear();
        _ofLeases.Clear();
    }

    private void Remove(LinkedListNode<KeptRun> run)
    {
        run.List!.Remove(run);
        _ofJobs.Remove(run.Value.Job);
        _ofLeases.Remove(run.Value.Lease);
    }
}
