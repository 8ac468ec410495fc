namespace Marketplace.Engine;

/// <summary>Why a module could not be instantiated.</summary>
public enum LinkFault
{
    /// <summary>Nothing of that name was offered.</summary>
    UnknownImport = 0,

    /// <summary>Something of that name was offered with another type.</summary>
    IncompatibleImport = 1,

    /// <summary>The module's first memory or tables are bigger than <see cref="RunLimits"/> allow.</summary>
    LimitExceeded = 2,
}

/// <summary>The module is valid and its imports or first sizes are not met.</summary>
public sealed class LinkException(LinkFault fault, string message) : Exception(message)
{
    public LinkFault Fault { get; } = fault;
}
