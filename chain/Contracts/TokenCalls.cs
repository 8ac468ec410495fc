// Made from contracts/evm/built/DevelopmentToken.json by ContractCallsTests; not edited by hand.
using System.Numerics;
using static Marketplace.Chain.ContractValues;

namespace Marketplace.Chain;

/// <summary>What transactions say to the contract DevelopmentToken: the data of each.</summary>
public static class TokenCalls
{
    /// <summary><c>approve(address spender, uint256 value)</c></summary>
    public static byte[] Approve(EvmAddress spender, BigInteger value) => Encode("approve", Of(spender), Of(value));

    /// <summary><c>mint(address to, uint256 amount)</c></summary>
    public static byte[] Mint(EvmAddress to, BigInteger amount) => Encode("mint", Of(to), Of(amount));

    private static byte[] Encode(string function, params object[] arguments) =>
        ContractBuild.DevelopmentToken.Abi.Function(function).Signature.EncodeCall(arguments);
}
