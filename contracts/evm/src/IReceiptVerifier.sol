// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePath} from "./MerklePaths.sol";
import {Receipt} from "./Receipts.sol";

/// @title Receipts that a market has settled, for other contracts
interface IReceiptVerifier {
    error ReceiptNotSettled(bytes32 receipt, uint64 number);

    /// @notice Reverts unless the receipt is one of a settlement.
    /// @param number Of the settlement.
    /// @param receipt All of it.
    /// @param path From its hash to the root over the settlement's receipts.
    /// @return hash The receipt's hash.
    function requireSettled(uint64 number, Receipt calldata receipt, MerklePath calldata path)
        external
        view
        returns (bytes32 hash);

    /// @notice The same for the receipt of a job that an earlier receipt has answered.
    /// @param earlier The hash of the earlier receipt.
    /// @param percent How much of the earlier price was paid.
    function requireReuseSettled(
        uint64 number,
        Receipt calldata receipt,
        bytes32 earlier,
        uint16 percent,
        MerklePath calldata path
    ) external view returns (bytes32 hash);

    /// @notice The hash of a receipt, by RECEIPT.md.
    function hashOf(Receipt calldata receipt) external pure returns (bytes32);

    /// @notice What a market signs of a batch of receipts.
    /// @param epoch That of the receipts; 0: none.
    /// @param root Over their hashes.
    function receiptsDigest(uint64 epoch, bytes32 root) external view returns (bytes32);

    /// @notice What a worker signs of a batch of executions.
    /// @param root Over their hashes.
    function executionsDigest(bytes32 root) external view returns (bytes32);

    /// @notice What the members of a committee sign of a batch of receipts.
    /// @param committee The hash of the list of members.
    /// @param root Over the receipts' hashes.
    function committeeReceiptsDigest(bytes32 committee, bytes32 root) external view returns (bytes32);
}
