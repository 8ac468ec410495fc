namespace Marketplace.Engine;

/// <summary>Something that an import can be bound to or an export gives.</summary>
public abstract class External
{
    private protected External() { }

    public abstract ExternalType Type { get; }
}
