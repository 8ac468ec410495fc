using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Why the last leases that ended without a result of effect are over: what a worker hears whose report comes too late. In memory; of a
/// lease that ended long ago nothing is said.
/// </summary>
internal sealed class OverLeases
{
    private readonly Dictionary<long, (WorkerId Worker, string Reason)> _reasons = [];
    private readonly Queue<long> _order = new();

    public void Add(long lease, WorkerId worker, string reason)
    {
        if (reason.Length > MarketLimits.RefusalCharsMax)
        {
            reason = reason[..MarketLimits.RefusalCharsMax];
        }
        if (!_reasons.TryAdd(lease, (worker, reason)))
        {
            return;
        }
        _order.Enqueue(lease);
        if (_order.Count > MarketPolicy.OverLeasesMax)
        {
            _reasons.Remove(_order.Dequeue());
        }
    }

    /// <returns>Null where nothing is known of the lease, or it was another worker's.</returns>
    public string? ReasonOf(long lease, WorkerId worker) =>
        _reasons.TryGetValue(lease, out var over) && over.Worker == worker ? over.Reason : null;
}
