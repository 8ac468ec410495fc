namespace Marketplace.Receipts;

/// <summary>What jurors' votes say. Pure; the market and each verifier go by it.</summary>
public static class JuryRules
{
    private static readonly string[] OfMachines = [RunResult.NameOf(RunOutcome.TimedOut), RunResult.NameOf(RunOutcome.InputUnavailable)];

    /// <summary>How fast a machine is, and what it could fetch, proves nothing: such a result wins nothing and is never wrong.</summary>
    public static bool DependsOnMachine(string outcome) => OfMachines.Contains(outcome);

    /// <param name="votes">The executions that jurors signed, without those that depend on the machine.</param>
    /// <param name="lead">At least 1.</param>
    /// <returns>The execution that leads each other by <paramref name="lead"/>; null where none does.</returns>
    public static Bytes32? Verdict(IEnumerable<Bytes32> votes, ulong lead)
    {
        var (first, most, second) = (default(Bytes32), 0UL, 0UL);
        foreach (var group in votes.GroupBy(execution => execution))
        {
            var count = (ulong)group.LongCount();
            if (count > most)
            {
                (first, most, second) = (group.Key, count, most);
            }
            else if (count > second)
            {
                second = count;
            }
        }
        return most > 0 && most - second >= lead ? first : null;
    }

    /// <summary>
    /// What a juror is paid that gave the result of the verdict: its own price for the fuel, at most what a seat may cost.
    /// </summary>
    /// <param name="juror">One with the verdict.</param>
    /// <param name="fuel">What the run of the verdict used.</param>
    /// <param name="seatPriceMax">The most that one run of the job may cost.</param>
    public static TokenAmount FeeOf(DisputeVote juror, ulong fuel, TokenAmount seatPriceMax)
    {
        ArgumentNullException.ThrowIfNull(juror);
        return FuelPrice.Cost(fuel, juror.UnitPrice, seatPriceMax);
    }

    /// <summary>The most that one run may cost of a job with the price limit.</summary>
    public static TokenAmount SeatPriceMax(TokenAmount priceLimit, Assurance assurance) =>
        new(priceLimit.BaseUnits / (UInt128)assurance.Seats);
}
