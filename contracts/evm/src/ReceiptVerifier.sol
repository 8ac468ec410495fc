// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Domain} from "./Domain.sol";
import {IEscrow} from "./IEscrow.sol";
import {IReceiptVerifier} from "./IReceiptVerifier.sol";
import {MerklePath, MerklePaths} from "./MerklePaths.sol";
import {Receipt, Receipts} from "./Receipts.sol";

/// @title Receipts that a market has settled, for other contracts
/// @notice See the interface.
contract ReceiptVerifier is IReceiptVerifier {
    using MerklePaths for MerklePath;

    bytes32 private constant RECEIPTS_TYPE_HASH = keccak256("Receipts(uint64 epoch,bytes32 root)");
    bytes32 private constant EXECUTIONS_TYPE_HASH = keccak256("Executions(bytes32 root)");

    /// @notice Where the market settles; it has created this contract.
    IEscrow public immutable escrow = IEscrow(msg.sender);

    /// @inheritdoc IReceiptVerifier
    function requireSettled(uint64 number, Receipt calldata receipt, MerklePath calldata path)
        external
        view
        returns (bytes32 hash)
    {
        hash = Receipts.hash(receipt);
        _requireSettled(number, hash, path);
    }

    /// @inheritdoc IReceiptVerifier
    function requireReuseSettled(
        uint64 number,
        Receipt calldata receipt,
        bytes32 earlier,
        uint16 percent,
        MerklePath calldata path
    ) external view returns (bytes32 hash) {
        hash = Receipts.hashReuse(receipt, earlier, percent);
        _requireSettled(number, hash, path);
    }

    /// @inheritdoc IReceiptVerifier
    function hashOf(Receipt calldata receipt) external pure returns (bytes32) {
        return Receipts.hash(receipt);
    }

    /// @inheritdoc IReceiptVerifier
    function receiptsDigest(uint64 epoch, bytes32 root) external view returns (bytes32) {
        return _digest(keccak256(abi.encode(RECEIPTS_TYPE_HASH, epoch, root)));
    }

    /// @inheritdoc IReceiptVerifier
    function executionsDigest(bytes32 root) external view returns (bytes32) {
        return _digest(keccak256(abi.encode(EXECUTIONS_TYPE_HASH, root)));
    }

    /// @inheritdoc IReceiptVerifier
    function committeeReceiptsDigest(bytes32 committee, bytes32 root) external view returns (bytes32) {
        return _digest(Receipts.hashVote(committee, root));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return Domain.digest(address(escrow), escrow.market(), structHash);
    }

    function _requireSettled(uint64 number, bytes32 hash, MerklePath calldata path) private view {
        bytes32 settled = escrow.receiptsOf(number);
        // A settlement without receipts has no root, and no path leads to zero.
        require(settled != 0 && path.rootOf(hash) == settled, ReceiptNotSettled(hash, number));
    }
}
