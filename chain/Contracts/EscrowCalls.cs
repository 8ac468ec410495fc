// Made from contracts/evm/built/Escrow.json by ContractCallsTests; not edited by hand.
using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;
using static Marketplace.Chain.ContractValues;

namespace Marketplace.Chain;

/// <summary>What transactions say to the contract Escrow: the data of each.</summary>
public static class EscrowCalls
{
    /// <summary><c>acceptOperator()</c></summary>
    public static byte[] AcceptOperator() => Encode("acceptOperator");

    /// <summary><c>cancelWithdrawal()</c></summary>
    public static byte[] CancelWithdrawal() => Encode("cancelWithdrawal");

    /// <summary><c>claim(struct AccountTotals totals, struct MerklePath path)</c></summary>
    public static byte[] Claim(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Encode("claim", Of(totals), Of(path));

    /// <summary><c>claimToDeposit(struct AccountTotals totals, struct MerklePath path)</c></summary>
    public static byte[] ClaimToDeposit(AccountTotals totals, IReadOnlyList<MerkleStep> path) =>
        Encode("claimToDeposit", Of(totals), Of(path));

    /// <summary><c>close()</c></summary>
    public static byte[] Close() => Encode("close");

    /// <summary><c>compensate(bytes32 harmedAccount, uint128 amount)</c></summary>
    public static byte[] Compensate(Bytes32 harmedAccount, TokenAmount amount) => Encode("compensate", Of(harmedAccount), Of(amount));

    /// <summary><c>deposit(address account, uint128 amount)</c></summary>
    public static byte[] Deposit(EvmAddress account, TokenAmount amount) => Encode("deposit", Of(account), Of(amount));

    /// <summary><c>exit(struct AccountTotals totals, struct MerklePath path)</c></summary>
    public static byte[] Exit(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Encode("exit", Of(totals), Of(path));

    /// <summary><c>exitUnsettled(address account)</c></summary>
    public static byte[] ExitUnsettled(EvmAddress account) => Encode("exitUnsettled", Of(account));

    /// <summary><c>multicall(bytes[] data)</c></summary>
    public static byte[] Multicall(IReadOnlyList<byte[]> data) => Encode("multicall", Of(data));

    /// <summary><c>permit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)</c></summary>
    public static byte[] Permit(BigInteger amount, BigInteger deadline, ulong v, Bytes32 r, Bytes32 s) =>
        Encode("permit", Of(amount), Of(deadline), Of(v), Of(r), Of(s));

    /// <summary><c>proposeOperator(address next)</c></summary>
    public static byte[] ProposeOperator(EvmAddress next) => Encode("proposeOperator", Of(next));

    /// <summary><c>requestWithdrawal(uint128 amount)</c></summary>
    public static byte[] RequestWithdrawal(TokenAmount amount) => Encode("requestWithdrawal", Of(amount));

    /// <summary><c>settle(struct Settlement settlement, bytes32[] absentees, struct G2Point signature)</c></summary>
    public static byte[] Settle(Settlement settlement, IReadOnlyList<Bytes32> absentees, BlsSignature signature) =>
        Encode("settle", Of(settlement), Of(absentees), Of(signature));

    /// <summary><c>withdraw(struct AccountTotals totals, struct MerklePath path)</c></summary>
    public static byte[] Withdraw(AccountTotals totals, IReadOnlyList<MerkleStep> path) => Encode("withdraw", Of(totals), Of(path));

    private static byte[] Encode(string function, params object[] arguments) =>
        ContractBuild.Escrow.Abi.Function(function).Signature.EncodeCall(arguments);
}
