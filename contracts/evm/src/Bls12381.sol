// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A point of G1: x and y, 48 bytes each, big-endian, one after the other. All zeros: infinity.
struct G1Point {
    bytes32[3] words;
}

/// @notice A point of G2: x and y, each with its real part first, 48 bytes a number, big-endian. All zeros: infinity.
struct G2Point {
    bytes32[6] words;
}

/// @title BLS signatures over BLS12-381 with keys in G1
/// @notice The scheme with proofs of possession of draft-irtf-cfrg-bls-signature-05, by the precompiles of EIP-2537. The
/// precompiles refuse coordinates that are not below the field's modulus and points off the curve; the pairing also refuses
/// points outside the subgroup.
library Bls12381 {
    /// @notice The domain separation tag of signatures.
    bytes internal constant SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    /// @notice The domain separation tag of proofs of possession.
    bytes internal constant POSSESSION_TAG = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    /// @notice A precompile refused its input: what was given is no point of the curve, or not in the subgroup.
    error InvalidPoint();

    address private constant MODEXP = address(0x05);
    address private constant G1_ADD = address(0x0b);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING_CHECK = address(0x0f);
    address private constant MAP_FP2_TO_G2 = address(0x11);

    // The field's modulus, 48 bytes.
    uint256 private constant MODULUS_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant MODULUS_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    // The generator of G1 with its y negated, as EIP-2537 writes points.
    bytes private constant NEGATED_GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
        hex"6c55e83ff97a1aeffb3af00adb22c6bb00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f2"
        hex"67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    function isInfinity(G1Point memory point) internal pure returns (bool) {
        return point.words[0] | point.words[1] | point.words[2] == 0;
    }

    /// @notice The sum of two points of the curve, which need not be in the subgroup.
    function add(G1Point memory left, G1Point memory right) internal view returns (G1Point memory sum) {
        bytes memory padded = _call(G1_ADD, abi.encodePacked(_pad(left), _pad(right)), 128);
        (uint256 xHigh, uint256 xLow, uint256 yHigh, uint256 yLow) = abi.decode(padded, (uint256, uint256, uint256, uint256));
        sum.words[0] = bytes32((xHigh << 128) | (xLow >> 128));
        sum.words[1] = bytes32((xLow << 128) | yHigh);
        sum.words[2] = bytes32(yLow);
    }

    /// @notice The point that adds up to infinity with this one.
    function negate(G1Point memory point) internal pure returns (G1Point memory) {
        if (isInfinity(point)) {
            return point;
        }
        uint256 high = uint128(uint256(point.words[1]));
        uint256 low = uint256(point.words[2]);
        unchecked {
            uint256 borrow = low > MODULUS_LOW ? 1 : 0;
            low = MODULUS_LOW - low;
            // A point of the curve has y below the modulus, so this does not wrap.
            high = MODULUS_HIGH - high - borrow;
        }
        G1Point memory negated;
        negated.words[0] = point.words[0];
        negated.words[1] = bytes32((uint256(point.words[1]) >> 128 << 128) | uint128(high));
        negated.words[2] = bytes32(low);
        return negated;
    }

    /// @notice The compressed form of ZCash: 48 bytes, x with the flags, by which receipts and workers name a key.
    function compress(G1Point memory point) internal pure returns (bytes memory) {
        uint256 high = uint128(uint256(point.words[1]));
        uint256 low = uint256(point.words[2]);
        // The larger of y and p - y has the sign flag: the one above (p - 1) / 2.
        uint256 halfHigh = MODULUS_HIGH >> 1;
        uint256 halfLow = (MODULUS_LOW >> 1) | (MODULUS_HIGH << 255);
        bool isLarger = high > halfHigh || (high == halfHigh && low > halfLow);
        bytes32 first = point.words[0] | bytes32(uint256(isLarger ? 0xa0 : 0x80) << 248);
        return abi.encodePacked(first, bytes16(point.words[1]));
    }

    /// @notice Whether a signature over a digest is that of a key. A key or a signature at infinity never is.
    /// @param key One key, or the sum of keys whose possession was proved.
    /// @param digest The 32 bytes that are signed.
    /// @param tag The domain separation tag.
    /// @param signature One signature, or the sum of signatures over the digest.
    function verify(G1Point memory key, bytes32 digest, bytes memory tag, G2Point memory signature)
        internal
        view
        returns (bool)
    {
        if (isInfinity(key) || _isInfinity(signature)) {
            return false;
        }
        // e(-G, signature) * e(key, H(digest)) = 1
        bytes memory input = abi.encodePacked(NEGATED_GENERATOR, _pad(signature), _pad(key), hashToG2(digest, tag));
        return uint256(bytes32(_call(PAIRING_CHECK, input, 32))) == 1;
    }

    /// @notice hash_to_curve of RFC 9380 for the suite BLS12381G2_XMD:SHA-256_SSWU_RO_, as EIP-2537 writes the point.
    function hashToG2(bytes32 message, bytes memory tag) internal view returns (bytes memory) {
        bytes32[8] memory uniform = _expand(message, tag);
        bytes memory first = _call(
            MAP_FP2_TO_G2, abi.encodePacked(_reduce(uniform[0], uniform[1]), _reduce(uniform[2], uniform[3])), 256
        );
        bytes memory second = _call(
            MAP_FP2_TO_G2, abi.encodePacked(_reduce(uniform[4], uniform[5]), _reduce(uniform[6], uniform[7])), 256
        );
        return _call(G2_ADD, abi.encodePacked(first, second), 256);
    }

    /// @dev expand_message_xmd of RFC 9380, 5.3.1, with SHA-256 to 256 bytes.
    function _expand(bytes32 message, bytes memory tag) private pure returns (bytes32[8] memory uniform) {
        bytes memory tagPrime = abi.encodePacked(tag, uint8(tag.length));
        bytes32 start = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, uint16(256), uint8(0), tagPrime));
        bytes32 last = sha256(abi.encodePacked(start, uint8(1), tagPrime));
        uniform[0] = last;
        for (uint256 i = 1; i < 8; i++) {
            last = sha256(abi.encodePacked(start ^ last, uint8(i + 1), tagPrime));
            uniform[i] = last;
        }
    }

    /// @dev 64 bytes modulo the field's modulus, padded to 64 bytes: to the power of one, by the precompile of EIP-198.
    function _reduce(bytes32 high, bytes32 low) private view returns (bytes memory) {
        bytes memory input = abi.encodePacked(
            uint256(64), uint256(1), uint256(48), high, low, uint8(1), uint128(MODULUS_HIGH), MODULUS_LOW
        );
        return abi.encodePacked(bytes16(0), _call(MODEXP, input, 48));
    }

    function _pad(G1Point memory point) private pure returns (bytes memory) {
        return _pad(point.words[0], point.words[1], point.words[2]);
    }

    function _pad(G2Point memory point) private pure returns (bytes memory) {
        return abi.encodePacked(
            _pad(point.words[0], point.words[1], point.words[2]), _pad(point.words[3], point.words[4], point.words[5])
        );
    }

    /// @dev Two numbers of 48 bytes as two of 64.
    function _pad(bytes32 first, bytes32 second, bytes32 third) private pure returns (bytes memory) {
        return abi.encodePacked(
            bytes16(0), first, bytes16(second), bytes16(0), bytes16(uint128(uint256(second))), third
        );
    }

    function _isInfinity(G2Point memory point) private pure returns (bool) {
        return point.words[0] | point.words[1] | point.words[2] | point.words[3] | point.words[4] | point.words[5] == 0;
    }

    function _call(address precompile, bytes memory input, uint256 size) private view returns (bytes memory) {
        (bool isDone, bytes memory output) = precompile.staticcall(input);
        // An address without a precompile answers with nothing.
        require(isDone && output.length == size, InvalidPoint());
        return output;
    }
}
