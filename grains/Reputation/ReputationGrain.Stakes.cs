using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What accounts have at stake for the worker. Each step is one durable write, here or in the account, and each is found again after a
/// crash: by a repetition of the call, or by the reminder, which gives back what does not stand. The table of the steps is in RATIONALE.md.
/// </summary>
internal sealed partial class ReputationGrain
{
    public async Task<ReputationView> Stake(Caller caller, StakeRequest request)
    {
        Authorities.Require(caller, Scopes.Submit);
        var worker = StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        var hold = StakeRefusals.RequireForm(worker, caller.Account, request);
        await _reputation.Refresh();
        var known = StakeRules.Find(State, caller.Account, request.RequestId);
        if (known is not null)
        {
            StakeRefusals.RequireSame(known, request);
        }
        else
        {
            StakeRefusals.RequireRoom(State, caller.Account, isOwn: caller.Account == _account);
            StakeRefusals.RequireMoney(await AccountOf(caller.Account).Get(), request);
        }
        if (known?.Phase is StakePhase.Held or StakePhase.Unbonding or StakePhase.Released)
        {
            return Shown(await Told(), caller);
        }
        if (known is null)
        {
            await RemindAt(_clock.GetUtcNow() + StakePolicy.AskedMax);
            await _reputation.Write(StakeRules.Ask(State, caller, request, _clock.GetUtcNow()));
        }
        var asked = StakeRules.Find(State, caller.Account, request.RequestId)!;
        var outcome = await LostWrites.Resend(() => AccountOf(caller.Account).SetAside(caller, hold, asked.Amount, asked.At));
        if (outcome is not (HoldOutcome.Held or HoldOutcome.AlreadyHeld))
        {
            await GiveUp(asked, outcome);
            throw StakeRefusals.Of(outcome, caller, asked);
        }
        await this.RemindOfLedger();
        await _reputation.Write(StakeRules.Hold(State, asked));
        await TryTellStakes();
        return Shown(await Told(), caller);
    }

    public async Task<ReputationView> Unstake(Caller caller, ImmutableArray<string> requestIds)
    {
        Authorities.Require(caller, Scopes.Submit);
        await _reputation.Refresh();
        var stakes = StakeRefusals.Require(State, caller.Account, requestIds);
        var now = _clock.GetUtcNow();
        var changed = StakeRules.TakeBack(State, stakes, _terms.Unbonding, now);
        if (!changed.Stakes.SequenceEqual(State.Stakes))
        {
            await RemindAt(StakeRules.NextEnd(changed)!.Value);
            await this.RemindOfLedger();
            await _reputation.Write(changed);
            await TryTellStakes();
        }
        return Shown(await Told(), caller);
    }

    /// <summary>The end of a phase has come, or a silo has started.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await _reputation.Refresh();
        if (reminderName == LedgerGrainPolicy.TellReminder)
        {
            await TellStakes(State.Stakes);
            await TellSlashes(State.Judgments);
            await this.EndReminderOfLedger();
            return;
        }
        var now = _clock.GetUtcNow();
        var changed = StakeRules.Release(StakeRules.GiveUp(State, now), now);
        if (!changed.Stakes.SequenceEqual(State.Stakes))
        {
            await _reputation.Write(changed);
        }
        // The call that staked or took back may have ended before the market heard of it. It hears now, before money can be spent.
        await Told();
        foreach (var stake in StakeRules.Due(State, now))
        {
            await TryPay(stake);
        }
        await RemindOfTheNext();
    }

    /// <summary>An account that does not answer keeps only its own stakes waiting.</summary>
    private async Task TryPay(Stake stake)
    {
        var (worker, ends) = (StakeRefusals.RequireWorker(this.GetPrimaryKeyString()), StakeRules.Ends(stake, _clock.GetUtcNow()));
        try
        {
            foreach (var charge in stake.Charges(worker))
            {
                await LostWrites.Resend(() => AccountOf(stake.Account).ChargeHold(charge, Authority.Reputation));
            }
            if (ends)
            {
                // What is removed cannot be told any more.
                await TellStakes([stake]);
                await LostWrites.Resend(() => AccountOf(stake.Account).SettleShared(stake.Settle(worker), Authority.Reputation));
            }
        }
        catch (Exception failure)
        {
            LogNotReleased(failure, stake.RequestId, stake.Account, this.GetPrimaryKeyString());
            return;
        }
        await _reputation.Write(ends ? StakeRules.Remove(State, stake) : StakeRules.Pay(State, stake));
    }

    /// <summary>A hold that has ended is never held again, so nothing is left to give back; else a late call might still set money
    /// aside.</summary>
    private async Task GiveUp(Stake asked, HoldOutcome outcome)
    {
        var now = _clock.GetUtcNow();
        await _reputation.Write(outcome is HoldOutcome.Ended ? StakeRules.Remove(State, asked) : StakeRules.Refuse(State, asked, now));
    }

    /// <summary>
    /// Before the write that needs it: a reminder without a stake ends itself, a stake without a reminder would not end. An earlier end of
    /// another stake stays.
    /// </summary>
    private Task RemindAt(DateTimeOffset endsAt) => SetReminder(StakeRules.NextEnd(State) is { } known && known < endsAt ? known : endsAt);

    private Task SetReminder(DateTimeOffset at)
    {
        var due = at - _clock.GetUtcNow();
        return this.RegisterOrUpdateReminder(StakePolicy.EndReminder, due > TimeSpan.Zero ? due : TimeSpan.Zero, StakePolicy.CheckPeriod);
    }

    private async Task TryRemindAt(DateTimeOffset endsAt)
    {
        try
        {
            await RemindAt(endsAt);
        }
        catch (Exception failure)
        {
            // The next activation tries again.
            LogReminderFailed(failure, this.GetPrimaryKeyString());
        }
    }

    private async Task RemindOfTheNext()
    {
        // The reminder belongs to the worker, not to this activation: one without the newest stakes must not remove it.
        await _reputation.Refresh();
        if (StakeRules.NextEnd(State) is { } next)
        {
            // What is due already and could not be ended waits for the next period.
            var now = _clock.GetUtcNow();
            await SetReminder(next > now ? next : now + StakePolicy.CheckPeriod);
        }
        else if (await this.GetReminder(StakePolicy.EndReminder) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    /// <summary>What the reminder tells if it does not arrive now.</summary>
    private async Task TryTellStakes()
    {
        try
        {
            await TellStakes(State.Stakes);
        }
        catch (Exception failure)
        {
            LogNotTold(failure, this.GetPrimaryKeyString());
        }
    }

    /// <summary>Stakes are kept for a while after they were taken back, so all that the ledger may lack can be told again.</summary>
    private async Task TellStakes(ImmutableArray<Stake> stakes)
    {
        if (ReputationKeys.WorkerOf(this.GetPrimaryKeyString()) is { } worker)
        {
            await GrainFactory.Tell(LedgerName.Of(worker), [.. stakes.SelectMany(stake => ChangesOf(worker, stake))], Authority.Reputation);
        }
    }

    private LedgerChange[] ChangesOf(WorkerId worker, Stake stake) =>
        stake.Phase switch
        {
            StakePhase.Held => [LedgerChanges.StakeHeld(worker, stake)],
            StakePhase.Unbonding or StakePhase.Released => HeldAndTakenBack(worker, stake, stake.EndsAt!.Value),
            StakePhase.Slashed when stake.Loss!.UnbondsAt is { } unbondsAt => HeldAndTakenBack(worker, stake, unbondsAt),
            StakePhase.Slashed => [LedgerChanges.StakeHeld(worker, stake)],
            _ => [],
        };

    private LedgerChange[] HeldAndTakenBack(WorkerId worker, Stake stake, DateTimeOffset unbondsAt) =>
        [LedgerChanges.StakeHeld(worker, stake), LedgerChanges.StakeTakenBack(worker, stake, unbondsAt - _terms.Unbonding)];

    private IAccountGrain AccountOf(AccountId account) => GrainFactory.GetGrain<IAccountGrain>(account.ToString());

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The stake '{RequestId}' of account {Account} for {Worker} could not be paid or ended; it is tried again"
    )]
    private partial void LogNotReleased(Exception failure, string requestId, AccountId account, string worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of {Worker} could not be told of a stake; it is told again")]
    private partial void LogNotTold(Exception failure, string worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reminder of the stakes for {Worker} could not be set")]
    private partial void LogReminderFailed(Exception failure, string worker);
}
