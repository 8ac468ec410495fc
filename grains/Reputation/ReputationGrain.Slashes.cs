using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// What disputes say of the worker. One write decides what is taken of which stake and who gets it; the accounts pay after it, each loss as
/// a numbered part of its hold, here or by the reminder of the stakes. The table of the steps is in RATIONALE.md.
/// </summary>
internal sealed partial class ReputationGrain
{
    public async Task<TokenAmount> FindAtStake()
    {
        await _reputation.Load();
        return SlashRules.AtStake(State);
    }

    public async Task<TokenAmount> FreezeFor(JobId dispute, DateTimeOffset until, Authority by)
    {
        Authorities.Require(by, Authority.Dispute);
        StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        await _reputation.Refresh();
        var atStake = SlashRules.AtStake(State);
        var isSaid = SlashRules.Find(State, dispute) is not null;
        if (!atStake.IsZero && !isSaid && SlashRules.Freeze(State, new StakeFreeze(dispute, until), _clock.GetUtcNow()) is var frozen)
        {
            SlashRefusals.RequireRoom(frozen);
            await WriteIfChanged(frozen);
        }
        return atStake;
    }

    public async Task Thaw(JobId dispute, Authority by)
    {
        Authorities.Require(by, Authority.Dispute);
        StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        await _reputation.Refresh();
        await RemindIfThawed(dispute);
        await WriteIfChanged(SlashRules.Thaw(State, dispute));
    }

    public async Task<SlashOutcome> Slash(SlashOrder order, Authority by)
    {
        Authorities.Require(by, Authority.Dispute);
        StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        SlashRefusals.RequireForm(order);
        await _reputation.Refresh();
        if (SlashRules.Find(State, order.Dispute) is { } known)
        {
            SlashRefusals.RequireWrong(known);
            await EndSlashed();
            return new SlashOutcome(known.Taken);
        }
        if (SlashRules.IsForgotten(State, order.At))
        {
            return new SlashOutcome(TokenAmount.Zero, IsForgotten: true);
        }
        var now = _clock.GetUtcNow();
        SlashRefusals.RequireRoom(State, now);
        var changed = SlashRules.Slash(State, order, now);
        if (!changed.Stakes.SequenceEqual(State.Stakes))
        {
            await RemindAt(now);
        }
        await RemindIfThawed(order.Dispute);
        await this.RemindOfLedger();
        await _reputation.Write(changed);
        await TryTellSlashes();
        await EndSlashed();
        return new SlashOutcome(SlashRules.Find(State, order.Dispute)!.Value.Taken);
    }

    public async Task Clear(JobId dispute, DateTimeOffset at, Authority by)
    {
        Authorities.Require(by, Authority.Dispute);
        StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        await _reputation.Refresh();
        if (SlashRules.Find(State, dispute) is { } known)
        {
            SlashRefusals.RequireRight(known);
        }
        else if (!SlashRules.IsForgotten(State, at))
        {
            var now = _clock.GetUtcNow();
            SlashRefusals.RequireRoom(State, now);
            await RemindIfThawed(dispute);
            await _reputation.Write(SlashRules.Clear(State, dispute, at, now));
        }
        await Told();
    }

    /// <summary>The market hears first that the stake counts no more. What cannot be ended now the reminder ends.</summary>
    private async Task EndSlashed()
    {
        await Told();
        foreach (var stake in State.Stakes.Where(stake => stake.Phase is StakePhase.Slashed || !stake.Losses.IsEmpty).ToArray())
        {
            await TryPay(stake);
        }
    }

    /// <summary>What was kept back only for this dispute is given back now, not when the dispute would have stopped to freeze.</summary>
    private async Task RemindIfThawed(JobId dispute)
    {
        if (StakeRules.NextEnd(SlashRules.Thaw(State, dispute)) is { } next && next < StakeRules.NextEnd(State))
        {
            await RemindAt(next);
        }
    }

    private async Task WriteIfChanged(ReputationState changed)
    {
        if (changed != State)
        {
            await _reputation.Write(changed);
        }
    }

    /// <summary>What the reminder tells if it does not arrive now.</summary>
    private async Task TryTellSlashes()
    {
        try
        {
            await TellSlashes([State.Judgments[^1]]);
        }
        catch (Exception failure)
        {
            LogNotTold(failure, this.GetPrimaryKeyString());
        }
    }

    /// <summary>Judgments are kept for a month at least, so all that the ledger may lack can be told again.</summary>
    private Task TellSlashes(ImmutableArray<Judgment> judgments) =>
        ReputationKeys.WorkerOf(this.GetPrimaryKeyString()) is { } worker
            ? GrainFactory.Tell(
                LedgerName.Of(worker),
                [.. judgments.Where(judgment => judgment.IsWrong).Select(judgment => LedgerChanges.Slashed(worker, judgment))],
                Authority.Reputation
            )
            : Task.CompletedTask;
}
