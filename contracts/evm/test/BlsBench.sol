// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {Bench} from "./Bench.sol";

/// @notice The library as a contract, so that its errors can be caught.
contract Bls {
    function verify(G1Point memory key, bytes32 digest, bytes memory tag, G2Point memory signature)
        external
        view
        returns (bool)
    {
        return Bls12381.verify(key, digest, tag, signature);
    }

    function add(G1Point memory left, G1Point memory right) external view returns (G1Point memory) {
        return Bls12381.add(left, right);
    }
}

/// @notice Points as known answers write them.
abstract contract BlsBench is Bench {
    Bls internal immutable bls = new Bls();

    function g1(bytes memory encoded) internal pure returns (G1Point memory point) {
        (point.words[0], point.words[1], point.words[2]) = abi.decode(encoded, (bytes32, bytes32, bytes32));
    }

    function g2(bytes memory encoded) internal pure returns (G2Point memory point) {
        point.words = abi.decode(encoded, (bytes32[6]));
    }

    function bytesOf(G1Point memory point) internal pure returns (bytes memory) {
        return abi.encode(point);
    }

    /// @dev A point without the 16 zeros before each number.
    function strip(bytes memory padded) internal pure returns (bytes memory stripped) {
        for (uint256 i = 0; i < padded.length; i += 64) {
            for (uint256 j = 16; j < 64; j++) {
                stripped = abi.encodePacked(stripped, padded[i + j]);
            }
        }
    }

    /// @dev Whether it is taken for valid; refusing with an error is refusing.
    function isValid(G1Point memory key, bytes32 digest, G2Point memory signature) internal view returns (bool) {
        // A precompile that refuses takes all the gas it was given.
        try bls.verify{gas: 1_000_000}(key, digest, Bls12381.SIGNATURE_TAG, signature) returns (bool valid) {
            return valid;
        } catch (bytes memory reason) {
            require(bytes4(reason) == Bls12381.InvalidPoint.selector, "another error");
            return false;
        }
    }
}
