// Made from contracts/evm/built/StakeRegistry.json by ContractCallsTests; not edited by hand.
using System.Numerics;
using Marketplace.Crypto;
using static Marketplace.Chain.ContractValues;

namespace Marketplace.Chain;

/// <summary>What transactions say to the contract StakeRegistry: the data of each.</summary>
public static class StakeRegistryCalls
{
    /// <summary><c>beginUnbonding(bytes32 member, uint128 amount)</c></summary>
    public static byte[] BeginUnbonding(Bytes32 member, TokenAmount amount) => Encode("beginUnbonding", Of(member), Of(amount));

    /// <summary><c>increaseStake(bytes32 member, uint128 amount)</c></summary>
    public static byte[] IncreaseStake(Bytes32 member, TokenAmount amount) => Encode("increaseStake", Of(member), Of(amount));

    /// <summary><c>multicall(bytes[] data)</c></summary>
    public static byte[] Multicall(IReadOnlyList<byte[]> data) => Encode("multicall", Of(data));

    /// <summary><c>permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)</c></summary>
    public static byte[] Permit(BigInteger amount, BigInteger deadline, ulong v, Bytes32 r, Bytes32 s) =>
        Encode("permit", Of(amount), Of(deadline), Of(v), Of(r), Of(s));

    /// <summary><c>register(bytes32 worker, struct G1Point key, struct G2Point possession, uint128 amount)</c></summary>
    public static byte[] Register(Bytes32 worker, BlsPublicKey key, BlsSignature possession, TokenAmount amount) =>
        Encode("register", Of(worker), Of(key), Of(possession), Of(amount));

    /// <summary><c>withdrawStake(bytes32 member)</c></summary>
    public static byte[] WithdrawStake(Bytes32 member) => Encode("withdrawStake", Of(member));

    private static byte[] Encode(string function, params object[] arguments) =>
        ContractBuild.StakeRegistry.Abi.Function(function).Signature.EncodeCall(arguments);
}
