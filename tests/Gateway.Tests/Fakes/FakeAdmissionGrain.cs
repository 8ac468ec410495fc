using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Notes who asks, and keeps what is decided.</summary>
internal sealed class FakeAdmissionGrain : IAdmissionGrain
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkerId, GrainInterfaces.AdmissionDecision> _decisions = [];
    private long _revision;

    public static DateTimeOffset At { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public List<GrainInterfaces.AdmissionRequest> Requests { get; } = [];

    /// <summary>What stands in the way of requests and questions; null: nothing.</summary>
    public Func<Exception>? Fault { get; set; }

    public void Decide(WorkerId worker, bool isAdmitted, string reason = "so")
    {
        lock (_lock)
        {
            _revision++;
            _decisions[worker] = new(new AdmissionOrder($"{_revision}", isAdmitted, reason), At, GatewayFixture.Alice);
        }
    }

    public Task<GrainInterfaces.AdmissionDecision?> FindDecision(WorkerId worker)
    {
        Throw();
        lock (_lock)
        {
            return Task.FromResult(_decisions.GetValueOrDefault(worker));
        }
    }

    public Task Ask(GrainInterfaces.AdmissionRequest request, Authority by)
    {
        Assert.Equal(Authority.Gateway, by);
        Throw();
        lock (_lock)
        {
            Requests.Add(request);
        }
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<AdmissionView>> List(Caller caller, GrainInterfaces.AdmissionState state)
    {
        lock (_lock)
        {
            return Task.FromResult<ImmutableArray<AdmissionView>>(
                state == GrainInterfaces.AdmissionState.Waiting
                    ? [.. Requests.Select(request => new AdmissionView(request.Offer.Worker, FactsOf(request), null))]
                    :
                    [
                        .. _decisions
                            .Where(pair => pair.Value.Order.Admitted == (state == GrainInterfaces.AdmissionState.Admitted))
                            .Select(pair => new AdmissionView(pair.Key, null, pair.Value)),
                    ]
            );
        }
    }

    public Task<AdmissionView> Decide(Caller caller, WorkerId worker, AdmissionOrder order)
    {
        lock (_lock)
        {
            _revision++;
            _decisions[worker] = new(order, At, caller.Account);
            return Task.FromResult(new AdmissionView(worker, null, _decisions[worker]));
        }
    }

    public Task<RefusedWorkers?> FindRefused(long known)
    {
        lock (_lock)
        {
            var refused = _decisions.Where(pair => !pair.Value.Order.Admitted).Select(pair => pair.Key);
            return Task.FromResult(known == _revision ? null : new RefusedWorkers(_revision, [.. refused]));
        }
    }

    private static AdmissionFacts FactsOf(GrainInterfaces.AdmissionRequest request) =>
        new(
            Worker: request.Offer.Worker,
            PayTo: request.Offer.PayTo,
            PricePerMillionFuel: request.Offer.PricePerMillionFuel,
            Slots: request.Offer.Slots,
            MemoryPagesMax: request.Offer.MemoryPagesMax,
            Region: "eu",
            HasCommitteeKey: true,
            Address: request.Address,
            FirstAt: At,
            LastAt: At,
            Times: 1
        );

    private void Throw()
    {
        if (Fault is { } fault)
        {
            throw fault();
        }
    }
}
