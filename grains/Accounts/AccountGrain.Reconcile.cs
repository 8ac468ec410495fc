using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The account's unfinished business: transfers that have not arrived, and holds whose jobs should have ended. Both are durable to-dos; a
/// reminder wakes the account for them after a restart, a timer while it is in memory.
/// </summary>
public sealed partial class AccountGrain
{
    public Task ReceiveReminder(string reminderName, TickStatus status) =>
        reminderName == LedgerGrainPolicy.TellReminder ? _history.TellAgain(RequireNewest, () => _account.KeyViews()) : Reconcile();

    private void BeginReconciling() => BeginReconciling(AccountPolicy.ReconcilePeriod);

    private void BeginReconciling(TimeSpan firstIn)
    {
        if (_timer is not null)
        {
            return;
        }
        _timer = this.RegisterGrainTimer(
            Reconcile,
            new GrainTimerCreationOptions(firstIn, AccountPolicy.ReconcilePeriod) { Interleave = true, KeepAlive = true }
        );
        _ = Remind();
    }

    /// <summary>
    /// The hold does not wait for this: a process that lives on has the timer, and one that dies before the append leaves nothing to do.
    /// </summary>
    private async Task Remind()
    {
        try
        {
            await this.RegisterOrUpdateReminder(
                AccountPolicy.ReconcileReminder,
                AccountPolicy.ReconcilePeriod,
                AccountPolicy.ReconcilePeriod
            );
        }
        catch (Exception failure)
        {
            LogReminderFailed(failure, _id);
        }
    }

    private async Task Reconcile()
    {
        if (_reconciling || _journal.Failure is not null)
        {
            return;
        }
        _reconciling = true;
        try
        {
            foreach (var (payee, outgoing) in _account.Outgoings.ToArray())
            {
                if (!outgoing.IsEmpty)
                {
                    await Deliver(payee);
                }
            }

            while (await AskDueHolds()) { }
            if (!HasUnfinishedBusiness)
            {
                await Rest();
            }
            // Another activation without unfinished business may have removed it.
            else if (await this.GetReminder(AccountPolicy.ReconcileReminder) is null)
            {
                await Remind();
            }
        }
        catch (Exception failure)
        {
            // The next round is in a minute.
            LogReconcileFailed(failure, _id);
        }
        finally
        {
            _reconciling = false;
        }
    }

    private async Task Rest()
    {
        await _journal.FlushDeferred();
        // The reminder belongs to the account, not to this activation: an activation without the newest holds must not remove it.
        await RequireNewest();
        if (HasUnfinishedBusiness)
        {
            return;
        }
        _timer?.Dispose();
        _timer = null;
        if (await this.GetReminder(AccountPolicy.ReconcileReminder) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
        // A hold may have come while the reminder went.
        if (HasUnfinishedBusiness)
        {
            BeginReconciling();
        }
    }

    /// <summary>Sends what is under way to a payee, in order, until nothing is left. One delivery per payee runs at a time.</summary>
    private async Task Deliver(AccountId payee)
    {
        if (!_delivering.Add(payee))
        {
            return;
        }
        try
        {
            var outgoing = _account.Outgoings[payee];
            while (!outgoing.IsEmpty && _journal.Failure is null)
            {
                var transfer = outgoing.First;
                // From here the transfer's amount is fixed, and it must be durable here before it is sent.
                transfer.Sent = true;
                await _journal.Settled();
                if (_journal.Version == _journal.FoundVersion)
                {
                    await Append(new Resumed());
                }
                await LostWrites.Resend(() =>
                    GrainFactory
                        .GetGrain<IAccountGrain>(payee.ToString())
                        .Receive(_id, transfer.Sequence, transfer.Amount, Authority.Account)
                );
                // No call waits for this event: it goes with the next append, and without it the transfer is sent again and ignored.
                _journal.Defer(new Delivered(payee, transfer.Sequence));
            }
        }
        catch (Exception failure)
        {
            // The transfer stays under way: the next settlement to this payee, the timer or the reminder sends it again.
            LogDeliveryFailed(failure, _id, payee);
        }
        finally
        {
            _delivering.Remove(payee);
        }
    }

    /// <summary>
    /// Asks the jobs of due holds how they ended. An open job is asked again later; one that was never written gets its old hold released.
    /// A job that cannot be asked keeps its own hold and no other's.
    /// </summary>
    /// <returns>Whether more may be due that can be asked.</returns>
    private async Task<bool> AskDueHolds()
    {
        var now = _clock.GetUtcNow();
        var due = _account.Holds.Where(pair => pair.Value.AskAt <= now).Take(AccountPolicy.ReconcileJobsMax).ToArray();
        if (due.Length == 0)
        {
            return false;
        }
        var answers = await Task.WhenAll(due.Select(pair => _questions.TryAsk(pair.Key, pair.Value)));
        var failed = answers.Count(answer => answer.Failure is not null);
        if (failed > 0)
        {
            LogJobsNotAsked(answers.First(answer => answer.Failure is not null).Failure!, _id, failed, due.Length);
        }
        var ended = answers.Select(answer => answer.Ended).OfType<JobSettlement>().ToImmutableArray();
        if (!ended.IsEmpty)
        {
            await Settle(ended, Authority.Account);
        }
        // If no job could be asked, the fault is not the jobs': the next round is in a minute.
        return due.Length == AccountPolicy.ReconcileJobsMax && failed < due.Length;
    }
}
