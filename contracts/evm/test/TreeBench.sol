// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePath} from "../src/MerklePaths.sol";
import {AccountTotals, Settlements} from "../src/Settlements.sol";
import {Bench} from "./Bench.sol";

/// @notice The trees of a market over its accounts.
abstract contract TreeBench is Bench {
    /// @dev By RFC 9162, 2.1: the left half has the greatest power of two below the number of leaves.
    function rootOf(AccountTotals[] memory accounts) internal pure returns (bytes32) {
        return _root(accounts, 0, accounts.length);
    }

    function pathOf(AccountTotals[] memory accounts, uint256 index) internal pure returns (MerklePath memory path) {
        bytes32[] memory neighbours = new bytes32[](64);
        uint256 count = 0;
        (uint256 from, uint256 size) = (0, accounts.length);
        // From the root downwards; turned around at the end.
        while (size > 1) {
            uint256 left = _leftOf(size);
            if (index < from + left) {
                neighbours[count++] = _root(accounts, from + left, size - left);
                (path.lefts, size) = (path.lefts << 1, left);
            } else {
                neighbours[count++] = _root(accounts, from, left);
                (path.lefts, from, size) = ((path.lefts << 1) | 1, from + left, size - left);
            }
        }
        path.neighbours = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            path.neighbours[i] = neighbours[count - 1 - i];
        }
    }

    function _root(AccountTotals[] memory accounts, uint256 from, uint256 size) private pure returns (bytes32) {
        if (size <= 1) {
            return size == 0 ? bytes32(0) : Settlements.hash(accounts[from]);
        }
        uint256 left = _leftOf(size);
        return keccak256(
            abi.encodePacked(bytes1(0x01), _root(accounts, from, left), _root(accounts, from + left, size - left))
        );
    }

    function _leftOf(uint256 size) private pure returns (uint256 left) {
        left = 1;
        while (left * 2 < size) {
            left *= 2;
        }
    }
}
