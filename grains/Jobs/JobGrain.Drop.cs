using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The end of a job's time in the store.</summary>
public sealed partial class JobGrain
{
    public async Task<JobDrop> Drop(Authority by)
    {
        Authorities.Require(by, Authority.Retention);
        await _job.Refresh();
        try
        {
            return _job.Value switch
            {
                null or { IsDropped: true } => JobDrop.Gone,
                { } job => await IsDue(job) ? await DropNow(job) : JobDrop.Kept,
            };
        }
        finally
        {
            LeaveUnlessKept();
        }
    }

    /// <summary>Nothing of an ended job moves any more but its dispute: what was found not to be open stays so.</summary>
    private async ValueTask<bool> IsDue(JobState job) =>
        JobDropping.DueAt(job, _keeping) <= _clock.GetUtcNow()
        && await LostWrites.Resend(() => GrainFactory.GetGrain<IDisputeGrain>(_id.ToString()).GetRepaid()) is not null;

    private async Task<JobDrop> DropNow(JobState job)
    {
        // The account asks the jobs of its holds how they ended. From the next write on this one does not know, so it is told before.
        await LostWrites.Resend(() =>
            GrainFactory.GetGrain<IAccountGrain>(job.Account.ToString()).Settle([job.ToSettlement(_id)!], Authority.Job)
        );
        await _job.Write(JobDropping.Drop(job));
        foreach (var watch in _watches)
        {
            watch.Dropped(_id);
        }
        return JobDrop.Dropped;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.JobDropped"/>.</exception>
    private JobState RequireKept(JobState job)
    {
        if (!job.IsDropped)
        {
            return job;
        }
        LeaveUnlessKept();
        throw new MarketException(
            ErrorCode.JobDropped,
            $"Job {_id} ended at {job.Ending!.EndedAt:O} and was dropped: {_keeping.Sentence}. Its charge of {job.Ending.Charge} stays in "
                + "the account's books."
        );
    }
}
