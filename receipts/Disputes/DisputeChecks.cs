using System.Numerics;
using static Marketplace.Receipts.ReceiptChecks;

namespace Marketplace.Receipts;

/// <summary>Checks a dispute offline, by DISPUTE.md.</summary>
public static class DisputeChecks
{
    /// <param name="file">What is to be checked.</param>
    /// <param name="market">The market that the verifier trusts; null: it compares by itself.</param>
    /// <returns>Every check, in a fixed order. The dispute is good where none is <see cref="CheckResult.Broken"/>.</returns>
    public static IReadOnlyList<ReceiptCheck> Of(DisputeFile file, MarketDomain? market = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. OneByOne(file, market)];
    }

    /// <summary>Those that the verdict proves to have signed a wrong result.</summary>
    public static IEnumerable<DisputeVote> Losers(Dispute dispute)
    {
        ArgumentNullException.ThrowIfNull(dispute);
        var results = ResultsOf(dispute);
        return dispute.Verdict.IsZero
            ? []
            : dispute.Votes.Where(vote =>
                vote.Execution != dispute.Verdict && !JuryRules.DependsOnMachine(results[vote.Execution].Outcome)
            );
    }

    private static IEnumerable<ReceiptCheck> OneByOne(DisputeFile file, MarketDomain? market)
    {
        var words = Words(file.Dispute);
        yield return words;
        yield return OfMarket(file.Domain, market);
        yield return Market(file);
        if (words.Result is CheckResult.Broken)
        {
            // What follows reads votes by the words.
            yield break;
        }
        yield return Workers(file);
        yield return Verdict(file.Dispute);
        yield return Slashings(file.Dispute);
        yield return NotChecked(
            "result",
            "That the program gives what the jury says is the word of the jurors; run the job again to see for yourself."
        );
    }

    private static ReceiptCheck Words(Dispute dispute)
    {
        const string Name = "words";
        var executions = ExecutionsOf(dispute);
        var seats = dispute.Votes.TakeWhile(vote => vote.Role == DisputeVote.Seat).ToArray();
        var isSealed = dispute.State == DisputeStates.Open;
        var wrong =
            !DisputeStates.All.Contains(dispute.State) ? $"'{dispute.State}' is no state of a dispute."
            : !Assurance.TryParse(dispute.Assurance, out var assurance) || assurance.IsNone
                ? $"'{dispute.Assurance}' is no assurance by which several workers run a job."
            : dispute.Results.FirstOrDefault(IsNoResult) is { } result
                ? $"'{result.Outcome}' with {result.Fuel} fuel is no result of a run that may use {dispute.Invocation.FuelLimit}."
            : executions.Distinct().Count() < executions.Length ? "A result is there twice."
            : dispute.Votes.Skip(seats.Length).FirstOrDefault(vote => vote.Role != DisputeVote.Juror) is { } other
                ? $"Worker {other.Worker} stands as '{other.Role}' where a juror stands."
            : dispute.Votes.Select(vote => vote.Worker).Distinct().Count() < dispute.Votes.Count ? "A worker has voted twice."
            : isSealed && !IsSealed(dispute, seats) ? "It tells results while a jury runs the job, or not of two seats and no jurors."
            : !isSealed && !dispute.Votes.Select(vote => vote.Execution).ToHashSet().SetEquals(executions)
                ? "The executions of the votes are not those of the results."
            : !isSealed && !AreDisputed(dispute, seats) ? "No two seats have given results of which one must be wrong."
            : !dispute.Accepted.IsZero && seats.All(seat => seat.Execution != dispute.Accepted) ? "No seat gave the accepted result."
            : WrongState(dispute, jurors: dispute.Votes.Count - seats.Length);
        return wrong is null
            ? Holds(Name, $"Job {dispute.Invocation.Job} is disputed, and {dispute.State}; the dispute's hash is {dispute.Hash()}.")
            : Broken(Name, wrong);

        bool IsNoResult(RunResult result) =>
            result.Outcome == RunResult.NotRun || !RunResult.IsOutcome(result.Outcome) || result.Fuel > dispute.Invocation.FuelLimit;
    }

    /// <summary>Whether nothing is told of what the seats gave.</summary>
    private static bool IsSealed(Dispute dispute, DisputeVote[] seats) =>
        dispute.Results.Count == 0
        && dispute.Accepted.IsZero
        && seats.Length >= 2
        && seats.Length == dispute.Votes.Count
        && seats.All(seat => seat.Execution.IsZero);

    /// <returns>What the state does not go with; null: nothing.</returns>
    private static string? WrongState(Dispute dispute, int jurors)
    {
        var hasVerdict = dispute.State is DisputeStates.Decided or DisputeStates.Settled;
        var hasReason = dispute.State is DisputeStates.Kept or DisputeStates.Open or DisputeStates.Undecided;
        return hasVerdict == dispute.Verdict.IsZero ? $"It is {dispute.State}, which does not go with the verdict {dispute.Verdict}."
            : hasReason == (dispute.Reason.Length == 0) ? $"It is {dispute.State}, which does not go with the reason '{dispute.Reason}'."
            : (dispute.State == DisputeStates.Open) != (dispute.DecidedAt == 0)
                ? $"It is {dispute.State}, which does not go with a decision at {dispute.DecidedAt}."
            : jurors > 0 && dispute.State is DisputeStates.Kept or DisputeStates.Open ? $"It is {dispute.State}, and {jurors} jurors voted."
            : dispute.Slashings.Count > 0 && !hasVerdict ? $"It is {dispute.State}, and yet there was a slashing."
            : dispute.Lead == 0 ? "A verdict takes no lead."
            : null;
    }

    private static ReceiptCheck Market(DisputeFile file)
    {
        const string Name = "market's signature";
        return IsSigned(file.Domain.Market, DisputeDigest.Of(file.Domain, file.Dispute.Hash()), file.MarketSignature)
            ? Holds(Name, "The market has signed the dispute.")
            : Broken(Name, "The market has not signed this dispute.");
    }

    private static ReceiptCheck Workers(DisputeFile file)
    {
        const string Name = "workers' signatures";
        var votes = file.Dispute.Votes;
        if (file.Dispute.State == DisputeStates.Open)
        {
            return file.WorkerSignatures.Count == 0
                ? NotChecked(Name, $"What {votes.Count} workers have signed stays sealed until the jury is over.")
                : Broken(Name, "It tells what workers have signed while a jury runs the job.");
        }
        if (file.WorkerSignatures.Count != votes.Count)
        {
            return Broken(Name, $"{votes.Count} workers voted, and {file.WorkerSignatures.Count} have signed.");
        }
        for (var index = 0; index < votes.Count; index++)
        {
            if (!PathStep.TryRead(file.WorkerSignatures[index].Path, out var path))
            {
                return Broken(Name, "A step of the path to the signed root has not one of 'left' and 'right'.");
            }
            var digest = BatchDigest.OfExecutions(file.Domain, MerkleBatch.RootOf(votes[index].Execution, path));
            if (!IsSigned(votes[index].Worker.Value, digest, file.WorkerSignatures[index].Signature))
            {
                return Broken(Name, $"Worker {votes[index].Worker} has not signed the execution for which it is said to have voted.");
            }
        }
        return Holds(Name, $"All {votes.Count} workers have signed what they voted for.");
    }

    private static ReceiptCheck Verdict(Dispute dispute)
    {
        const string Name = "verdict";
        var results = ResultsOf(dispute);
        var jurors = dispute.Votes.Where(vote => vote.Role == DisputeVote.Juror).ToArray();
        var counted = jurors
            .Select(juror => juror.Execution)
            .Where(execution => !JuryRules.DependsOnMachine(results[execution].Outcome))
            .ToArray();
        var verdict = JuryRules.Verdict(counted, dispute.Lead) ?? default;
        return verdict != dispute.Verdict
                ? Broken(Name, $"The jurors' votes give the verdict {verdict}; the dispute says {dispute.Verdict}.")
            : verdict.IsZero ? NotChecked(Name, $"{jurors.Length} jurors voted, and there is no verdict: {dispute.State}. {dispute.Reason}")
            : Holds(
                Name,
                $"{counted.Count(execution => execution == verdict)} of {jurors.Length} jurors gave the result of the verdict, which leads "
                    + $"by {dispute.Lead} or more."
            );
    }

    private static ReceiptCheck Slashings(Dispute dispute)
    {
        const string Name = "slashings";
        var losers = Losers(dispute).Select(vote => vote.Worker).ToHashSet();
        var slashed = dispute.Slashings.Select(slashing => slashing.Worker).ToArray();
        for (var index = 1; index < slashed.Length; index++)
        {
            if (slashed[index - 1].Value.CompareTo(slashed[index].Value) >= 0)
            {
                return Broken(Name, "The slashings are not ascending by worker, or one is there twice.");
            }
        }
        if (slashed.Where(worker => !losers.Contains(worker)).ToArray() is [var innocent, ..])
        {
            return Broken(Name, $"Worker {innocent} was slashed, and has not lost.");
        }
        if (dispute.State == DisputeStates.Settled && slashed.Length < losers.Count)
        {
            return Broken(Name, $"{losers.Count} workers have lost, and only {slashed.Length} were slashed.");
        }
        if (WrongAmounts(dispute) is { } wrong)
        {
            return Broken(Name, wrong);
        }
        return losers.Count == 0
            ? NotChecked(Name, "No worker has lost.")
            : Holds(
                Name,
                $"{slashed.Length} of {losers.Count} workers that have lost were slashed, and others were not. That no more was at stake "
                    + "is the market's word."
            );
    }

    /// <returns>Why the amounts cannot be; null: they can.</returns>
    private static string? WrongAmounts(Dispute dispute)
    {
        var cost = dispute.Verdict.IsZero ? 0 : CostOfJury(dispute);
        var (owed, paid) = (cost + (BigInteger)dispute.PriceLimit.BaseUnits, BigInteger.Zero);
        foreach (var slashing in dispute.Slashings)
        {
            var shared = BigInteger.Zero;
            foreach (var share in slashing.Shares)
            {
                shared += share.Amount.BaseUnits;
                paid += share.Account == dispute.Payer ? 0 : share.Amount.BaseUnits;
                if (share.Amount.IsZero)
                {
                    return $"A share of what worker {slashing.Worker} lost is nothing.";
                }
            }
            if (shared != slashing.Amount.BaseUnits || shared > owed)
            {
                return $"Worker {slashing.Worker} lost {slashing.Amount}, of which {shared} was shared out; it owed at most {owed}.";
            }
        }
        return paid <= cost ? null : $"Others than the payer got {paid}; the jury cost {cost}.";
    }

    private static BigInteger CostOfJury(Dispute dispute)
    {
        var seatPriceMax = JuryRules.SeatPriceMax(dispute.PriceLimit, Assurance.Parse(dispute.Assurance));
        var fuel = ResultsOf(dispute)[dispute.Verdict].Fuel;
        return dispute
            .Votes.Where(vote => vote.Role == DisputeVote.Juror && vote.Execution == dispute.Verdict)
            .Aggregate(BigInteger.Zero, (sum, juror) => sum + JuryRules.FeeOf(juror, fuel, seatPriceMax).BaseUnits);
    }

    /// <summary>Two seats have results that do not depend on the machine, and not the same.</summary>
    private static bool AreDisputed(Dispute dispute, IReadOnlyList<DisputeVote> seats)
    {
        var results = ResultsOf(dispute);
        return seats
                .Select(seat => seat.Execution)
                .Where(execution => !JuryRules.DependsOnMachine(results[execution].Outcome))
                .Distinct()
                .Count() > 1;
    }

    private static Bytes32[] ExecutionsOf(Dispute dispute)
    {
        var invocation = dispute.Invocation.Hash();
        return [.. dispute.Results.Select(result => Execution.Hash(invocation, result))];
    }

    /// <summary>By the hash of the execution.</summary>
    private static Dictionary<Bytes32, RunResult> ResultsOf(Dispute dispute) =>
        ExecutionsOf(dispute).Zip(dispute.Results).ToDictionary(pair => pair.First, pair => pair.Second);
}
