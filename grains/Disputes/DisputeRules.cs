using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>How a dispute goes on, and who loses how much. Pure.</summary>
internal static class DisputeRules
{
    /// <summary>The evidence as it comes from the job's seats; what is at stake is to be frozen for its trial.</summary>
    public static DisputeState Open(DisputeCase dispute, DateTimeOffset now) =>
        new(
            Ticket: dispute.Ticket,
            Root: dispute.Root,
            Results: WithResultsOf([], dispute.Votes),
            Seats: WithoutResults(dispute.Votes),
            Accepted: dispute.Accepted,
            Stage: DisputeStage.Opening,
            OpenedAt: now
        );

    /// <summary>What is at stake is frozen, and a jury is asked.</summary>
    public static DisputeState Begin(DisputeState dispute) => dispute with { Stage = DisputeStage.Open };

    /// <summary>No jury is asked.</summary>
    public static DisputeState Keep(DisputeState dispute, string reason, DateTimeOffset now) =>
        Closed(dispute, DisputeStage.Kept, reason, now);

    /// <summary>The jury brought no verdict.</summary>
    public static DisputeState GiveUp(DisputeState dispute, string reason, DateTimeOffset now) =>
        Closed(dispute, DisputeStage.Undecided, reason, now);

    public static DisputeState WithJurors(DisputeState dispute, ImmutableArray<CastVote> jurors) =>
        dispute with
        {
            Results = WithResultsOf(dispute.Results, jurors),
            Jurors = WithoutResults(jurors),
        };

    /// <returns>The execution that the jurors' votes give; null: none leads each other.</returns>
    public static Bytes32? VerdictOf(DisputeState dispute) =>
        JuryRules.Verdict(
            dispute.Jurors.Select(juror => juror.Execution).Where(execution => Proves(dispute, execution)),
            DisputePolicy.Lead
        );

    /// <summary>There is a verdict. It is durable before anybody is slashed.</summary>
    /// <param name="dispute">With its jurors.</param>
    /// <param name="verdict">What they give.</param>
    /// <param name="losers">In the order in which they are slashed.</param>
    /// <param name="now">The moment.</param>
    public static DisputeState Decide(DisputeState dispute, Bytes32 verdict, IEnumerable<WorkerId> losers, DateTimeOffset now) =>
        Closed(dispute, DisputeStage.Decided, "", now) with
        {
            Verdict = verdict,
            Losses = [.. losers.Select(worker => new Loss(worker, null, []))],
            // A market that could not keep its evidence has counted them as wrong.
            Uncleared =
                dispute.Accepted is { } accepted && accepted != verdict
                    ? [.. dispute.Seats.Where(seat => seat.Execution == verdict).Select(seat => seat.Worker)]
                    : [],
        };

    /// <summary>Whoever signed another result than the verdict, unless theirs depends on the machine.</summary>
    public static IEnumerable<WorkerId> LosersOf(DisputeState dispute, Bytes32 verdict) =>
        dispute
            .Seats.Concat(dispute.Jurors)
            .Where(vote => vote.Execution != verdict && Proves(dispute, vote.Execution))
            .Select(vote => vote.Worker);

    /// <summary>The results of seats of which one at most can be right.</summary>
    public static ImmutableArray<Bytes32> DisputedOf(DisputeState dispute) =>
        [.. dispute.Seats.Select(seat => seat.Execution).Where(execution => Proves(dispute, execution)).Distinct()];

    public static bool IsSame(DisputeState dispute, JuryVerdict verdict) =>
        dispute
            .Jurors.Select(juror => (juror.Worker, juror.Execution))
            .SequenceEqual(verdict.Jurors.Select(juror => (juror.Worker, juror.Execution)))
        && (dispute.Stage == DisputeStage.Undecided) == verdict.WhyNone is not null;

    public static Trial TrialOf(DisputeState dispute)
    {
        var account = dispute.Ticket.Account;
        return new Trial(
            Ticket: dispute.Ticket,
            Root: dispute.Root,
            Results: DisputedOf(dispute),
            // Neither the client's own workers.
            Voters: [.. dispute.Seats.Select(seat => seat.Worker), new WorkerId(account.Value)],
            Owners: [.. dispute.Seats.Select(seat => seat.PayTo).Append(account).Distinct()],
            SeatPriceMax: SeatPriceMax(dispute),
            Lead: DisputePolicy.Lead,
            SeatsMax: DisputePolicy.SeatsMax
        );
    }

    /// <summary>What backs a result: all that a jury may cost. One loser alone must be able to pay it.</summary>
    public static TokenAmount BackingMin(JobSpec spec)
    {
        var cost = JuryRules.SeatPriceMax(spec.PriceMax, spec.Assurance) * DisputePolicy.SeatsMax;
        return cost.IsZero ? FuelPrice.Least : cost;
    }

    /// <summary>Whether a jury was, or is, to judge the vote.</summary>
    public static bool IsTried(DisputeState dispute, CastVote vote) =>
        dispute.Stage != DisputeStage.Kept && dispute.Seats.Any(seat => seat.Worker == vote.Worker && seat.Execution == vote.Execution);

    /// <summary>
    /// What the loser of this place in the order loses: its part of what the jury is owed yet, and the job's price limit. Those that follow
    /// owe what it does not have.
    /// </summary>
    /// <param name="dispute">With a verdict.</param>
    /// <param name="index">All before it have been slashed.</param>
    public static SlashOrder OrderFor(DisputeState dispute, int index)
    {
        var paid = dispute.Losses.Take(index).Aggregate(TokenAmount.Zero, (sum, loss) => sum + PayeeAmounts.Sum(loss.Paid));
        var (_, unpaid) = PayeeAmounts.Split(FeesOf(dispute), paid);
        var part = PayeeAmounts.Sum(unpaid).MultiplyDivideRoundingUp(1, (UInt128)(dispute.Losses.Length - index));
        var (ticket, price) = (dispute.Ticket, dispute.Ticket.Spec.PriceMax);
        return new SlashOrder(
            Dispute: ticket.Job,
            At: dispute.DecidedAt!.Value,
            Amount: part + price,
            Payees: PayeeAmounts.Split(unpaid, part).Paid,
            Rest: ticket.Account,
            Price: price
        );
    }

    public static DisputeState Slashed(DisputeState dispute, int index, SlashOutcome outcome)
    {
        var (paid, _) = PayeeAmounts.Split(OrderFor(dispute, index).Payees, outcome.Taken);
        var loss = dispute.Losses[index] with { Taken = outcome.Taken, Paid = paid };
        return Settled(dispute with { Losses = dispute.Losses.SetItem(index, loss) });
    }

    public static DisputeState Cleared(DisputeState dispute) => Settled(dispute with { Uncleared = dispute.Uncleared.RemoveAt(0) });

    /// <summary>What came of the run, as its workers have signed it.</summary>
    public static RunResult ResultOf(KnownResult known, StateRoot? root)
    {
        var (result, before) = (known.Result, root ?? default);
        var completed = result.Outcome == RunOutcome.Completed;
        return new RunResult
        {
            Profile = known.Profile,
            Outcome = RunResult.NameOf(result.Outcome),
            ExitCode = result.ExitCode,
            Fuel = (ulong)result.FuelUsed,
            Output = completed ? result.Output ?? default : default,
            OutputFiles = completed ? JobExecutions.FilesOf(result.Files) : [],
            StateBefore = before,
            StateAfter = completed ? known.RootAfter ?? before : before,
            Writes = result.Writes,
        };
    }

    /// <summary>Jurors with the verdict, each its own price for the fuel of it.</summary>
    private static ImmutableArray<PayeeAmount> FeesOf(DisputeState dispute)
    {
        var (fuel, most) = (ResultWith(dispute, dispute.Verdict!.Value).Result.FuelUsed, SeatPriceMax(dispute));
        return
        [
            .. dispute
                .Jurors.Where(juror => juror.Execution == dispute.Verdict)
                .Select(juror => new PayeeAmount(juror.PayTo, FuelPrice.Cost((ulong)fuel, juror.Price, most))),
        ];
    }

    private static TokenAmount SeatPriceMax(DisputeState dispute) =>
        JuryRules.SeatPriceMax(dispute.Ticket.Spec.PriceMax, dispute.Ticket.Spec.Assurance);

    private static bool Proves(DisputeState dispute, Bytes32 execution) =>
        !JuryRules.DependsOnMachine(RunResult.NameOf(ResultWith(dispute, execution).Result.Outcome));

    private static KnownResult ResultWith(DisputeState dispute, Bytes32 execution) =>
        dispute.Results.First(known => known.Execution == execution);

    private static DisputeState Settled(DisputeState dispute) =>
        dispute.Uncleared.IsEmpty && dispute.Losses.All(loss => loss.Taken is not null)
            ? dispute with
            {
                Stage = DisputeStage.Settled,
            }
            : dispute;

    /// <summary>No jury needs the input any more: its hash is all that the evidence has of it.</summary>
    private static DisputeState Closed(DisputeState dispute, DisputeStage stage, string reason, DateTimeOffset now)
    {
        var spec = dispute.Ticket.Spec;
        var hashed = spec with { Input = default, InputBlob = spec.InputBlob ?? IdDerivation.Blob(spec.Input.Span) };
        return dispute with
        {
            Ticket = dispute.Ticket with { Spec = hashed },
            Stage = stage,
            Reason = JobPolicy.Cut(reason, DisputePolicy.ReasonCharsMax)!,
            DecidedAt = now,
        };
    }

    private static ImmutableArray<KnownResult> WithResultsOf(ImmutableArray<KnownResult> known, ImmutableArray<CastVote> votes)
    {
        var results = known.ToBuilder();
        foreach (var vote in votes.Where(vote => vote.Result is not null))
        {
            if (results.All(result => result.Execution != vote.Execution))
            {
                results.Add(new KnownResult(vote.Execution, vote.Result!, vote.Signed.Profile, vote.Signed.RootAfter));
            }
        }
        return results.ToImmutable();
    }

    private static ImmutableArray<CastVote> WithoutResults(ImmutableArray<CastVote> votes) =>
        [.. votes.Select(vote => vote with { Result = null })];
}
