using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a job costs. Prices are per million fuel; what a client is to cover is rounded up.</summary>
internal static class JobPricing
{
    /// <summary>What counts as fuel of a run that was cancelled before its worker told how far it was: setting it up.</summary>
    public static long SetUpFuel(long moduleBytes) => moduleBytes * JobPolicy.SetUpFuelPerModuleByte;

    /// <summary>
    /// The fault decides who pays: the client pays for completed runs, for faults of its program, and for what a run that it cancelled had
    /// used; all other runs are free.
    /// </summary>
    public static TokenAmount Charge(JobEnd end, JobSpec spec)
    {
        if (end.Payee is null || end.Fault is not (JobFault.None or JobFault.Program or JobFault.Client))
        {
            return TokenAmount.Zero;
        }
        if (end.Reuse is { } reuse)
        {
            return ReuseRules.Charge(reuse, spec);
        }
        var first = ChargeOf(end.PricePerMillionFuel, end, spec);
        if (end.Others.IsDefaultOrEmpty)
        {
            return first;
        }
        // Each is at most the limit's part for one seat where the market matched it; the limit holds in any case.
        var all = end.Others.Aggregate(
            first.BaseUnits,
            (sum, seat) => AddUpTo(spec.PriceMax, sum, ChargeOf(seat.PricePerMillionFuel, end, spec))
        );
        return new TokenAmount(all);
    }

    /// <summary>What one of the runs with the end's fuel costs.</summary>
    public static TokenAmount ChargeOf(TokenAmount pricePerMillionFuel, JobEnd end, JobSpec spec) =>
        FuelPrice.Cost((ulong)Math.Clamp(end.FuelUsed, 0, spec.FuelMax), pricePerMillionFuel, spec.PriceMax);

    /// <summary>Who gets how much of the charge: each what its run costs, in the order of the runs, as far as the charge goes.</summary>
    /// <returns>No entry of nothing; empty where there is no charge.</returns>
    public static ImmutableArray<PayeeAmount> Shares(JobEnd end, JobSpec spec, TokenAmount charge)
    {
        if (charge.IsZero)
        {
            return [];
        }
        if (end.Reuse is { } reuse)
        {
            return ReuseRules.Shares(reuse, charge);
        }
        if (end.Others.IsDefaultOrEmpty)
        {
            return [new PayeeAmount(end.Payee!.Value, charge)];
        }
        var shares = ImmutableArray.CreateBuilder<PayeeAmount>(1 + end.Others.Length);
        var left = charge;
        foreach (var seat in end.Others.Prepend(new JobSeat(end.Worker!.Value, end.Payee!.Value, end.PricePerMillionFuel)))
        {
            var amount = TokenAmount.Min(left, ChargeOf(seat.PricePerMillionFuel, end, spec));
            left -= amount;
            if (!amount.IsZero)
            {
                shares.Add(new PayeeAmount(seat.Payee, amount));
            }
        }
        return shares.ToImmutable();
    }

    private static UInt128 AddUpTo(TokenAmount most, UInt128 sum, TokenAmount next) =>
        most.BaseUnits - sum < next.BaseUnits ? most.BaseUnits : sum + next.BaseUnits;
}
