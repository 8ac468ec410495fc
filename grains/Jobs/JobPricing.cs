using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a job costs. Prices are per million fuel; what a client is to cover is rounded up.</summary>
internal static class JobPricing
{
    /// <summary>The price of <paramref name="fuel"/>, rounded up; never above <paramref name="limit"/>.</summary>
    public static TokenAmount Cost(long fuel, TokenAmount pricePerMillionFuel, TokenAmount limit)
    {
        if (fuel <= 0 || pricePerMillionFuel.IsZero)
        {
            return TokenAmount.Zero;
        }
        // Above this price any run costs more than the limit, so the multiplication below cannot overflow the answer.
        if (pricePerMillionFuel > PriceCap((UInt128)fuel, limit))
        {
            return limit;
        }
        return TokenAmount.Min(limit, FuelPrice.Of(fuel, pricePerMillionFuel));
    }

    /// <summary>
    /// The highest price per million fuel at which a run of <paramref name="fuelMax"/> stays within <paramref name="priceMax"/>.
    /// </summary>
    public static TokenAmount PriceCap(UInt128 fuelMax, TokenAmount priceMax)
    {
        // ceil(fuel × price / 10^6) <= limit is fuel × price <= limit × 10^6. A limit too large to be multiplied covers any price.
        var limit = priceMax.BaseUnits;
        return new TokenAmount(limit > UInt128.MaxValue / FuelPrice.Unit ? UInt128.MaxValue / fuelMax : limit * FuelPrice.Unit / fuelMax);
    }

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
        return Cost(Math.Min(end.FuelUsed, spec.FuelMax), end.PricePerMillionFuel, spec.PriceMax);
    }
}
