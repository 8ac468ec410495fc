using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a worker has to do, for people to look at.</summary>
internal static class OfferLeases
{
    /// <returns>The leases of the worker that are not over, those that it has longest first.</returns>
    public static ImmutableArray<LeaseView> Of(IReadOnlyDictionary<WorkerId, MarketOffer> offers, WorkerId worker) =>
        [
            .. (offers.GetValueOrDefault(worker)?.Jobs ?? [])
                .Where(job => job is { Lease: not null, Phase: MarketPhase.Leased or MarketPhase.Sealed })
                .OrderBy(job => job.LeasedAt)
                .ThenBy(job => job.Lease!.Id.Sequence)
                .Take(MarketLimits.ListedLeasesMax)
                .Select(job => new LeaseView(job.Lease!.Id, job.Ticket.Job, job.LeasedAt, job.Lease.Deadline, job.MayHaveBegun)),
        ];
}
