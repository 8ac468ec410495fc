namespace Marketplace.Verify;

/// <summary>Checks that need the embedded host: they run the market under simulated time.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = new()
    {
        ["replay"] = ("the simulated market, again and again with one seed; one trace [--seed S] [--times N] [--jobs N]", ReplayCheck.Run),
    };
}
