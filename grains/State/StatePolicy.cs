namespace Marketplace.Grains;

/// <summary>Bounds of one program's state, each with its reason.</summary>
internal static class StatePolicy
{
    /// <summary>Keys of one program: the whole state is in memory, and its root is computed over all of it.</summary>
    public const int KeysMax = 65_536;

    /// <summary>
    /// Bytes of all keys and values of one program, with eight more for each entry: a snapshot is one document, and the kept runs must fit
    /// into it beside them.
    /// </summary>
    public const int StateBytesMax = 2 * 1024 * 1024;

    /// <summary>
    /// Runs that are kept until their job's end is written. Jobs of a program run one at a time, so more than one is the trace of a crash.
    /// </summary>
    public const int CommittedRunsMax = 16;

    /// <summary>Commits between two snapshots have at least so many bytes.</summary>
    public const int SnapshotEventBytesMin = 256 * 1024;
}
