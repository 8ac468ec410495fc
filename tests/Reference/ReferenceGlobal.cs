using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>A global variable.</summary>
public sealed class ReferenceGlobal(GlobalType type, ReferenceValue value)
{
    public GlobalType Type { get; } = type;

    public ReferenceValue Value => Cell.As(Type.Content);

    internal Cell Cell { get; set; } = value.Cell;
}
