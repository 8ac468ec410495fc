using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// One worker's or buyer's reputation. A batch of outcomes and the number of the batch are one write, so a repeated batch counts once.
/// </summary>
internal sealed partial class ReputationGrain : Grain, IReputationGrain, IRemindable
{
    private readonly StoredState<ReputationState> _reputation;
    private readonly TimeProvider _clock;
    private readonly MarketShards _shards;
    private readonly StakeTerms _terms;
    private readonly ILogger<ReputationGrain> _logger;
    private readonly AccountId _account;
    private readonly StoredDocument<StandingHistory>? _history;

    public ReputationGrain(
        [PersistentState(ReputationState.Kind, StateStorage.Plain)] IPersistentState<ReputationState> reputation,
        IDocumentStore documents,
        MarketShards shards,
        StakeTerms terms,
        TimeProvider clock,
        ILogger<ReputationGrain> logger
    )
    {
        (_shards, _terms, _logger) = (shards, terms, logger);
        _reputation = new StoredState<ReputationState>(reputation);
        _clock = clock;
        _account = ReputationKeys.AccountOf(this.GetPrimaryKeyString());
        _history = ReputationKeys.WorkerOf(this.GetPrimaryKeyString()) is { } worker
            ? new StoredDocument<StandingHistory>(documents, StandingHistory.KeyOf(worker), StandingHistory.Form)
            : null;
    }

    private ReputationState State => _reputation.Value ?? ReputationState.Unknown;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _reputation.Load();
        if (StakeRules.NextEnd(State) is { } next)
        {
            // Another activation that knew of no stake may have removed it. The caller does not wait for it.
            _ = TryRemindAt(next);
        }
    }

    public async Task<ReputationView> Get(Caller? caller)
    {
        await _reputation.Load();
        if (_reputation.Value is null)
        {
            // A stranger's question leaves no activation behind.
            DeactivateOnIdle();
        }
        return Shown(View() with { History = caller is null ? [] : await FindHistory() }, caller);
    }

    public async Task<Standing> Record(OutcomeBatch batch, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        await _reputation.Load();
        var before = View().Standing.Level;
        var isKnown = ReputationRules.IsKnown(State, batch);
        if (!isKnown)
        {
            await _reputation.Write(ReputationRules.Record(State, batch, _clock.GetUtcNow()));
        }
        var standing = View().Standing;
        var isForeign = ReputationKeys.WorkerOf(this.GetPrimaryKeyString()) is { } worker && _shards.KeyOf(worker) != batch.Market;
        if (isForeign && (isKnown || standing.Level != before))
        {
            // The worker had a seat of another shard. Its own decides who has it on loan.
            await Told();
        }
        await Sample(standing);
        return standing;
    }

    public async Task<ReputationView> SetMaintenance(Caller caller, bool isOn)
    {
        RequireOwner(caller);
        await _reputation.Refresh();
        if (State.InMaintenance != isOn)
        {
            await _reputation.Write(State with { InMaintenance = isOn });
        }
        return await Told();
    }

    public async Task<ReputationView> Appeal(Caller caller, AppealRequest request)
    {
        RequireOwner(caller);
        ReputationRefusals.RequireForm(request);
        await _reputation.Refresh();
        if (State.Appeals.FirstOrDefault(appeal => appeal.RequestId == request.RequestId) is { } known)
        {
            ReputationRefusals.RequireSame(known, request);
            return View();
        }
        ReputationRefusals.RequireRoom(State);
        ReputationRefusals.RequireFaults(State, request);
        await _reputation.Write(ReputationRules.WithAppeal(State, request, _clock.GetUtcNow()));
        return View();
    }

    public async Task<ReputationView> Decide(Caller caller, AppealDecision decision)
    {
        Authorities.Require(caller, Scopes.Admin);
        ReputationRefusals.RequireWords(decision.Words);
        await _reputation.Refresh();
        var appeal =
            State.Appeals.FirstOrDefault(appeal => appeal.RequestId == decision.RequestId)
            ?? throw ReputationRefusals.NoAppeal(decision.RequestId);
        if (appeal.Decision is { } earlier)
        {
            return earlier == decision ? await Told() : throw ReputationRefusals.Decided(appeal);
        }
        await _reputation.Write(ReputationRules.WithDecision(State, appeal, decision, _clock.GetUtcNow()));
        return await Told();
    }

    /// <summary>The market hears of it. If it does not, the caller does, and repeats the call.</summary>
    private async Task<ReputationView> Told()
    {
        var view = View();
        if (ReputationKeys.WorkerOf(this.GetPrimaryKeyString()) is { } worker)
        {
            await LostWrites.Resend(() => _shards.Of(GrainFactory, worker).SetStanding(worker, view.Standing, Authority.Reputation));
            await Sample(view.Standing);
        }
        return view with { History = await FindHistory() };
    }

    private ReputationView View() => ReputationRules.ToView(ReputationRules.At(State, _clock.GetUtcNow()));

    /// <summary>Faults and appeals name jobs of others, and stakes what others own.</summary>
    private ReputationView Shown(ReputationView view, Caller? caller) =>
        caller is not null && (caller.Account == _account || (caller.Scopes & Scopes.Admin) != Scopes.None)
            ? view
            : view with
            {
                Faults = [],
                Appeals = [],
                Stakes = [.. view.Stakes.Where(stake => stake.Account == caller?.Account)],
            };

    /// <summary>The owner of the key pair, or the operator.</summary>
    private void RequireOwner(Caller caller)
    {
        if ((caller.Scopes & Scopes.Admin) == Scopes.None)
        {
            Authorities.Require(caller, _account, Scopes.Submit);
        }
    }
}
