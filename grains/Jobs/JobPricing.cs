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
        return FuelPrice.Cost((ulong)Math.Clamp(end.FuelUsed, 0, spec.FuelMax), end.PricePerMillionFuel, spec.PriceMax);
    }
}
