using Marketplace.Verify.Chaos;
using Marketplace.Verify.Leaders;
using Marketplace.Verify.Settling;

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
        ["settlements"] = (
            "the silo that settles on a real chain is killed or frozen while members sign, before and after it sends, and while a deposit "
                + "is credited; each settlement stands there once, each deposit is in the books once, both sides agree; needs anvil "
                + "[--silos N] [--members N] [--kills N] [--freezes N] [--rivals N] [--isolation KIND] [--seed S]",
            SettlementsCheck.Run
        ),
    };
}
