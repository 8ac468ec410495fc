using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>Jobs that are answered from earlier ones' receipts.</summary>
public sealed partial class SiloOptions
{
    /// <summary>How much of the earlier price such a job pays, in percent.</summary>
    public int ReusePercent { get; set; } = new ReuseTerms().Percent;

    /// <summary>How old the receipt may be, in days.</summary>
    public int ReuseDays { get; set; } = (int)new ReuseTerms().AgeMax.TotalDays;

    internal ReuseTerms Reuse => new() { Percent = ReusePercent, AgeMax = TimeSpan.FromDays(ReuseDays) };

    private void ValidateReuse()
    {
        Check(
            ReusePercent is >= 1 and <= MarketLimits.ReusePercentMax,
            nameof(ReusePercent),
            ReusePercent,
            $"1 to {MarketLimits.ReusePercentMax} percent"
        );
        Check(
            ReuseDays >= 1 && ReuseDays <= MarketLimits.ReuseAgeMax.TotalDays,
            nameof(ReuseDays),
            ReuseDays,
            $"1 to {MarketLimits.ReuseAgeMax.TotalDays} days"
        );
    }
}
