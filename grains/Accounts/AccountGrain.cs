using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// One account. Decides on its memory, appends the event, answers when it is durable; calls that arrive during an append share the next
/// one, which is why the grain is reentrant: every decision is one piece of code without an await between reading the state and applying
/// the event. An answer without an append, which another activation's events could make wrong, is checked against the log first.
/// </summary>
[Reentrant]
public sealed partial class AccountGrain : Grain, IAccountGrain, IRemindable
{
    private readonly IEventLog _log;
    private readonly IDocumentStore _documents;
    private readonly TimeProvider _clock;
    private readonly ISecretSource _secrets;
    private readonly MarketIdentity _market;
    private readonly AccountTerms _terms;
    private readonly IJobWatch[] _watches;
    private readonly ILogger<AccountGrain> _logger;
    private readonly AccountId _id;
    private readonly EventedState<AccountState, AccountEvent> _journal;
    private readonly KeyHistory _history;
    private AccountState _account = new();
    private HoldQuestions _questions = null!;
    private IGrainTimer? _timer;
    private bool _reconciling;
    private readonly HashSet<AccountId> _delivering = [];

    public AccountGrain(
        IEventLog log,
        IDocumentStore documents,
        TimeProvider clock,
        ISecretSource secrets,
        MarketIdentity market,
        AccountTerms terms,
        IEnumerable<IJobWatch> watches,
        ILogger<AccountGrain> logger
    )
    {
        _watches = [.. watches];
        (_log, _documents, _clock, _secrets, _market, _terms, _logger) = (log, documents, clock, secrets, market, terms, logger);
        _id = AccountId.Parse(this.GetPrimaryKeyString());
        _history = new KeyHistory(this, _id, () => GrainFactory, logger);
        _journal = new EventedState<AccountState, AccountEvent>(
            StoredForms.Account,
            _id.ToString(),
            log,
            documents,
            new EventedEnds(DeactivateOnIdle, failure => LogAppendFailed(failure, _id), failure => LogSnapshotFailed(failure, _id))
        );
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _account = await _journal.Load(cancellationToken);
        _questions = new HoldQuestions(_id, GrainFactory, _clock);
        if (_account.Storage.Count > 0 && (await StoredForms.Quota.Load(_log, _documents, _id.ToString(), cancellationToken)).State.IsOwn)
        {
            // The quota's grain has it: the next snapshot is without.
            _account.Storage = new KeptBlobs();
        }

        foreach (var transfer in _account.Outgoings.Values.SelectMany(outgoing => outgoing.Pending))
        {
            transfer.Sent = true;
        }

        // The settlements of these holds may have been lost with the process: their jobs are asked at once, not when the holds are old.
        foreach (var hold in _account.Holds.Values)
        {
            hold.AskAt = _clock.GetUtcNow();
        }

        if (HasUnfinishedBusiness)
        {
            BeginReconciling(AccountPolicy.ReconcileAfterLoad);
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await _journal.FlushDeferred();
        }
        catch (Exception)
        {
            // The failure was logged. Deferred events may be lost: the next activation sends transfers again, and the payees ignore them.
        }
    }

    public async Task<AccountView> Get()
    {
        await RequireOpen();
        await _journal.Settled();
        return _account.ToView(_id);
    }

    public async Task<LifetimeTotals> GetTotals(Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Treasury);
        RequireSameMarket();
        // Before the wait, after which all of it is durable: what is decided meanwhile is not.
        var totals = _account.ToTotals();
        await RequireNewest();
        return totals;
    }

    public async Task<HoldResult> Hold(Caller caller, ImmutableArray<HoldItem> items)
    {
        Authorities.Require(caller, Scopes.Submit);
        await RequireOpen();
        if (items.Length > MarketLimits.BatchJobsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The batch has {items.Length} jobs; allowed are {MarketLimits.BatchJobsMax}."
            );
        }
        var key = await RequireKey(caller);
        var (result, held, renewed) = AccountRules.Hold(_account, key, items, _clock.GetUtcNow());
        var refusals = _account.Refusals;
        if (held is not null)
        {
            _ = Append(held);
        }
        if (renewed is not null)
        {
            _ = Append(renewed);
        }
        BeginReconciling();
        await (held is null && renewed is null ? RequireNewest() : _journal.Settled());
        return refusals.IsEmpty ? result : result with { Refusals = refusals };
    }

    public async Task Settle(ImmutableArray<JobSettlement> settlements, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market, Authority.Account, Authority.Job, Authority.Submission);
        RequireSound();
        if (AccountRules.Settle(_account, _id, settlements) is { } settled)
        {
            var heardAt = _clock.GetUtcNow();
            await Append(settled);
            settled.Tell(_watches, heardAt, _clock.GetUtcNow());
            foreach (var transfer in settled.Transfers)
            {
                _ = Deliver(transfer.Payee);
            }
            return;
        }
        await RequireNewest();
    }

    public async Task Receive(AccountId payer, long sequence, TokenAmount amount, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Account);
        RequireSound();
        var last = _account.Incoming.GetValueOrDefault(payer);
        if (sequence <= last)
        {
            await _journal.Settled();
            return;
        }

        if (sequence != last + 1)
        {
            await RequireNewest();
            throw new InvalidOperationException(
                $"This is a bug in account {payer}: it sends transfer {sequence} to {_id}, which has {last} of them."
            );
        }

        await Append(new Received(payer, sequence, amount));
    }

    private bool HasUnfinishedBusiness => _account.Holds.Count > 0 || _account.Outgoings.Values.Any(outgoing => !outgoing.IsEmpty);

    /// <exception cref="MarketException"><see cref="ErrorCode.AccountNotFound"/>.</exception>
    private async ValueTask RequireOpen()
    {
        RequireSound();
        if (_account.IsOpen)
        {
            return;
        }
        DeactivateOnIdle();
        await RequireNewest();
        throw new MarketException(
            ErrorCode.AccountNotFound,
            $"There is no account {_id}; an account begins with its first key, credit or payment."
        );
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.Unauthenticated"/>.</exception>
    private async ValueTask<AccountKey> RequireKey(Caller caller)
    {
        if (caller.Account == _id && _account.Keys.TryGetValue(caller.KeyId, out var key) && key.RevokedAt is null)
        {
            return key;
        }
        await RequireNewest();
        throw new MarketException(ErrorCode.Unauthenticated, $"Key '{caller.KeyId}' is not a valid key of account {_id}.");
    }

    /// <inheritdoc cref="EventedState{TState,TEvent}.RequireSound"/>
    private void RequireSound() => _journal.RequireSound();

    /// <inheritdoc cref="AccountRefusals.RequireSameMarket"/>
    private void RequireSameMarket() => AccountRefusals.RequireSameMarket(_terms, _id, _journal.FoundVersion > 0, _account.EarnsOnChain);

    /// <inheritdoc cref="EventedState{TState,TEvent}.RequireNewest"/>
    private Task RequireNewest() => _journal.RequireNewest();

    /// <summary>Refuses by what was seen, unless another activation has seen more. Where nothing is refused, it does not wait.</summary>
    private async ValueTask RefuseIf(MarketException? refusal)
    {
        if (refusal is not null)
        {
            await RequireNewest();
            throw refusal;
        }
    }

    /// <inheritdoc cref="EventedState{TState,TEvent}.Append"/>
    private Task Append(AccountEvent happened)
    {
        RequireSameMarket();
        if (_terms.SettlesOnChain && !_account.EarnsOnChain)
        {
            // With the account's first event, in one append.
            _journal.Defer(new EarningsGoToChain());
        }
        return _journal.Append(happened);
    }
}
