// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The EIP-712 domain of a market that settles here
/// @notice Name `Marketplace`, version `1`, this chain, the escrow's address, and the market's public key as salt. The separator is
/// made anew each time: after a fork of the chain, what was signed for one side is worth nothing on the other.
library Domain {
    bytes32 private constant TYPE_HASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant NAME_HASH = keccak256("Marketplace");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @return What is signed for the hash of a struct.
    /// @param escrow Where the market settles.
    /// @param market Its Ed25519 public key.
    /// @param structHash hashStruct of EIP-712.
    function digest(address escrow, bytes32 market, bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(TYPE_HASH, NAME_HASH, VERSION_HASH, block.chainid, escrow, market));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
