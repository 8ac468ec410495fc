namespace Marketplace.Grains;

/// <summary>Leases that their workers do not have any more.</summary>
internal static class LostLeases
{
    /// <summary>A run that may have begun is lost, and its worker's fault; another one was none.</summary>
    public static void GiveUp(this MarketReports reports, MarketJob job, string reason)
    {
        if (job.Offer is null)
        {
            // The end of another seat has ended this one's panel.
            return;
        }
        if (job.MayHaveBegun)
        {
            _ = reports.Lost(job, reason);
        }
        else
        {
            reports.Returned(job, $"{reason} before it began");
        }
    }
}
