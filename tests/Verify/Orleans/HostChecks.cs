using Marketplace.Verify.Chaos;

namespace Marketplace.Verify;

/// <summary>Checks that need a cluster.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = new()
    {
        ["chaos"] = (
            "silos of a cluster are killed under load while others join; what they said holds [--silos N] [--kills N] [--every S] [--jobs N] "
            + "[--seed S]", ChaosCheck.Run),
    };
}
