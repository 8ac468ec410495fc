namespace Marketplace.Receipts;

/// <summary>
/// What a member of a committee checks of a receipt before it signs it. It has run the job itself, so the execution is its own; everything
/// else the market has told it. That the payer ordered the job, that the other seats agree, and when the job ended, it cannot know: the
/// market signs those.
/// </summary>
public static class MemberChecks
{
    private const string Completed = "completed";

    /// <summary>A run that completed may have given more than its payer has room for: the last of its two ends.</summary>
    private static readonly Dictionary<string, (string State, string Fault)[]> Ends = new(StringComparer.Ordinal)
    {
        [Completed] = [(Completed, "none"), ("failed", "program")],
        [RunResult.NameOf(RunOutcome.Trapped)] = [("failed", "program")],
        [RunResult.NameOf(RunOutcome.Failed)] = [("failed", "program")],
        [RunResult.NameOf(RunOutcome.OutOfFuel)] = [("failed", "program")],
        [RunResult.NameOf(RunOutcome.OutOfMemory)] = [("failed", "program")],
        [RunResult.NameOf(RunOutcome.OutputTooLarge)] = [("failed", "program")],
        [RunResult.NameOf(RunOutcome.TimedOut)] = [("timed_out", "program")],
        [RunResult.NameOf(RunOutcome.InputUnavailable)] = [("failed", "input")],
        [RunResult.NameOf(RunOutcome.InvalidModule)] = [("failed", "input")],
    };

    /// <summary>Whether a run that ended so may end its job so, by this fault.</summary>
    public static bool CanEnd(string outcome, string state, string fault) =>
        Ends.TryGetValue(outcome, out var ends) && ends.Contains((state, fault));

    /// <param name="receipt">With the member's own execution.</param>
    /// <param name="own">The member, with the price that its lease said. It may have no seat: then it is not paid.</param>
    /// <param name="payTo">The account that earns for it.</param>
    /// <returns>Why the member does not stand by it, in a sentence; null: it does.</returns>
    public static string? Refusal(Receipt receipt, Seat own, AccountId payTo)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        ArgumentNullException.ThrowIfNull(own);
        if (ReceiptChecks.Contradiction(receipt) is { } contradiction)
        {
            return contradiction;
        }
        if (Assurance.Parse(receipt.Assurance).Kind != AssuranceKind.Committee || receipt.Epoch == 0)
        {
            return $"The assurance '{receipt.Assurance}' in epoch {receipt.Epoch} is none that a committee signs.";
        }
        var (outcome, fuel) = (receipt.Execution.Result.Outcome, receipt.Execution.Result.Fuel);
        if (!CanEnd(outcome, receipt.State, receipt.Fault))
        {
            return $"The run ended as {outcome}, which is no {receipt.State} by the fault '{receipt.Fault}'.";
        }
        if (receipt.Seats.FirstOrDefault(seat => seat.Worker == own.Worker) is not { } seat)
        {
            // It has run the job as those with a seat did, later or more slowly: they are paid, and it can say that they are right.
            return null;
        }
        if (seat.UnitPrice != own.UnitPrice)
        {
            return $"Its seat has the price {seat.UnitPrice} per million fuel; its lease said {own.UnitPrice}.";
        }
        // Where the limit cuts the sum, no rule says which seat gets less.
        var due = FuelPrice.Cost(fuel, own.UnitPrice, receipt.PriceLimit);
        return
            receipt.Price < receipt.PriceLimit
            && !receipt.Price.IsZero
            && !due.IsZero
            && !receipt.Shares.Any(share => share.Account == payTo && share.Amount >= due)
            ? $"No share gives {due} to {payTo}, which its run has earned."
            : null;
    }
}
