namespace Marketplace.Grains;

/// <summary>Bounds of stakes, each with its reason.</summary>
internal static class StakePolicy
{
    /// <summary>
    /// How long a stake may wait for its hold, and how long one that was refused may still turn out to have been held: longer than a call
    /// can be on its way. What is on hold then goes back.
    /// </summary>
    public static readonly TimeSpan AskedMax = TimeSpan.FromMinutes(10);

    /// <summary>How often the end of a stake is tried again where its account does not answer.</summary>
    public static readonly TimeSpan CheckPeriod = TimeSpan.FromMinutes(10);

    /// <summary>The reminder that ends what is not for good.</summary>
    public const string EndReminder = "stakes";
}
