using System.Numerics;
using Marketplace.Chain;

namespace Marketplace.Verify.Contracts;

/// <summary>What a call reverts with, byte for byte: an error and its arguments.</summary>
internal static class Refusal
{
    public const int OverflowCode = 0x11;

    private static readonly Dictionary<string, AbiSignature> Signatures = [];

    /// <param name="signature">As Solidity writes it: <c>NoRequest(address)</c>.</param>
    /// <param name="arguments">Values as the contract ABI has them; words, amounts and small numbers too.</param>
    public static byte[] Of(string signature, params object[] arguments)
    {
        if (!Signatures.TryGetValue(signature, out var known))
        {
            var open = signature.IndexOf('(', StringComparison.Ordinal);
            known = new AbiSignature(signature[..open], (AbiTuple)AbiType.Parse(signature[open..]));
            Signatures[signature] = known;
        }
        return known.EncodeCall([.. arguments.Select(Plain)]);
    }

    /// <summary>An addition or a subtraction that does not fit its type.</summary>
    public static byte[] Overflow { get; } = Of("Panic(uint256)", OverflowCode);

    /// <summary>A function that moves tokens was called from within one.</summary>
    public static byte[] Reentered { get; } = Of("ReentrancyGuardReentrantCall()");

    /// <summary>A precompile does not take the bytes for a point.</summary>
    public static byte[] NoPoint { get; } = Of("InvalidPoint()");

    /// <summary>For people: an error of one of the market's contracts, by its name.</summary>
    public static string Said(byte[] data)
    {
        var reverts = ((ContractBuild[])[ContractBuild.Escrow, ContractBuild.StakeRegistry, ContractBuild.ReceiptVerifier])
            .Select(contract => contract.Abi.DecodeRevert(data))
            .ToArray();
        return (Array.Find(reverts, revert => revert.Error is not null) ?? reverts[0]).ToString();
    }

    private static object Plain(object value) =>
        value switch
        {
            int number => new BigInteger(number),
            ulong number => new BigInteger(number),
            TokenAmount amount => (BigInteger)amount.BaseUnits,
            Bytes32 word => word.ToArray(),
            _ => value,
        };
}
