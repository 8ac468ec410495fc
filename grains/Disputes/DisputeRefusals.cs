using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>Why a dispute refuses evidence, or a verdict. Nothing is kept that does not hold for all who look at it later.</summary>
internal static class DisputeRefusals
{
    public static void RequireForm(JobId job, DisputeCase dispute)
    {
        if (dispute.Ticket.Job != job)
        {
            throw Malformed($"The case of job {dispute.Ticket.Job} came to the dispute of job {job}.");
        }
        RequireCount(dispute.Votes, 2, DisputePolicy.SeatVotesMax, "a case");
    }

    /// <param name="dispute">As it would be kept.</param>
    /// <param name="domain">What the signatures are for.</param>
    public static void RequireCase(DisputeState dispute, MarketDomain domain)
    {
        RequireEvidence(dispute, dispute.Seats, domain);
        if (dispute.Accepted is { } accepted && dispute.Seats.All(seat => seat.Execution != accepted))
        {
            throw Malformed($"No seat gave the accepted execution {accepted}.");
        }
        if (DisputeRules.DisputedOf(dispute).Length < 2)
        {
            throw Malformed("No two seats gave results of which one must be wrong: there is nothing to dispute.");
        }
    }

    public static void RequireForm(JuryVerdict verdict) => RequireCount(verdict.Jurors, 0, DisputePolicy.SeatsMax, "a verdict");

    /// <param name="dispute">With its jurors, as it would be kept.</param>
    /// <param name="verdict">What the market says of them.</param>
    /// <param name="domain">What the signatures are for.</param>
    public static void RequireVerdict(DisputeState dispute, JuryVerdict verdict, MarketDomain domain)
    {
        RequireEvidence(dispute, dispute.Jurors, domain);
        var trial = DisputeRules.TrialOf(dispute);
        foreach (var juror in dispute.Jurors)
        {
            if (trial.Voters.Contains(juror.Worker) || trial.Owners.Contains(juror.PayTo))
            {
                throw Malformed($"Worker {juror.Worker}, which pays to {juror.PayTo}, has a part in the job, and is no juror.");
            }
        }
        if (dispute.Jurors.Select(juror => juror.PayTo).Distinct().Count() < dispute.Jurors.Length)
        {
            throw Malformed("Two jurors are of one owner.");
        }
        if (DisputeRules.VerdictOf(dispute) is null != verdict.WhyNone is not null)
        {
            throw Malformed(
                $"The votes of {dispute.Jurors.Length} jurors with a lead of {DisputePolicy.Lead} do not say what the verdict says: "
                    + $"{verdict.WhyNone ?? "there is one"}."
            );
        }
    }

    public static MarketException Decided(DisputeState dispute) =>
        Malformed(
            dispute.DecidedAt is { } at
                ? $"The dispute of job {dispute.Ticket.Job} ended at {at:O} with {dispute.Jurors.Length} jurors; what is decided stays."
                : $"No jury was asked about job {dispute.Ticket.Job}."
        );

    public static MarketException NotFound(JobId job) =>
        new(
            ErrorCode.DisputeNotFound,
            $"Job {job} has no dispute: it is none of this market's, or no two workers that ran it gave different results."
        );

    private static void RequireCount(ImmutableArray<CastVote> votes, int least, int most, string what)
    {
        var count = votes.IsDefault ? 0 : votes.Length;
        if (count < least || count > most)
        {
            throw Malformed($"There are {count} votes; {what} has {least} to {most}.");
        }
    }

    private static void RequireEvidence(DisputeState dispute, ImmutableArray<CastVote> votes, MarketDomain domain)
    {
        if (votes.Select(vote => vote.Worker).Distinct().Count() < votes.Length)
        {
            throw Malformed("A worker has voted twice.");
        }
        var invocation = JobExecutions.InvocationOf(dispute.Ticket).Hash();
        foreach (var known in dispute.Results)
        {
            if (Execution.Hash(invocation, DisputeRules.ResultOf(known, dispute.Root)) != known.Execution)
            {
                throw Malformed($"The execution {known.Execution} is not that of the result that stands beside it.");
            }
        }
        foreach (var vote in votes)
        {
            if (dispute.Results.All(known => known.Execution != vote.Execution))
            {
                throw Malformed($"Nothing is told of the execution {vote.Execution} of worker {vote.Worker}.");
            }
            var root = MerkleBatch.RootOf(vote.Execution, JobReceipts.StepsOf(vote.Signed));
            if (!Ed25519.Verify(vote.Worker.Value, BatchDigest.OfExecutions(domain, root).ToArray(), vote.Signed.Signature.Span))
            {
                throw Malformed($"Worker {vote.Worker} has not signed the execution {vote.Execution}.");
            }
        }
    }

    private static MarketException Malformed(string message) => new(ErrorCode.MalformedRequest, message);
}
