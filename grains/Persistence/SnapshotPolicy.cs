namespace Marketplace.Grains;

/// <summary>Bounds of the snapshots of grains that keep events, each with its reason.</summary>
internal static class SnapshotPolicy
{
    /// <summary>
    /// Events are folded into a snapshot when they have as many bytes as the last snapshot, and at least this many: recovery stays short,
    /// and snapshots cost at most as much as the events.
    /// </summary>
    public const int EventBytesMin = 256 * 1024;

    /// <summary>One document of a snapshot; that of a large account has several.</summary>
    public const int PartBytesMax = 2 * 1024 * 1024;
}
