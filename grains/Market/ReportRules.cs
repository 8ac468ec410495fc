using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// What a report may hold. A worker that breaks these rules has failed, and the client pays nothing. So a guest must not be able to make
/// its worker break them: the guest interface enforces every bound, from the same constant.
/// </summary>
internal static class ReportRules
{
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? Refusal(LeaseReport report)
    {
        if (report.StateChanges.IsDefault)
        {
            return "the report has no list of state changes";
        }
        if (report.FuelUsed < 0)
        {
            return $"the report has {report.FuelUsed} fuel";
        }
        if (report.Log.Length > MarketLimits.LogBytesMax)
        {
            return $"the report's log has {report.Log.Length} bytes; allowed are {MarketLimits.LogBytesMax}";
        }
        var output = report.Output;
        if (output.Inline.Length > MarketLimits.InlineBytesMax)
        {
            return $"the report's inline output has {output.Inline.Length} bytes; allowed are {MarketLimits.InlineBytesMax}";
        }
        if (
            output.Size is < 0 or > MarketLimits.OutputBytesMax
            || (output.Blob is null ? output.Size != output.Inline.Length : !output.Inline.IsEmpty)
        )
        {
            return $"the report's output of {output.Size} bytes does not match what came with it";
        }
        return FilesRefusal(output) ?? StateRules.Refusal(report.StateChanges);
    }

    /// <summary>
    /// The worker signed a hash; here it is compared with the report. The signature itself was checked where the report came in.
    /// </summary>
    public static string? SignatureRefusal(MarketJob job, LeaseReport report)
    {
        if (report is not { Execution: { } claimed, Signed: { } signed })
        {
            return null;
        }
        if (job.Lease!.Root is null && !report.StateChanges.IsEmpty)
        {
            return "the report changes the state of a program that keeps none";
        }
        for (var index = 1; index < report.StateChanges.Length; index++)
        {
            if (report.StateChanges[index - 1].Key.Span.SequenceCompareTo(report.StateChanges[index].Key.Span) >= 0)
            {
                return "the report's changes of state are not ascending by key, each key once";
            }
        }
        if (report.StateChanges.IsEmpty != signed.RootAfter is null)
        {
            return "the report tells a root of the program's state and changes nothing of it, or changes it and tells no root";
        }
        var result = JobExecutions.ResultOf(report, job.Ticket.Spec.FuelMax, job.Lease.Root, signed);
        var execution = Execution.Hash(job.Run!.Invocation, result);
        return execution == claimed ? null : $"the worker has signed the execution {claimed}; its report is of {execution}";
    }

    /// <summary>What counts as a vote is signed, and is what its worker had sealed.</summary>
    public static string? SeatRefusal(MarketJob seat, LeaseReport report)
    {
        if (!report.Outcome.IsEnd())
        {
            return null;
        }
        if (report is not { Execution: { } execution, Signed: not null })
        {
            return "the report of a run that others make too is not signed";
        }
        if (!seat.Lease!.IsSealed)
        {
            return null;
        }
        if (seat.Phase != MarketPhase.Sealed || !seat.Panel!.IsRevealing)
        {
            return "the report tells a result that was to stay sealed until the market asks for it";
        }
        return report.Salt is { } salt && ResultCommitment.Of(seat.Offer!.Offer.Worker, execution, salt) == seat.Commitment
            ? null
            : "the report's result is another than was sealed";
    }

    private static string? FilesRefusal(JobOutput output)
    {
        if (output.Files.IsDefaultOrEmpty)
        {
            return null;
        }
        if (output.Files.Length > MarketLimits.JobFilesMax)
        {
            return $"the report has {output.Files.Length} files; allowed are {MarketLimits.JobFilesMax}";
        }
        if (output.Files.Any(file => !GuestFile.IsName(file.Name)))
        {
            return "a file of the report has a name that none can have";
        }
        if (output.Files.Select(file => file.Name).Distinct(StringComparer.Ordinal).Count() < output.Files.Length)
        {
            return "two files of the report have the same name";
        }
        if (output.Files.Any(file => file.Size is < 0 or > GuestPolicy.FileBytesMax))
        {
            return $"a file of the report has a size that is not from 0 to {GuestPolicy.FileBytesMax}";
        }
        var size = output.Files.Sum(file => file.Size);
        return size > GuestPolicy.FileBytesMax ? $"the report's files have {size} bytes; allowed are {GuestPolicy.FileBytesMax}" : null;
    }
}
