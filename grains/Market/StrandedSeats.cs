using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// A seat is for the worker that was drawn for it. Where that one comes no more, another one is drawn; a seat of a committee or a jury is
/// given up, so that no job waits for it as long as it may wait at all.
/// </summary>
/// <param name="book">The market's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="reports">Ends jobs, and counts votes.</param>
internal sealed class StrandedSeats(MarketBook book, MarketClock clock, MarketReports reports)
{
    private const string MemberGone = "it did not take its seat in the job's committee";

    /// <summary>Called with each round of maintenance.</summary>
    public void GiveUp()
    {
        foreach (var seat in book.Panels.FindStranded().Where(book.Panels.Waiting.Contains))
        {
            var panel = seat.Panel!;
            if (panel.IsForAny)
            {
                book.Reconsider(seat, clock.Now);
                continue;
            }
            book.Panels.RemoveSeat(seat, clock.Now);
            if (panel.CanDecide || panel is TrialPanel || PanelDisputes.IsIn(panel))
            {
                // Where results differ, the panel ends without one and keeps the evidence.
                reports.OnPanelDue(panel.Job);
            }
            else
            {
                RunWithout(seat.Directed!.Value, panel.Job);
            }
        }
    }

    /// <summary>Another committee runs the job, or this one when enough of its members are here.</summary>
    private void RunWithout(WorkerId member, MarketJob job)
    {
        job.Interruptions++;
        job.Note(JobStatus.Pending, clock.Now.Wall, member, MemberGone);
        if (job.Interruptions > MarketPolicy.InterruptionsMax)
        {
            _ = reports.EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, member, MemberGone));
            return;
        }
        book.Panels.Reopen(job, clock.Now);
    }
}
