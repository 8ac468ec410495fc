using Marketplace.Verify.Chaos;
using Marketplace.Verify.Leaders;

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
        ["leaders"] = (
            "the silo that leads a committee's window is killed between proposal and certificate, again and again, and members with it; "
                + "every job ends with a certificate that verifies, no member votes twice "
                + "[--silos N] [--members N] [--kills N] [--jobs N] [--seed S]",
            LeadersCheck.Run
        ),
    };
}
