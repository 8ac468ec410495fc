// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The books of a market at a moment, as its committee signs them.
/// @param number Counts the settlements of an escrow: 1, 2, 3 …
/// @param epoch Whose committee has signed.
/// @param chainBlock All deposits and withdrawal requests up to this block of the chain are counted.
/// @param accounts The Merkle root over `AccountTotals`.
/// @param receipts The Merkle root over the receipts of the jobs that were settled since the settlement before; zero: none.
/// @param earned The sum over all accounts, since the first settlement.
/// @param spent The sum over all accounts, since the first settlement.
struct Settlement {
    uint64 number;
    uint64 epoch;
    uint64 chainBlock;
    bytes32 accounts;
    bytes32 receipts;
    uint128 earned;
    uint128 spent;
}

/// @notice What one account has earned and spent since the first settlement, in base units of the token.
/// @param owner The address that stands for the account on the chain.
/// @param earned All that came in from other accounts.
/// @param spent All that went out to other accounts.
/// @param held What of its deposits is in the market's books and not spent: a withdrawal waits until it is set aside there.
struct AccountTotals {
    address owner;
    uint128 earned;
    uint128 spent;
    uint128 held;
}

/// @title Hashes of settlements by EIP-712
library Settlements {
    bytes32 private constant SETTLEMENT_TYPE_HASH = keccak256(
        "Settlement(uint64 number,uint64 epoch,uint64 chainBlock,bytes32 accounts,bytes32 receipts,uint128 earned,uint128 spent)"
    );
    bytes32 private constant ACCOUNT_TOTALS_TYPE_HASH =
        keccak256("AccountTotals(address owner,uint128 earned,uint128 spent,uint128 held)");

    function hash(Settlement memory settlement) internal pure returns (bytes32) {
        return keccak256(abi.encode(SETTLEMENT_TYPE_HASH, settlement));
    }

    function hash(AccountTotals memory totals) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCOUNT_TOTALS_TYPE_HASH, totals));
    }
}
