using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// What disputes say of the worker. One write decides what is taken of which stake and who gets it; the holds are ended after it, each by
/// its own settlement, here or by the reminder of the stakes. The table of the steps is in RATIONALE.md.
/// </summary>
internal sealed partial class ReputationGrain
{
    public async Task<TokenAmount> FindAtStake()
    {
        await _reputation.Load();
        return SlashRules.AtStake(State);
    }

    public async Task<TokenAmount> Freeze(DateTimeOffset until, Authority by)
    {
        Authorities.Require(by, Authority.Dispute);
        StakeRefusals.RequireWorker(this.GetPrimaryKeyString());
        await _reputation.Refresh();
        var atStake = SlashRules.AtStake(State);
        if (!atStake.IsZero && SlashRules.Freeze(State, until) is var frozen && frozen != State)
        {
            await _reputation.Write(frozen);
        }
        return atStake;
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
            await _reputation.Write(SlashRules.Clear(State, dispute, at, now));
        }
        await Told();
    }

    /// <summary>The market hears first that the stake counts no more. What cannot be ended now the reminder ends.</summary>
    private async Task EndSlashed()
    {
        await Told();
        foreach (var stake in State.Stakes.Where(stake => stake.Phase is StakePhase.Slashed).ToArray())
        {
            await TryEnd(stake);
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
