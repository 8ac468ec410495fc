using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// One account. Decides on its memory, appends the event, answers when it is durable; calls that arrive during an append share the next
/// one, which is why the grain is reentrant: every decision is one piece of code without an await between reading the state and applying
/// the event. After a failed append the memory is ahead of the log: the activation refuses everything and goes. An answer that no append
/// backs, and that another activation's events could make wrong, is checked against the log first.
/// </summary>
[Reentrant]
public sealed partial class AccountGrain : Grain, IAccountGrain, IRemindable
{
    private readonly IEventLog _log;
    private readonly TimeProvider _clock;
    private readonly ISecretSource _secrets;
    private readonly ILogger<AccountGrain> _logger;
    private readonly AccountId _id;
    private readonly string _stream;
    private readonly AccountSnapshots _snapshots;
    private AccountState _account = new();
    private EventJournal _journal = null!;
    private IGrainTimer? _timer;
    private long _foundVersion;
    private int _eventBytes;
    private bool _snapshotting;
    private bool _reconciling;
    private readonly HashSet<AccountId> _delivering = [];

    public AccountGrain(IEventLog log, IDocumentStore documents, TimeProvider clock, ISecretSource secrets, ILogger<AccountGrain> logger)
    {
        (_log, _clock, _secrets, _logger) = (log, clock, secrets, logger);
        _id = AccountId.Parse(this.GetPrimaryKeyString());
        _stream = $"account/{_id}";
        _snapshots = new AccountSnapshots(documents, _id.ToString());
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_account, var version) = await _snapshots.Load();
        await _log.Replay(
            _stream,
            version + 1,
            entry =>
            {
                _account.Apply(AccountEventCodec.Read(entry.Content.Span));
                _eventBytes += entry.Content.Length;
                version = entry.Version;
            },
            cancellationToken
        );

        foreach (var outgoing in _account.Outgoings.Values)
        {
            foreach (var transfer in outgoing.Pending)
            {
                transfer.Sent = true;
            }
        }

        // Whoever settled these before may have gone down with the process: their jobs are asked at once, not when the holds are old.
        foreach (var hold in _account.Holds.Values)
        {
            hold.AskAt = _clock.GetUtcNow();
        }

        _foundVersion = version;
        _journal = new EventJournal(_log, _stream, version);
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
        catch (Exception failure)
        {
            // What was deferred may be lost: the next activation sends its transfers again, and the payees ignore them.
            LogAppendFailed(failure, _id);
        }
    }

    public async Task<AccountView> Get()
    {
        await RequireOpen();
        await _journal.Settled();
        return _account.ToView(_id);
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
        return result;
    }

    public async Task Settle(ImmutableArray<JobSettlement> settlements, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market, Authority.Account, Authority.Job, Authority.Submission);
        RequireSound();
        if (AccountRules.Settle(_account, _id, settlements) is { } settled)
        {
            await Append(settled);
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
        throw new MarketException(ErrorCode.AccountNotFound, $"There is no account {_id}; an account begins with its first credit.");
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

    private void RequireSound()
    {
        if (_journal.Failure is null)
        {
            return;
        }
        DeactivateOnIdle();
        throw new MarketException(
            ErrorCode.Unavailable,
            "The account is being read again after a failed write; this call changed nothing. Send it again."
        );
    }

    /// <inheritdoc cref="EventJournal.RequireNewest"/>
    private Task RequireNewest() => EndIfFailed(_journal.RequireNewest());

    /// <summary>Applies and appends; completes when the event is durable.</summary>
    private Task Append(AccountEvent happened)
    {
        _account.Apply(happened);
        var bytes = AccountEventCodec.Write(happened);
        _eventBytes += bytes.Length;
        return AwaitDurable(_journal.Append(bytes));
    }

    /// <summary>Applies an event whose loss in a crash changes nothing; it is stored with the next one.</summary>
    private void Defer(AccountEvent happened)
    {
        _account.Apply(happened);
        _journal.Defer(AccountEventCodec.Write(happened));
    }

    private async Task AwaitDurable(Task durable)
    {
        await EndIfFailed(durable);
        if (_eventBytes >= Math.Max(AccountPolicy.SnapshotEventBytesMin, _snapshots.Size) && !_snapshotting)
        {
            _ = SaveSnapshot();
        }
    }

    /// <summary>
    /// The activation ends here and not only where a call fails: what was appended in the background has no caller whose failure would end
    /// it.
    /// </summary>
    private async Task EndIfFailed(Task durable)
    {
        try
        {
            await durable;
        }
        catch (Exception failure)
        {
            // A look into the log that failed says nothing about what is in memory.
            if (_journal.Failure is not null)
            {
                LogAppendFailed(failure, _id);
                DeactivateOnIdle();
            }

            throw;
        }
    }

    /// <summary>Not awaited by any call: without it the next activation reads more events, nothing else.</summary>
    private async Task SaveSnapshot()
    {
        _snapshotting = true;
        try
        {
            // The bytes hold events that are on their way: they are durable before the snapshot is written, else it is not.
            var bytes = AccountSnapshotCodec.Write(_account);
            var durable = _journal.Settled();
            _eventBytes = 0;
            var version = _journal.VersionWhenSettled;
            await durable;
            await _snapshots.Save(bytes, version);
        }
        catch (Exception failure)
        {
            LogSnapshotFailed(failure, _id);
        }
        finally
        {
            _snapshotting = false;
        }
    }
}
