using static Marketplace.Receipts.ReceiptChecks;

namespace Marketplace.Receipts;

/// <summary>Checks the receipt of a job that an earlier one's receipt has answered, by RECEIPT.md.</summary>
internal static class ReuseCheck
{
    public const string Name = "earlier receipt";

    private const int PercentMax = 100;

    /// <summary>Who says how the run ended: those who have signed the earlier one.</summary>
    public static ReceiptCheck Of(ReceiptFile file, ReceiptReuse reuse)
    {
        var (receipt, earlier) = (file.Receipt, reuse.Earlier);
        if (file.WorkerSignatures.Count > 0 || file.Certificate is not null)
        {
            return Broken(Name, "The job did not run, and yet its run is signed.");
        }
        if (earlier.Reuse is not null || earlier.Domain != file.Domain)
        {
            return Broken(Name, "The earlier receipt is of another market, or of a job that did not run either.");
        }
        if (Difference(receipt, earlier.Receipt) is { } difference)
        {
            return Broken(Name, difference);
        }
        if (
            !Assurance.TryParse(receipt.Assurance, out var assurance)
            || !Assurance.TryParse(earlier.Receipt.Assurance, out var had)
            || !had.Covers(assurance, earlier.Receipt.Seats.Count)
            || (had.Kind != AssuranceKind.Committee && earlier.Receipt.Payer != receipt.Payer)
        )
        {
            return Broken(
                Name,
                $"An earlier result of '{earlier.Receipt.Assurance}' is not as sure as '{receipt.Assurance}', or not this payer's own."
            );
        }
        return OneByOne(earlier, new ReceiptEvidence()).FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken
            ? Broken(Name, $"The earlier receipt does not hold: {broken.Finding}")
            : Holds(
                Name,
                $"Those who ran job {earlier.Receipt.Execution.Invocation.Job} have signed what came out; this job took it over."
            );
    }

    /// <summary>Percent, seats and limit give the price.</summary>
    public static ReceiptCheck Price(Receipt receipt, ReceiptReuse reuse)
    {
        const string Price = "price";
        var earlier = reuse.Earlier.Receipt;
        if (reuse.Percent > PercentMax || earlier.Seats.Count == 0)
        {
            return Broken(Price, $"{reuse.Percent} percent of the price of {earlier.Seats.Count} seats are no price.");
        }
        var asked = Assurance.TryParse(receipt.Assurance, out var assurance) ? assurance : default;
        var due = ReceiptReuse.Price(earlier.Price, reuse.Percent, earlier.Seats.Count, asked, receipt.PriceLimit);
        return receipt.Price == due
            ? Shared(receipt, $"The price of {due} is {reuse.Percent} percent of an earlier price, and is shared out whole.")
            : Broken(
                Price,
                $"{reuse.Percent} percent of the price {earlier.Price} of {earlier.Seats.Count} seats, at most {receipt.PriceLimit}, are "
                    + $"{due}; the receipt says {receipt.Price}."
            );
    }

    /// <summary>Why such a receipt contradicts itself; null: it does not.</summary>
    public static string? Wrong(Receipt receipt) =>
        receipt.Seats.Count > 0 || receipt.State != "completed" || receipt.Epoch != 0
            ? "A job that an earlier one's receipt has answered has completed, without seats and without an epoch."
            : null;

    /// <returns>What the two have not in common; null: all that the result depends on.</returns>
    private static string? Difference(Receipt receipt, Receipt earlier)
    {
        var (asked, ran) = (receipt.Execution.Invocation, earlier.Execution.Invocation);
        if (earlier.State != "completed" || earlier.EndedAt > receipt.EndedAt || ran.Job == asked.Job)
        {
            return "The earlier job did not complete, or not before this one, or is this one.";
        }
        // The job's id, its moment and what it may use differ, and a program that is answered so sees none of them.
        var same = ran with
        {
            Job = asked.Job,
            Clock = asked.Clock,
            FuelLimit = asked.FuelLimit,
            TimeLimit = asked.TimeLimit,
        };
        return same.Hash() != asked.Hash() ? "The earlier job was asked to run something else."
            : earlier.Execution.Result.Hash() != receipt.Execution.Result.Hash() ? "The earlier job had another result."
            : earlier.Execution.Result is not { Writes.IsZero: true, StateBefore.Value.IsZero: true, StateAfter.Value.IsZero: true }
                ? "The program keeps state, so its results depend on the jobs before."
            : null;
    }
}
