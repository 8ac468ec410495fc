using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// The jury of a dispute: jurors run the job until one result leads every other by enough votes. It pays nobody and changes nothing of the
/// job; what its jurors gave is the dispute's to judge.
/// </summary>
/// <param name="job">Stands for the job, which has ended.</param>
/// <param name="trial">What is asked.</param>
/// <param name="openedAt">In running time.</param>
internal sealed class TrialPanel(MarketJob job, Trial trial, TimeSpan openedAt) : Panel(job, openedAt)
{
    private readonly Dictionary<AccountId, int> _lost = [];
    private bool _isExhausted;

    public Trial Trial => trial;

    /// <summary>None copies from another, nor tells its result before the others have one.</summary>
    public override bool IsSealed => true;

    public override bool IsForAny => false;

    /// <summary>Jurors that have a result, sealed or told.</summary>
    public int InCount => SealedCount + Votes.Count;

    /// <summary>As many as would end the trial if all of them agreed with those that lead.</summary>
    public override int Missing => Math.Min(trial.Lead - Ahead - Seats.Count, trial.SeatsMax - Votes.Count - Seats.Count);

    /// <summary>Votes by which the first result leads the second.</summary>
    private int Ahead
    {
        get
        {
            // A juror's slow machine says nothing of the others' results.
            var counts = Votes
                .Where(vote => !vote.DependsOnMachine)
                .GroupBy(vote => vote.Execution)
                .Select(votes => votes.Count())
                .OrderDescending()
                .ToArray();
            return counts.FirstOrDefault() - counts.ElementAtOrDefault(1);
        }
    }

    /// <inheritdoc/>
    public override void Free(MarketJob seat, WorkerOffer offer)
    {
        _lost[offer.PayTo] = LostBy(offer) + 1;
        base.Free(seat, offer);
    }

    /// <summary>
    /// Runs that jurors of the owner have lost: an accomplice of those that lied must not keep the jury from an end by being drawn, and
    /// failing, again and again.
    /// </summary>
    public int LostBy(WorkerOffer offer) => _lost.GetValueOrDefault(offer.PayTo);

    /// <summary>There is no juror left to draw.</summary>
    public void Exhaust() => _isExhausted = true;

    /// <summary>Those that were drawn together tell together, also where one lead is reached before the last of them.</summary>
    public override PanelStep Next(TimeSpan now, IChance chance)
    {
        if (IsRevealing)
        {
            if (SealedCount > 0)
            {
                return now >= DueAt ? PanelStep.Drop : PanelStep.Wait;
            }
            (IsRevealing, DueAt) = (false, null);
        }
        if (Ahead >= trial.Lead)
        {
            return PanelStep.Accept;
        }
        if (Missing > 0 && !_isExhausted)
        {
            return PanelStep.Draw;
        }
        if (Seats.Count == 0)
        {
            return PanelStep.GiveUp;
        }
        if (SealedCount < Seats.Count)
        {
            return PanelStep.Wait;
        }
        (IsRevealing, DueAt) = (true, now + PanelPolicy.RevealMax);
        return PanelStep.Reveal;
    }

    public JuryVerdict ToVerdict()
    {
        return new JuryVerdict(
            [.. Votes.Select(PanelDisputes.CastOf)],
            Ahead >= trial.Lead ? null
                : Votes.Count >= trial.SeatsMax ? $"After {Votes.Count} jurors no result leads by {trial.Lead} votes."
                : $"There were {Votes.Count} jurors with something at stake that are no party to the dispute, and no result leads by "
                    + $"{trial.Lead} votes."
        );
    }
}
