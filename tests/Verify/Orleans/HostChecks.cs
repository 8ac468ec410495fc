namespace Marketplace.Verify;

/// <summary>Checks that need a cluster.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = [];
}
