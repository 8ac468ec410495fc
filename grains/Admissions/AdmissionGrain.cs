using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Requests and decisions on admissions. They are two states, so that what strangers cause to be written does not grow with what the
/// operator has decided. The decision is what holds: a request beside it is left over from a crash, and not shown.
/// </summary>
internal sealed class AdmissionGrain : Grain, IAdmissionGrain
{
    private readonly StoredState<AdmissionDecisions> _decisions;
    private readonly StoredState<AdmissionRequests> _requests;
    private readonly TimeProvider _clock;

    public AdmissionGrain(
        [PersistentState(AdmissionDecisions.Kind, StateStorage.Plain)] IPersistentState<AdmissionDecisions> decisions,
        [PersistentState(AdmissionRequests.Kind, StateStorage.Plain)] IPersistentState<AdmissionRequests> requests,
        TimeProvider clock
    )
    {
        _decisions = new StoredState<AdmissionDecisions>(decisions);
        _requests = new StoredState<AdmissionRequests>(requests);
        _clock = clock;
    }

    private AdmissionDecisions Decisions => _decisions.Value ?? AdmissionDecisions.None;

    private AdmissionRequests Requests => _requests.Value ?? AdmissionRequests.None;

    public async Task<AdmissionDecision?> FindDecision(WorkerId worker)
    {
        await _decisions.Load();
        return Decisions.Find(worker)?.Last;
    }

    public async Task Ask(AdmissionRequest request, Authority by)
    {
        Authorities.Require(by, Authority.Gateway);
        await _decisions.Load();
        await _requests.Load();
        if (Decisions.Find(request.Offer.Worker) is null && AdmissionRules.With(Requests, request, _clock.GetUtcNow()) is { } asked)
        {
            await _requests.Write(asked);
        }
    }

    public async Task<ImmutableArray<AdmissionView>> List(Caller caller, AdmissionState state)
    {
        Authorities.Require(caller, Scopes.Admin);
        await _decisions.Refresh();
        await _requests.Refresh();
        if (state == AdmissionState.Waiting)
        {
            var decided = Decisions.Workers.Select(known => known.Worker).ToHashSet();
            var waiting = Requests.Waiting.Where(facts => !decided.Contains(facts.Worker));
            return [.. waiting.Select(facts => new AdmissionView(facts.Worker, facts, Decision: null))];
        }
        var wanted = Decisions.Workers.Where(known => known.Last.Order.Admitted == (state == AdmissionState.Admitted));
        return [.. wanted.Reverse().Select(known => new AdmissionView(known.Worker, Facts: null, known.Last))];
    }

    public async Task<AdmissionView> Decide(Caller caller, WorkerId worker, AdmissionOrder order)
    {
        Authorities.Require(caller, Scopes.Admin);
        AdmissionRules.RequireForm(order);
        await _decisions.Refresh();
        await _requests.Refresh();
        var known = Decisions.Find(worker)?.Decisions.FirstOrDefault(decision => decision.Order.RequestId == order.RequestId);
        if (known is not null)
        {
            AdmissionRules.RequireSame(known, order);
        }
        else
        {
            AdmissionRules.RequireRoom(Decisions, worker);
            await _decisions.Write(Decisions.With(worker, new AdmissionDecision(order, _clock.GetUtcNow(), caller.Account)));
        }
        if (Requests.Find(worker) is not null)
        {
            await _requests.Write(Requests.Without(worker));
        }
        return new AdmissionView(worker, Facts: null, Decisions.Find(worker)!.Last);
    }

    public async Task<RefusedWorkers?> FindRefused(long known)
    {
        await _decisions.Load();
        var refused = Decisions.Workers.Where(decided => !decided.Last.Order.Admitted).Select(decided => decided.Worker);
        return Decisions.Revision == known ? null : new RefusedWorkers(Decisions.Revision, [.. refused]);
    }
}
