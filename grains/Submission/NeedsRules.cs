using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a job may need of its worker. Pure; the messages are for the client.</summary>
internal static class NeedsRules
{
    /// <returns>Null where the needs are within every limit.</returns>
    public static Refusal? Check(JobNeeds? needs) =>
        needs is null
            ? null
            : CheckLabels(needs)
                ?? CheckNumber("needs.reputationMin", needs.ReputationMin, 0, WorkerLimits.ReputationMax)
                ?? CheckNumber(
                    "The number of needs.refusedWorkers",
                    needs.RefusedWorkers.IsDefault ? 0 : needs.RefusedWorkers.Length,
                    0,
                    JobLimits.RefusedWorkersMax
                )
                ?? CheckNumber(
                    "The number of needs.refusedOwners",
                    needs.RefusedOwners.IsDefault ? 0 : needs.RefusedOwners.Length,
                    0,
                    JobLimits.RefusedWorkersMax
                );

    /// <summary>Why a job whose class would be one too many is refused.</summary>
    public static string TooManyClasses(int more) =>
        $"The account may open {more} more classes of jobs now; it may have {MarketPolicy.AccountClassesMax} at a time: classes that "
        + $"others have open, and a part of what is free of the market's {MarketPolicy.ClassesMax}. Jobs with the same labels and the same "
        + "least reputation and stake are one class: ask for fewer different ones at a time, or wait until jobs of a class have ended.";

    private static Refusal? CheckLabels(JobNeeds needs)
    {
        if (needs.Labels.IsDefaultOrEmpty)
        {
            return null;
        }
        if (CheckNumber("The number of needs.labels", needs.Labels.Length, 0, JobLimits.NeededLabelsMax) is { } tooMany)
        {
            return tooMany;
        }
        return needs.Labels.FirstOrDefault(label => !WorkerLabels.IsLabel(label)) is { } wrong
            ? new Refusal(
                ErrorCode.MalformedRequest,
                $"'{JobPolicy.Cut(wrong, JobPolicy.NoteCharsMax)}' is no label: {WorkerLabels.Form}, at most "
                    + $"{WorkerLimits.LabelKeyCharsMax} and {WorkerLimits.LabelValueCharsMax} characters."
            )
            : null;
    }

    private static Refusal? CheckNumber(string what, int value, int min, int max) =>
        value >= min && value <= max ? null : new Refusal(ErrorCode.LimitExceeded, $"{what} is {value}; allowed are {min} to {max}.");
}
