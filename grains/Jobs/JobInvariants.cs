using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What holds for every stored job.</summary>
internal static class JobInvariants
{
    /// <returns>All violations; empty when the job is sound. Checked before each terminal write, so a sound job costs no
    /// allocation.</returns>
    public static IReadOnlyList<string> Violations(JobState job)
    {
        if (job.Ending is not { } ending || job.IsDropped)
        {
            return [];
        }
        var end = ending.End;
        List<string>? violations = null;
        if (!end.Status.HasEnded())
        {
            (violations ??= []).Add($"its last status is {end.Status}, which is no end");
        }
        if (ending.Charge > job.Spec.PriceMax)
        {
            (violations ??= []).Add($"its charge {ending.Charge} is above the limit {job.Spec.PriceMax}");
        }
        if (!ending.Charge.IsZero && end.Payee is null)
        {
            (violations ??= []).Add($"its charge {ending.Charge} has no payee");
        }
        if (end.Reuse is not null && (end.Fault != JobFault.None || end.Worker is not null || end.Proof is null))
        {
            (violations ??= []).Add("another job's receipt answered it, and yet it is said to have run");
        }
        if (end.FuelUsed < 0 || end.FuelUsed > job.Spec.FuelMax)
        {
            (violations ??= []).Add($"its fuel {end.FuelUsed} is outside 0 to {job.Spec.FuelMax}");
        }
        if ((end.Status == JobStatus.Completed) != (end.Fault == JobFault.None))
        {
            (violations ??= []).Add($"status {end.Status} has fault {end.Fault}");
        }
        if ((end.Status == JobStatus.Completed) != (end.Code is null))
        {
            (violations ??= []).Add($"status {end.Status} has code {end.Code}");
        }
        if (end.Output.Inline.Length > MarketLimits.InlineBytesMax)
        {
            (violations ??= []).Add($"its inline output has {end.Output.Inline.Length} bytes");
        }
        if (!end.Output.Inline.IsEmpty && end.Output.Blob is not null)
        {
            (violations ??= []).Add("its output is inline and a blob");
        }
        if (end.Log.Length > MarketLimits.LogBytesMax)
        {
            (violations ??= []).Add($"its log has {end.Log.Length} bytes");
        }
        if (ending.EndedAt < job.SubmittedAt)
        {
            (violations ??= []).Add("it ended before it was submitted");
        }
        if (end.History is not [{ Status: JobStatus.Pending }, ..] || end.History[^1].Status != end.Status)
        {
            (violations ??= []).Add("its history does not go from pending to its end");
        }
        return violations ?? [];
    }
}
