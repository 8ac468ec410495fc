using System.Numerics;

namespace Marketplace.Chain;

/// <summary>What came of a transaction in the block that holds it.</summary>
public sealed record TransactionReceipt
{
    public required Bytes32 TransactionHash { get; init; }

    /// <summary>False: it was reverted, and paid for all the same.</summary>
    public required bool Succeeded { get; init; }

    public required ulong BlockNumber { get; init; }

    public required Bytes32 BlockHash { get; init; }

    public required ulong GasUsed { get; init; }

    /// <summary>In wei for a unit of gas, as it was paid.</summary>
    public required BigInteger EffectiveGasPrice { get; init; }

    /// <summary>In the order in which they were written.</summary>
    public required IReadOnlyList<EvmLog> Logs { get; init; }
}
