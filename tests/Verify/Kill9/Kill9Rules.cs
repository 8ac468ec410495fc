using System.Text;

namespace Marketplace.Verify.Kill9;

/// <summary>What must hold when the silo has been killed often enough. Each rule lists all its violations.</summary>
internal static class Kill9Rules
{
    public static IEnumerable<string> Check(Request request, IReadOnlyDictionary<JobId, Job> jobs)
    {
        if (request.Acknowledged is not { } id || !jobs.TryGetValue(id, out var job))
        {
            yield break;
        }
        if (
            request.Ended is { } seen
            && (seen.State, seen.FuelUsed, seen.Charge, seen.EndedAt) != (job.State, job.FuelUsed, job.Charge, job.EndedAt)
        )
        {
            yield return $"{request.Name}: it had ended as {seen.State} with charge {seen.Charge}, now it is {job.State} with charge "
                + $"{job.Charge}.";
        }
        if (request.Ended is null && job.State is not (JobState.Completed or JobState.Failed) && !request.Cancel)
        {
            yield return $"{request.Name}: nobody cancelled it, it is {job.State}: {job.Reason}";
        }
        if (job.Fault == JobFault.Worker)
        {
            yield return $"{request.Name}: it was charged to the worker, which did nothing wrong: {job.Reason}";
        }
        if (
            job.State == JobState.Completed
            && request.Job.InputText!.StartsWith("hello", StringComparison.Ordinal)
            && Encoding.UTF8.GetString(job.Output!.Inline!.Value.Span) != request.Job.InputText.ToUpperInvariant()
        )
        {
            yield return $"{request.Name}: its output is not its input in capitals.";
        }
    }

    /// <summary>A wish is the part of the request id before the slash: it may be one job only.</summary>
    public static IEnumerable<string> CheckOnce(IEnumerable<JobListItem> listed) =>
        from wish in listed.GroupBy(job => job.RequestId.Split('/')[0])
        where wish.Count() > 1
        select $"{wish.Key}: done {wish.Count()} times, as {string.Join(", ", wish.Select(job => job.RequestId))}.";

    public static IEnumerable<string> CheckMoney(IReadOnlyCollection<JobListItem> listed, Account account)
    {
        var charged = listed.Aggregate(TokenAmount.Zero, (sum, job) => sum + job.Charge);
        if (charged != account.Spent)
        {
            yield return $"The jobs cost {charged} in all, the account spent {account.Spent}.";
        }
        if (!account.Held.IsZero || account.OpenJobs != 0)
        {
            yield return $"All jobs have ended, and {account.Held} is still held for {account.OpenJobs} jobs.";
        }
    }
}
