using System.Numerics;

namespace Marketplace.Chain;

/// <summary>A block's header, without what this system does not use.</summary>
public sealed record BlockHeader
{
    public required ulong Number { get; init; }

    public required Bytes32 Hash { get; init; }

    public required Bytes32 ParentHash { get; init; }

    /// <summary>In seconds since 1970.</summary>
    public required ulong Timestamp { get; init; }

    /// <summary>
    /// In wei for a unit of gas (<see href="https://eips.ethereum.org/EIPS/eip-1559">EIP-1559</see>); null before London.
    /// </summary>
    public required BigInteger? BaseFeePerGas { get; init; }

    /// <summary>
    /// The hash is the Keccak-256 of the header's fields, so a node cannot name other fields of it. False only under
    /// <see cref="HeaderHashCheck.UnlessFieldsAreUnknown"/>.
    /// </summary>
    public required bool IsHashProven { get; init; }
}

/// <summary>What to do with a header whose hash does not follow from the fields that this version knows.</summary>
public enum HeaderHashCheck
{
    /// <summary>Refuse it.</summary>
    Always = 0,

    /// <summary>
    /// Take it unproven where it has fields that this version does not know, as after a fork or on another kind of chain. A node that lies
    /// can add such a field, so this protects from mistakes only.
    /// </summary>
    UnlessFieldsAreUnknown = 1,
}
