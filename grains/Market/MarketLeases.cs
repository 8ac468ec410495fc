using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The leases of one start of the market that are not over, by their numbers; of the last others, why they are over.</summary>
internal sealed class MarketLeases(long start)
{
    private readonly Dictionary<long, MarketJob> _jobs = [];
    private readonly OverLeases _over = new();
    private long _last;

    public int Count => _jobs.Count;

    public IReadOnlyDictionary<long, MarketJob> Jobs => _jobs;

    /// <summary>Gives the job a lease of the next number.</summary>
    public LeaseId Add(MarketJob job)
    {
        _jobs.Add(++_last, job);
        return new LeaseId(start, _last);
    }

    public void Remove(LeaseId lease) => _jobs.Remove(lease.Sequence);

    /// <summary>The job of a lease; null where the lease is not this worker's, not of this start, or over.</summary>
    public MarketJob? Find(LeaseId lease, WorkerId worker) =>
        lease.Start == start && _jobs.TryGetValue(lease.Sequence, out var leased) && leased.Offer?.Offer.Worker == worker ? leased : null;

    /// <summary>The run that a call is about; null where the lease is not this worker's, was reported, or is over.</summary>
    public LeasedRun? FindRun(LeaseCall call)
    {
        if (Find(call.Lease, call.Worker) is not { Phase: MarketPhase.Leased } leased)
        {
            return null;
        }
        leased.Term!.Know();
        return leased.Run;
    }

    /// <summary>Keeps what the worker of the job's lease hears that reports it when it is over.</summary>
    public void NoteOver(MarketJob job, string reason)
    {
        if (job.Lease is { } lease)
        {
            _over.Add(lease.Id.Sequence, job.Offer!.Offer.Worker, reason);
        }
    }

    /// <summary>Why nothing of a report counts; null where it counts, or did when it came before.</summary>
    public string? RefusalOf(LeaseReport report, WorkerId worker) =>
        Find(report.Lease, worker) is { } leased
            ? leased.Ticket.Job == report.Job
                ? null
                : $"the lease is for job {leased.Ticket.Job}"
            : RefusalOf(report.Lease, worker);

    /// <inheritdoc cref="RefusalOf(LeaseReport, WorkerId)"/>
    public string? RefusalOf(LeaseId lease, WorkerId worker)
    {
        if (lease.Start != start)
        {
            return $"the market has begun anew since its start {lease.Start} gave the lease: only what it had recorded counts";
        }
        return lease.Sequence <= 0 || lease.Sequence > _last || _jobs.ContainsKey(lease.Sequence)
            ? $"the market gave worker {worker} no such lease"
            : _over.ReasonOf(lease.Sequence, worker);
    }
}
