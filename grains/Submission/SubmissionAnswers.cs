using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What hold and admission together mean for an item.</summary>
internal static class SubmissionAnswers
{
    public static void Apply(SubmissionBatch batch, SubmissionItem item, JobAdmission admission, TokenAmount available, JobKeeping keeping)
    {
        switch (admission.Kind)
        {
            case JobAdmissionKind.Created when admission.Ended is { } settlement:
                batch.Ended.Add((item, settlement));
                break;
            case JobAdmissionKind.Created:
                batch.Created.Add(
                    new JobTicket(
                        Job: item.Job,
                        Account: batch.Caller.Account,
                        Spec: item.Spec,
                        Module: item.Program!.Module,
                        UsesState: item.Program.UsesState,
                        SubmittedAt: admission.SubmittedAt,
                        RequestId: item.RequestId,
                        Refusals: batch.Refusals
                    )
                );
                break;
            case JobAdmissionKind.Existed:
                break;
            case JobAdmissionKind.Conflict:
                item.Refuse(ErrorCode.RequestIdReused, "The request id was used before with another job. Choose a new one for a new job.");
                break;
            case JobAdmissionKind.Dropped:
                item.Refuse(
                    ErrorCode.JobDropped,
                    $"The request id was used before, for a job of {admission.SubmittedAt:O} that has ended and was dropped: "
                        + $"{keeping.Sentence}. Nothing was run or charged. Choose a new request id to run it again."
                );
                break;
            case JobAdmissionKind.HoldTooOld:
                RefuseHold(item, available);
                break;
            default:
                throw new InvalidOperationException($"This is a bug in the submission: it does not know the admission {admission.Kind}.");
        }
    }

    private static void RefuseHold(SubmissionItem item, TokenAmount available)
    {
        if (item.RefusalIfNew is { } refusal)
        {
            item.Refuse(refusal);
            return;
        }

        var (code, message) = item.Hold switch
        {
            HoldOutcome.InsufficientFunds => (
                ErrorCode.InsufficientFunds,
                $"The job may cost {item.Spec.PriceMax}, the account has {available} available. Lower priceMax or credit the account."
            ),
            HoldOutcome.SpendLimitReached => (
                ErrorCode.SpendLimitReached,
                $"The job may cost {item.Spec.PriceMax}, which is more than the key's spend limit has left. Use another key or lower "
                    + "priceMax."
            ),
            HoldOutcome.TooManyOpenJobs => (
                ErrorCode.TooManyOpenJobs,
                $"The account has {AccountPolicy.OpenJobsMax} open jobs, as many as allowed. Wait until some have ended."
            ),
            HoldOutcome.HeldDifferently => (
                ErrorCode.RequestIdReused,
                "The request id is in use with another priceMax. Choose a new one for a new job."
            ),
            _ => (ErrorCode.Unavailable, "Writing the job took too long; nothing was written. Send it again."),
        };
        item.Refuse(code, message);
    }
}
