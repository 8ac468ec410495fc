using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The open jobs of one account's group: no two of them run at the same time on one worker, or on workers of one owner. Who runs one has
/// the seat of it, from the match until the run is over.
/// </summary>
internal sealed class JobGroup(JobGroupTerms terms)
{
    private readonly HashSet<Bytes32> _taken = [];

    /// <summary>In the order in which they came.</summary>
    public LinkedList<MarketJob> Jobs { get; } = [];

    public GroupSpread Spread => terms.Spread;

    public string Name => terms.Name;

    /// <summary>Whether the offer's worker, or its owner, runs a job of the group.</summary>
    public bool IsTakenBy(WorkerOffer offer) => _taken.Contains(SeatOf(offer));

    public void Take(MarketJob job, WorkerOffer offer)
    {
        job.Seat = SeatOf(offer);
        _taken.Add(job.Seat.Value);
    }

    /// <returns>Whether the job had a seat.</returns>
    public bool Free(MarketJob job)
    {
        if (job.Seat is not { } seat)
        {
            return false;
        }
        job.Seat = null;
        return _taken.Remove(seat);
    }

    private Bytes32 SeatOf(WorkerOffer offer) => terms.Spread == GroupSpread.Owner ? offer.PayTo.Value : offer.Worker.Value;
}
