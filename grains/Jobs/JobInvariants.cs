namespace Marketplace.Grains;

/// <summary>What holds for every stored job.</summary>
internal static class JobInvariants
{
    /// <returns>All violations; empty when the job is sound.</returns>
    public static IReadOnlyList<string> Violations(JobState job)
    {
        if (job.Ending is not { } ending)
            return [];
        var end = ending.End;
        var violations = new List<string>();
        Check(end.Status.HasEnded(), $"its last status is {end.Status}, which is no end");
        Check(ending.Charge <= job.Spec.PriceMax, $"its charge {ending.Charge} is above the limit {job.Spec.PriceMax}");
        Check(ending.Charge.IsZero || end.Payee is not null, $"its charge {ending.Charge} has no payee");
        Check(end.FuelUsed >= 0 && end.FuelUsed <= job.Spec.FuelMax, $"its fuel {end.FuelUsed} is outside 0 to {job.Spec.FuelMax}");
        Check((end.Status == JobStatus.Completed) == (end.Fault == JobFault.None), $"status {end.Status} has fault {end.Fault}");
        Check((end.Status == JobStatus.Completed) == (end.Code is null), $"status {end.Status} has code {end.Code}");
        Check(end.Output.Inline.Length <= MarketLimits.InlineBytesMax, $"its inline output has {end.Output.Inline.Length} bytes");
        Check(end.Output.Inline.IsEmpty || end.Output.Blob is null, "its output is inline and a blob");
        Check(end.Log.Length <= MarketLimits.LogBytesMax, $"its log has {end.Log.Length} bytes");
        Check(ending.EndedAt >= job.SubmittedAt, "it ended before it was submitted");
        Check(end.History is [{ Status: JobStatus.Pending }, ..] && end.History[^1].Status == end.Status, "its history does not go from pending to its end");
        return violations;

        void Check(bool holds, string violation)
        {
            if (!holds)
                violations.Add(violation);
        }
    }
}
