namespace Marketplace.Reference;

/// <summary>Bounds of one run, with the meaning that <see cref="Marketplace.Engine.RunLimits"/> gives them.</summary>
public sealed record ReferenceLimits
{
    public required long FuelMax { get; init; }

    public required int MemoryPagesMax { get; init; }

    public required int TableElementsMax { get; init; }

    public required int StackSlotsMax { get; init; }
}
