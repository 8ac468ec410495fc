// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";

/// @notice Signs with BLS keys by the precompiles of EIP-2537: no constant time, for tests alone.
library Signer {
    bytes private constant GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
        hex"6c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4"
        hex"fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";

    function keyOf(uint256 secret) internal view returns (G1Point memory key) {
        (, bytes memory padded) = address(0x0c).staticcall(abi.encodePacked(GENERATOR, secret));
        uint256[4] memory words = abi.decode(padded, (uint256[4]));
        (key.words[0], key.words[1], key.words[2]) = _strip(words[0], words[1], words[2], words[3]);
    }

    function sign(uint256 secret, bytes32 digest) internal view returns (G2Point memory) {
        return sign(secret, digest, Bls12381.SIGNATURE_TAG);
    }

    function sign(uint256 secret, bytes32 digest, bytes memory tag) internal view returns (G2Point memory signature) {
        (, bytes memory padded) = address(0x0e).staticcall(abi.encodePacked(Bls12381.hashToG2(digest, tag), secret));
        uint256[8] memory words = abi.decode(padded, (uint256[8]));
        (signature.words[0], signature.words[1], signature.words[2]) = _strip(words[0], words[1], words[2], words[3]);
        (signature.words[3], signature.words[4], signature.words[5]) = _strip(words[4], words[5], words[6], words[7]);
    }

    /// @notice What members sign together: one signature by the sum of their secrets.
    function signTogether(uint256[] memory secrets, bytes32 digest) internal view returns (G2Point memory) {
        uint256 order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
        uint256 sum = 0;
        for (uint256 i = 0; i < secrets.length; i++) {
            sum = addmod(sum, secrets[i], order);
        }
        return sign(sum, digest);
    }

    function _strip(uint256 aHigh, uint256 aLow, uint256 bHigh, uint256 bLow)
        private
        pure
        returns (bytes32, bytes32, bytes32)
    {
        return (bytes32((aHigh << 128) | (aLow >> 128)), bytes32((aLow << 128) | bHigh), bytes32(bLow));
    }
}
