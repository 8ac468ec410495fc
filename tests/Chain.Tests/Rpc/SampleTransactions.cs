using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain.Tests;

/// <summary>Transfers of one wei, signed by the first account that development nodes fund.</summary>
internal static class SampleTransactions
{
    private const string KeyHex = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    public static EvmAddress Sender { get; } = EvmAddress.Parse("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");

    public static SignedTransaction Sign(
        ulong nonce,
        EvmTransactionKind kind = EvmTransactionKind.FeeMarket,
        EvmAddress? to = null,
        byte[]? initCode = null,
        ulong? chain = SampleChain.ChainId
    )
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString(KeyHex));
        return new EvmTransaction
        {
            Kind = kind,
            ChainId = chain,
            Nonce = nonce,
            GasPrice = 3_000_000_000,
            PriorityFee = kind == EvmTransactionKind.FeeMarket ? 1_000_000_000 : 0,
            GasLimit = 300_000,
            To = initCode is null ? to ?? SampleChain.Contract : null,
            Value = initCode is null ? BigInteger.One : BigInteger.Zero,
            Data = initCode ?? [],
        }.Sign(key);
    }
}
