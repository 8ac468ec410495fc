// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The neighbours from a leaf to the root of a batch.
/// @param neighbours Their hashes, from the leaf upwards.
/// @param lefts Bit i, of value 2^i, is set where neighbour i stands on the left.
struct MerklePath {
    bytes32[] neighbours;
    uint256 lefts;
}

/// @title Trees of batches, by RECEIPT.md, "Batches"
/// @notice A node is keccak256(0x01 || left || right): 65 bytes. All leaves are hashes of structs, whose preimages are a multiple
/// of 32 bytes long, so no node can be taken for a leaf.
library MerklePaths {
    /// @notice More neighbours than a tree can have that anybody could build.
    uint256 internal constant NEIGHBOURS_MAX = 64;

    error PathTooLong(uint256 neighbours, uint256 most);

    function rootOf(MerklePath calldata path, bytes32 leaf) internal pure returns (bytes32 root) {
        uint256 count = path.neighbours.length;
        require(count <= NEIGHBOURS_MAX, PathTooLong(count, NEIGHBOURS_MAX));
        root = leaf;
        for (uint256 i = 0; i < count; i++) {
            bytes32 neighbour = path.neighbours[i];
            root = (path.lefts >> i) & 1 == 1
                ? keccak256(abi.encodePacked(bytes1(0x01), neighbour, root))
                : keccak256(abi.encodePacked(bytes1(0x01), root, neighbour));
        }
    }
}
