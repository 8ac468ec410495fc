namespace Marketplace.Chain;

/// <summary>The envelopes of transactions (<see href="https://eips.ethereum.org/EIPS/eip-2718">EIP-2718</see>): the number is the first
/// byte, which a legacy transaction does not have.</summary>
public enum EvmTransactionKind
{
    Legacy = 0,

    /// <summary><see href="https://eips.ethereum.org/EIPS/eip-2930">EIP-2930</see>.</summary>
    AccessList = 1,

    /// <summary><see href="https://eips.ethereum.org/EIPS/eip-1559">EIP-1559</see>.</summary>
    FeeMarket = 2,
}

/// <summary>Storage that a transaction says beforehand it will touch.</summary>
/// <param name="Address">Whose.</param>
/// <param name="Keys">Which words of it.</param>
public sealed record AccessListEntry(EvmAddress Address, IReadOnlyList<Bytes32> Keys);
