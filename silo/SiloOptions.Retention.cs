using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>How long ended jobs are kept.</summary>
public sealed partial class SiloOptions
{
    /// <summary>After how many days an ended job is dropped; 0: it is kept for ever.</summary>
    public int KeepJobs { get; set; }

    internal JobKeeping Keeping => new(Reuse) { Days = KeepJobs };

    private void ValidateRetention() =>
        Check(
            JobKeeping.IsAllowed(KeepJobs),
            nameof(KeepJobs),
            KeepJobs,
            $"{MarketLimits.KeepJobDaysMin} to {MarketLimits.KeepJobDaysMax} days, in which a job may still be disputed, or 0 to keep "
                + "jobs for ever"
        );
}
