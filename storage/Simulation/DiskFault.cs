namespace Marketplace.Storage;

/// <summary>What a simulated disk does at one of its operations.</summary>
public enum DiskFault
{
    None,

    /// <summary>The power goes before the operation is done; everything fails until <see cref="SimulatedDisk.Restart"/>.</summary>
    PowerCut,

    /// <summary>The operation fails. After a failed flush the bytes are no longer waiting to be written, and may be lost.</summary>
    Failure,

    /// <summary>A write reaches the file in part, then fails; other operations fail.</summary>
    Torn,

    /// <summary>From here on nothing grows any more.</summary>
    DiskFull,

    /// <summary>From here on flushes say that they were done and were not; other operations are done.</summary>
    Lie,
}

/// <summary>The simulated disk failed as it was told to.</summary>
public sealed class SimulatedDiskException(DiskFault fault, long operation)
    : IOException($"The simulated disk met '{fault}' at its operation {operation}.")
{
    public DiskFault Fault { get; } = fault;
}
