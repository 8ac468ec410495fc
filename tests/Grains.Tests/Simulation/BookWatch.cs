using System.Runtime.CompilerServices;
using Marketplace.GrainInterfaces;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// Looks into the memory of the shards: each book holds what it must at any time, a lease's fuel goes forward only and no faster than a
/// machine can, and a shard that starts leases nothing that another has had since before.
/// </summary>
internal sealed class BookWatch(MarketFacts facts, TimeProvider time) : IIncomingGrainCallFilter
{
    private readonly List<Shard> _shards = [];
    private readonly HashSet<string> _unheard = new(StringComparer.Ordinal);
    private readonly Dictionary<(WorkerId Worker, LeaseId Id), long> _fuel = [];

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is MarketGrain grain && !_shards.Exists(shard => shard.Grain == grain))
        {
            _shards.Add(new Shard(context.TargetId, grain, BookOf(grain), time.GetUtcNow()));
            facts.Trail.Note($"shard {context.TargetId} begins start {BookOf(grain).Start}");
        }
        return context.Invoke();
    }

    /// <summary>A shard that could not ask another does not know what that one has.</summary>
    public void Lost(IIncomingGrainCallContext call)
    {
        if (call.MethodName == nameof(IMarketShardGrain.FindHeld))
        {
            _unheard.Add(call.SourceId.ToString()!);
        }
    }

    public void Lose(Func<GrainId, bool> isLost)
    {
        foreach (var shard in _shards.Where(shard => isLost(shard.Id)))
        {
            facts.LoseStart(shard.Id.Key.ToString()!, shard.Book.Start, time.GetUtcNow());
            _unheard.Remove(shard.Id.ToString());
        }
        _shards.RemoveAll(shard => isLost(shard.Id));
    }

    public void Check()
    {
        _shards.RemoveAll(shard => HasSteppedDown(shard.Grain));
        var leased = new Dictionary<JobId, (Shard Shard, MarketJob Job)>();
        foreach (var shard in _shards)
        {
            foreach (var violation in shard.Book.Invariants.Violations())
            {
                facts.Trail.Violate($"shard {shard.Id}: {violation}");
            }
            foreach (var job in shard.Book.Leases.Jobs.Values)
            {
                CheckFuel(job);
                if (!leased.TryAdd(job.Ticket.Job, (shard, job)))
                {
                    CheckDouble(leased[job.Ticket.Job], (shard, job));
                    CheckDouble((shard, job), leased[job.Ticket.Job]);
                }
            }
        }
    }

    private void CheckFuel(MarketJob job)
    {
        var place = (job.Offer!.Offer.Worker, job.Lease!.Id);
        var last = _fuel.GetValueOrDefault(place);
        facts.Trail.Check(job.FuelSoFar >= last, $"lease {place.Id} of worker {place.Worker} had used {last} fuel and now {job.FuelSoFar}");
        _fuel[place] = job.FuelSoFar;
        // No machine does twenty thousand million a second.
        var most = (UInt128)(time.GetUtcNow() - job.LeasedAt).Ticks * 2_000;
        facts.Trail.Check(
            (UInt128)job.FuelSoFar <= most,
            $"lease {place.Id} of worker {place.Worker} has used {job.FuelSoFar} fuel so soon"
        );
    }

    private void CheckDouble((Shard Shard, MarketJob Job) home, (Shard Shard, MarketJob Job) visited)
    {
        if (home.Job.Home is not null)
        {
            return;
        }
        facts.Doubled(home.Job.Ticket.Job);
        facts.Trail.Check(
            visited.Job.LeasedAt >= home.Shard.BeganAt || _unheard.Contains(home.Shard.Id.ToString()),
            $"shard {home.Shard.Id} has leased job {home.Job.Ticket.Job}, which shard {visited.Shard.Id} has had since before it began"
        );
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_book")]
    private static extern ref MarketBook BookOf(MarketGrain grain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_steppedDown")]
    private static extern ref bool HasSteppedDown(MarketGrain grain);

    private sealed record Shard(GrainId Id, MarketGrain Grain, MarketBook Book, DateTimeOffset BeganAt);
}
