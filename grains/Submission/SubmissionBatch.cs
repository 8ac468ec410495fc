using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A batch on its way through the steps of <see cref="SubmissionGrain"/>.</summary>
internal sealed class SubmissionBatch
{
    public SubmissionBatch(Caller caller, ImmutableArray<SubmitItem> items)
    {
        Caller = caller;
        Items = [.. items.Select(item => new SubmissionItem(caller.Account, item))];
    }

    public Caller Caller { get; }

    public ImmutableArray<SubmissionItem> Items { get; }

    /// <summary>Items that were not refused so far.</summary>
    public IEnumerable<SubmissionItem> Open => Items.Where(item => item.Code is null);

    /// <summary>Open items that may become new jobs.</summary>
    public IEnumerable<SubmissionItem> Admissible => Open.Where(item => item.RefusalIfNew is null);

    /// <summary>What the account refuses, as of the holds; null: nothing.</summary>
    public RefusalList? Refusals { get; set; }

    /// <summary>New jobs that are to run.</summary>
    public List<JobTicket> Created { get; } = [];

    /// <summary>New jobs that have ended at once, with what is to be settled.</summary>
    public List<(SubmissionItem Item, JobSettlement Settlement)> Ended { get; } = [];

    public ImmutableArray<SubmitResult> ToResults() => [.. Items.Select(item => item.ToResult())];
}

/// <summary>One item of a batch.</summary>
internal sealed class SubmissionItem
{
    public SubmissionItem(AccountId account, SubmitItem item)
    {
        RequestId = item.RequestId;
        Spec = item.Spec;
        if (SubmissionRules.Check(item) is { } refusal)
        {
            Refuse(refusal);
        }
        else
        {
            RefusalIfNew = SubmissionRules.CheckPrice(item.Spec);
        }
        try
        {
            Job = IdDerivation.Job(account, item.RequestId);
        }
        catch (ArgumentException)
        {
            Refuse(ErrorCode.MalformedRequest, "The request id has half of a surrogate pair, which is no text.");
        }
    }

    public string RequestId { get; }
    public JobSpec Spec { get; }
    public JobId Job { get; }

    /// <summary>Its class is not that of jobs without needs.</summary>
    public bool HasClass => Spec.Needs is not null && ClassNeeds.Of(Spec.Needs) != ClassNeeds.None;

    /// <summary>Null where it is not known: then the job is not new, or refused.</summary>
    public ProgramView? Program { get; set; }

    /// <summary>Null where nothing was to be held.</summary>
    public HoldOutcome? Hold { get; set; }

    public bool IsHeld => Hold is HoldOutcome.Held or HoldOutcome.AlreadyHeld;

    /// <summary>How it ends at once if it is new; null: it is to run.</summary>
    public JobEnd? Answer { get; set; }

    /// <summary>When the job that answers has ended.</summary>
    public DateTimeOffset EarlierEndedAt { get; set; }

    /// <summary>
    /// Why a new job would be refused: by what may have changed since an earlier request made the job. Only the job's grain knows whether
    /// it is new.
    /// </summary>
    public Refusal? RefusalIfNew { get; set; }

    /// <summary>Null where the market was not asked for one, or is overloaded and takes others.</summary>
    public BarPlace? Place { get; set; }

    public JobAdmission? Admission { get; set; }
    public ErrorCode? Code { get; private set; }
    public string? Message { get; private set; }
    public TimeSpan? RetryAfter { get; private set; }

    public void Refuse(ErrorCode code, string message) => Refuse(new Refusal(code, message));

    public void Refuse(Refusal refusal) => (Code, Message, RetryAfter) = (refusal.Code, refusal.Message, refusal.RetryAfter);

    public SubmitResult ToResult() => new(Job, Code is null && Admission?.Kind == JobAdmissionKind.Existed, Code, Message, RetryAfter);
}
