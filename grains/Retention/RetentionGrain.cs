using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Goes through the list of jobs from the newest that may be dropped to the oldest. A dropped job has no row, so a pass sees those that
/// have come of age since the last, and those that something keeps. All it has is memory: a pass that a crash cut off begins anew.
/// </summary>
[KeepAlive]
internal sealed partial class RetentionGrain(
    IListing listing,
    IStoreRoom room,
    JobKeeping keeping,
    TimeProvider clock,
    ILogger<RetentionGrain> log
) : Grain, IRetentionGrain
{
    /// <summary>Null: no pass has come to its end here.</summary>
    private DateTimeOffset? _overAt;
    private DateTimeOffset _before;

    /// <summary>Null: no pass is under way.</summary>
    private ListingCursor? _after;
    private RetentionStep _sum;

    public async Task<RetentionStep> DropSome(Authority by)
    {
        Authorities.Require(by, Authority.Silo);
        // Each drop is a write, and gives nothing back before the store is compacted: a short disk is for the ends of accepted jobs.
        if (keeping.Keep is not { } keep || room.Shortage is not null || (_after is null && HasJustPassed()))
        {
            return new RetentionStep(0, 0, 0, IsOver: true);
        }
        if (_after is not { } after)
        {
            _sum = default;
            _before = clock.GetUtcNow() - keep;
            // A job is submitted before it ends. No id is empty, so the rows after this are those of jobs that are older.
            after = new ListingCursor(_before, "");
        }
        var rows = await Page(after, isFirst: _after is null);
        var (old, unreadable) = OldOf(rows);
        var step = await Drop(old);
        step = step with { Failed = step.Failed + unreadable };
        _sum = new RetentionStep(_sum.Dropped + step.Dropped, _sum.Kept + step.Kept, _sum.Failed + step.Failed, IsOver: false);
        if (rows.Count == RetentionPolicy.RowsPerCall)
        {
            _after = new ListingCursor(rows[^1].At, rows[^1].Id);
            return step;
        }
        (_after, _overAt) = (null, clock.GetUtcNow());
        if (_sum.Dropped + _sum.Failed > 0)
        {
            LogPassed(_sum.Dropped, keeping.Days, _sum.Kept, _sum.Failed);
        }
        return step with { IsOver = true };
    }

    /// <summary>A clock that was set back since says nothing of when that was.</summary>
    private bool HasJustPassed() =>
        _overAt is { } over && clock.GetUtcNow() - over is var since && since >= TimeSpan.Zero && since < RetentionPolicy.Period;

    private async Task<IReadOnlyList<ListingRow>> Page(ListingCursor after, bool isFirst)
    {
        try
        {
            if (isFirst)
            {
                await listing.CatchUp();
            }
            return await listing.List(new ListingQuery(JobStateCodec.Kind, After: after, Limit: RetentionPolicy.RowsPerCall));
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    /// <returns>The jobs that ended long enough ago, and how many rows do not tell.</returns>
    private (JobId[] Jobs, int Unreadable) OldOf(IReadOnlyList<ListingRow> rows)
    {
        var (old, unreadable) = (new List<JobId>(), 0);
        foreach (var row in rows)
        {
            try
            {
                if (JobProjection.Read(row) is { } job && job.EndedAt <= _before)
                {
                    old.Add(job.Id);
                }
            }
            catch (Exception failure)
            {
                LogUnreadable(failure, row.Id);
                unreadable++;
            }
        }
        return ([.. old], unreadable);
    }

    private async Task<RetentionStep> Drop(JobId[] jobs)
    {
        var step = new RetentionStep();
        foreach (var some in jobs.Chunk(RetentionPolicy.AtOnce))
        {
            foreach (var drop in await Task.WhenAll(some.Select(TryDrop)))
            {
                step = drop switch
                {
                    JobDrop.Dropped => step with { Dropped = step.Dropped + 1 },
                    JobDrop.Kept => step with { Kept = step.Kept + 1 },
                    null => step with { Failed = step.Failed + 1 },
                    _ => step,
                };
            }
        }
        return step;
    }

    /// <returns>Null where it failed: one job that cannot be read or written keeps no other.</returns>
    private async Task<JobDrop?> TryDrop(JobId job)
    {
        try
        {
            return await LostWrites.Resend(() => GrainFactory.GetGrain<IJobGrain>(job.ToString()).Drop(Authority.Retention));
        }
        catch (Exception failure)
        {
            LogNotDropped(failure, job);
            return null;
        }
    }

    [LoggerMessage(
        EventId = 1601,
        Level = LogLevel.Information,
        Message = "Dropped {Dropped} jobs that ended more than {Days} days ago; {Kept} are kept because something of them is open, "
            + "{Failed} could not be dropped"
    )]
    private partial void LogPassed(int dropped, int days, int kept, int failed);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Warning, Message = "Job {Job} could not be dropped; the next pass tries again")]
    private partial void LogNotDropped(Exception failure, JobId job);

    [LoggerMessage(EventId = 1603, Level = LogLevel.Warning, Message = "The row of job {Job} cannot be read, so the job is kept")]
    private partial void LogUnreadable(Exception failure, string job);
}
