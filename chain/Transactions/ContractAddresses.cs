using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>Where contracts come to be, before they are there.</summary>
public static class ContractAddresses
{
    /// <summary>Of the contract that the maker's transaction of this nonce makes (yellow paper, section 7).</summary>
    public static EvmAddress OfCreate(EvmAddress maker, ulong nonce) =>
        OfHash(new RlpWriter().WriteList(list => list.Write(maker).Write(nonce)).Written);

    /// <summary>Of the contract that CREATE2 makes (<see href="https://eips.ethereum.org/EIPS/eip-1014">EIP-1014</see>).</summary>
    public static EvmAddress OfCreate2(EvmAddress maker, Bytes32 salt, ReadOnlySpan<byte> initCode) =>
        OfHash([0xff, .. maker.ToWord().ToArray().AsSpan(^EvmAddress.Size..), .. salt.ToArray(), .. Keccak256.Hash(initCode)]);

    private static EvmAddress OfHash(ReadOnlySpan<byte> bytes) => new(Keccak256.Hash(bytes).AsSpan(^EvmAddress.Size..));
}
