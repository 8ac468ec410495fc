namespace Marketplace.Engine;

/// <summary>Bounds of one run, enforced while it runs.</summary>
public sealed record RunLimits
{
    /// <summary>Fuel by the tables in FUEL.md.</summary>
    public required long FuelMax { get; init; }

    /// <summary>Pages of 64 KiB of each memory; a guest that asks for more gets -1 and <see cref="Run.MemoryRefused"/> is set.</summary>
    public required int MemoryPagesMax { get; init; }

    /// <summary>Elements of all tables that the run's instances make, together.</summary>
    public int TableElementsMax { get; init; } = EnginePolicy.TableElementsMax;

    /// <summary>Stack slots of 8 bytes for all nested calls; at most <see cref="EnginePolicy.StackSlotsMax"/>.</summary>
    public int StackSlotsMax { get; init; } = EnginePolicy.StackSlotsMax;

    /// <summary>Wall time from the first instance on; the time that machine code is made in does not count. Null: no limit.</summary>
    public TimeSpan? TimeMax { get; init; }

    /// <summary>How much of that time does not count, at most: what a run may keep a core busy beside <see cref="TimeMax"/>.</summary>
    public TimeSpan CompilationTimeMax { get; init; } = EnginePolicy.CompilationTimeMax;

    /// <summary>
    /// IL that may be made for the run, in bytes. More ends it as if its time were over: it depends on what was run before.
    /// </summary>
    public long CodeBytesMax { get; init; } = EnginePolicy.CodeBytesMax;

    /// <summary>Looked at on every fuel slice.</summary>
    public CancellationToken Cancellation { get; init; }
}
