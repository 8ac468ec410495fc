using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who is refused first in an overload: jobs of a lower priority, which is what a buyer pays for, and of one priority those that would pay
/// least for their fuel, in steps of twice as much.
/// </summary>
internal static class JobRanks
{
    /// <summary>From 1 base unit per million fuel to 2^31 and more.</summary>
    private const int PriceSteps = 32;

    public const int Count = JobLimits.PriorityMax * PriceSteps;

    /// <param name="spec">Within its bounds.</param>
    /// <returns>0 to <see cref="Count"/> - 1; the lowest is refused first.</returns>
    public static int Of(JobSpec spec)
    {
        var price = FuelPrice.Cap((UInt128)spec.FuelMax, spec.PriceMax).BaseUnits;
        var step = (int)UInt128.Min(UInt128.Log2(UInt128.Max(price, 1)), PriceSteps - 1);
        return ((Math.Max(1, spec.Priority) - 1) * PriceSteps) + step;
    }

    public static int PriorityOf(int rank) => (rank / PriceSteps) + 1;

    /// <summary>The least price limit per million fuel of the rank.</summary>
    public static TokenAmount PriceOf(int rank) => new(UInt128.One << (rank % PriceSteps));
}
