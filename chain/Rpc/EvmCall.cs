using System.Numerics;

namespace Marketplace.Chain;

/// <summary>A call that is run without a transaction.</summary>
public sealed record EvmCall
{
    /// <summary>Null: the data is a contract's init code.</summary>
    public required EvmAddress? To { get; init; }

    /// <summary>As whose transaction it runs; null: the zero address's.</summary>
    public EvmAddress? From { get; init; }

    /// <summary>At most <see cref="RpcPolicy.CallBytesMax"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Wei that go with it: not negative, at most 256 bits.</summary>
    public BigInteger Value { get; init; }
}

/// <summary>What consecutive blocks charged for gas.</summary>
/// <param name="OldestBlock">Number of the first.</param>
/// <param name="BaseFeesPerGas">In wei, of each block and of the one behind the last.</param>
/// <param name="PriorityFeesPerGas">In wei, of each block one for each percentile that was asked for.</param>
public sealed record FeeHistory(
    ulong OldestBlock,
    IReadOnlyList<BigInteger> BaseFeesPerGas,
    IReadOnlyList<IReadOnlyList<BigInteger>> PriorityFeesPerGas
);
