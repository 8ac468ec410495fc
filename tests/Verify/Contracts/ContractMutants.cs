using Marketplace.Chain;

namespace Marketplace.Verify.Contracts;

/// <summary>Rules of the contracts that a check takes away to show that it sees their absence: <c>--without NAME</c>.</summary>
internal static class ContractMutants
{
    private static readonly Dictionary<string, ContractMutant> All = new()
    {
        ["guard"] = new(
            "Escrow.sol",
            "function claim(AccountTotals calldata totals, MerklePath calldata path) external nonReentrant {",
            "function claim(AccountTotals calldata totals, MerklePath calldata path) external {"
        ),
        ["dust"] = new("Escrow.sol", "amount >= depositMin", "amount > 0"),
        ["claimed"] = new("Escrow.sol", "balance.claimed += amount;", ""),
        ["earned"] = new("Escrow.sol", "Math.min(owed, _last.earned - claimed)", "owed"),
        ["held"] = new("Escrow.sol", "uint128(Math.min(amount, Math.saturatingSub(held, owed)))", "uint128(Math.min(amount, held))"),
        ["counted"] = new("Escrow.sol", "balance.requestedBlock <= _last.chainBlock", "true"),
        ["covered"] = new("Escrow.sol", "settlement.earned <= covered", "covered >= 0"),
        ["received"] = new("Payments.sol", "received == amount", "received <= amount"),
        ["delay"] = new("StakeRegistry.sol", "block.timestamp >= known.unbondedAt", "known.unbondedAt > 0"),
        ["evidence"] = new("StakeRegistry.sol", "oneHash != otherHash && one.settlement.number", "one.settlement.number"),
        ["once"] = new(
            "StakeRegistry.sol",
            "Member storage known = _members[member];\n        require(!known.isSlashed, MemberIsSlashed(member));\n        uint128 amount",
            "Member storage known = _members[member];\n        uint128 amount"
        ),
        ["third"] = new(
            "StakeRegistry.sol",
            "uint256(signed) * 3 > uint256(committee.weight) * 2",
            "uint256(signed) * 3 >= uint256(committee.weight) * 2"
        ),
        ["ascending"] = new("StakeRegistry.sol", "absentee > before", "absentee >= before"),
        ["side"] = new("MerklePaths.sol", "(path.lefts >> i) & 1 == 1", "(path.lefts >> i) & 1 == 0"),
        ["sign"] = new("Receipts.sol", "result.exitCode, result.fuel", "uint32(result.exitCode), result.fuel"),
        ["chain"] = new("Domain.sol", "block.chainid, escrow, market", "uint256(1), escrow, market"),
        ["number"] = new("ReceiptVerifier.sol", "settled != 0 && path.rootOf(hash) == settled", "path.rootOf(hash) != 0"),
        ["compressed"] = new("Bls12381.sol", "isLarger ? 0xa0 : 0x80", "isLarger ? 0x80 : 0xa0"),
    };

    /// <summary>For messages.</summary>
    public static string Names => string.Join(", ", All.Keys);

    /// <returns>What creates the escrow: the build's, or one that lacks a rule.</returns>
    public static async Task<ReadOnlyMemory<byte>> EscrowOf(string? without) =>
        without is null ? ContractBuild.Escrow.Bytecode
        : All.TryGetValue(without, out var mutant) ? await ContractSources.Compile(mutant)
        : throw new ArgumentException($"There is no rule '{without}': {Names}.");
}
