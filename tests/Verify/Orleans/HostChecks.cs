using Marketplace.Verify.Chaos;

namespace Marketplace.Verify;

/// <summary>Checks that need a cluster.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = new()
    {
        ["chaos"] = (
            "silos of a cluster are killed, frozen or cut off under load while others join, or the database is frozen; what they said "
                + "holds "
                + "[--mode kill|stop|database-stop|cut] [--workers inside|remote] [--silos N] [--kills N] [--every S] [--pause S] "
                + "[--jobs N] [--seed S]",
            ChaosCheck.Run
        ),
    };
}
