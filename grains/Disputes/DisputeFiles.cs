using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>The evidence as a file, made of what is stored and signed when it is asked for.</summary>
internal static class DisputeFiles
{
    /// <summary>A jury may be running the job: what the seats gave is not told, so that no juror copies it.</summary>
    public static bool IsSealed(DisputeState dispute) => dispute.Stage is DisputeStage.Opening or DisputeStage.Open;

    /// <summary>That there is a dispute, of which workers, and since when.</summary>
    /// <param name="dispute">One that is open.</param>
    /// <param name="progress">How far its jury is.</param>
    /// <param name="market">Signs it.</param>
    /// <param name="domain">What it is signed for.</param>
    public static DisputeFile OfSealed(DisputeState dispute, string progress, MarketIdentity market, MarketDomain domain) =>
        Signed(
            Said(dispute) with
            {
                Results = [],
                Votes = [.. dispute.Seats.Select(vote => VoteOf(vote, DisputeVote.Seat) with { Execution = default })],
                Accepted = default,
                Reason = progress,
            },
            [],
            market,
            domain
        );

    public static DisputeFile Of(DisputeState dispute, MarketIdentity market, MarketDomain domain) =>
        Signed(
            Said(dispute),
            [.. dispute.Seats.Concat(dispute.Jurors).Select(vote => JobReceipts.SignatureOf(vote.Signed))],
            market,
            domain
        );

    private static DisputeFile Signed(Dispute said, IReadOnlyList<WorkerSignature> workers, MarketIdentity market, MarketDomain domain) =>
        new DisputeFile
        {
            Format = DisputeFile.FormatName,
            Domain = domain,
            Dispute = said,
            WorkerSignatures = workers,
            MarketSignature = Convert.ToHexStringLower(market.Sign(DisputeDigest.Of(domain, said.Hash()).ToArray())),
        };

    private static Dispute Said(DisputeState dispute)
    {
        var ticket = dispute.Ticket;
        return new Dispute
        {
            Invocation = JobExecutions.InvocationOf(ticket),
            Payer = ticket.Account,
            PriceLimit = ticket.Spec.PriceMax,
            Assurance = ticket.Spec.Assurance.ToString(),
            Results = [.. dispute.Results.Select(known => DisputeRules.ResultOf(known, dispute.Root))],
            Votes =
            [
                .. dispute.Seats.Select(vote => VoteOf(vote, DisputeVote.Seat)),
                .. dispute.Jurors.Select(vote => VoteOf(vote, DisputeVote.Juror)),
            ],
            Accepted = dispute.Accepted ?? default,
            State = StateOf(dispute.Stage),
            Reason = dispute.Reason,
            Lead = DisputePolicy.Lead,
            Verdict = dispute.Verdict ?? default,
            Slashings =
            [
                .. dispute
                    .Losses.Where(loss => loss.Taken is not null)
                    .Select(loss => SlashingOf(loss, ticket))
                    .OrderBy(loss => loss.Worker.Value),
            ],
            OpenedAt = Invocation.Nanoseconds(dispute.OpenedAt),
            DecidedAt = dispute.DecidedAt is { } at ? Invocation.Nanoseconds(at) : 0,
        };
    }

    public static string StateOf(DisputeStage stage) =>
        stage switch
        {
            DisputeStage.Kept => DisputeStates.Kept,
            DisputeStage.Opening or DisputeStage.Open => DisputeStates.Open,
            DisputeStage.Undecided => DisputeStates.Undecided,
            DisputeStage.Decided => DisputeStates.Decided,
            DisputeStage.Settled => DisputeStates.Settled,
            _ => throw new InvalidOperationException($"This is a bug in {nameof(DisputeFiles)}: it does not know the stage {stage}."),
        };

    private static DisputeVote VoteOf(CastVote vote, string role) => new(vote.Worker, role, vote.Price, vote.Execution);

    private static Slashing SlashingOf(Loss loss, JobTicket ticket)
    {
        var (taken, paid) = (loss.Taken!.Value, PayeeAmounts.Sum(loss.Paid));
        var shares = loss.Paid.Select(payee => new PaidShare(payee.Payee, payee.Amount));
        return new Slashing(loss.Worker, taken, [.. taken > paid ? shares.Append(new PaidShare(ticket.Account, taken - paid)) : shares]);
    }
}
