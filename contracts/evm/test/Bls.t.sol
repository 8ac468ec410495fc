// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {BlsBench} from "./BlsBench.sol";
import {Signer} from "./Signer.sol";

/// @notice Hashes were computed with @noble/curves 1.9.1; keys and signatures are those of Ethereum's consensus tests
/// (bls/sign, of 32 zero bytes).
contract BlsTest is BlsBench {
    bytes private constant GENERATOR =
        hex"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        hex"08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";

    uint256 private constant SECRET = 0x263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3;
    bytes private constant KEY =
        hex"0491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"
        hex"17cd7061575d3e8034fcea62adaa1a3bc38dca4b50e4c5c01d04dd78037c9cee914e17944ea99e7ad84278e5d49f36c4";
    bytes private constant SIGNATURE =
        hex"0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55"
        hex"16ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809"
        hex"00b38d4a887b0c5caf93d6117e24b634b88526619d9be852058cd13aff5fdc1066646398aaafc081f1b9abca8a96932b"
        hex"154c3a476f62b2604b66c348869691c626663aeb781f4fad5195efd509f5008b9ebed4c55fb1a138554d8e0ecb42628e";

    // y^2 = x^3 + 4 holds for x = 0 and y = 2, but the point has order 3.
    bytes private constant OUTSIDE_SUBGROUP_1 =
        hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002";

    bytes private constant OUTSIDE_SUBGROUP_2 =
        hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002"
        hex"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        hex"18c6b864ae17dc9da64203ffefb966306425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38"
        hex"172e93db764a8400a7d5071b6b6f5de0da2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c";

    function test_KeyOf_OneIsTheGenerator() public view {
        vm.assertEq(bytesOf(Signer.keyOf(1)), GENERATOR);
        vm.assertEq(bytesOf(Signer.keyOf(SECRET)), KEY);
    }

    function test_Compress_IsTheFormOfZCash() public view {
        bytes memory generator = Bls12381.compress(g1(GENERATOR));
        vm.assertEq(
            generator,
            hex"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        );
        vm.assertEq(
            Bls12381.compress(Bls12381.negate(g1(GENERATOR))),
            hex"b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        );
        vm.assertEq(
            Bls12381.compress(g1(KEY)),
            hex"a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"
        );
        vm.assertEq(
            Bls12381.compress(Signer.keyOf(0x47b8192d77bf871b62e87859d653922725724a5c031afeabc60bcef5ff665138)),
            hex"b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81"
        );
    }

    function test_HashToG2_GivesKnownPoints() public view {
        requireHash(
            hex"0000000000000000000000000000000000000000000000000000000000000000",
            Bls12381.SIGNATURE_TAG,
            hex"076e5cd6cfb3c361fc767e5f40ce05486e1668825ffeecab89d7daa455a179736a387ae93b9b15d283d45ffa14cd4af7"
            hex"17502412bcfc3f1d88b71f1ad9b60fa37c332d19466fba1dc991d42bcd09bcd9f1c22a562646ffce0922793b6c69938b"
            hex"06740fd1dd8669dd6938f89bb6f45fe88d98e2ddb5a3938af14b6384ca8f09ef57c612076236638f9ff93fc2f77824a0"
            hex"0b5870882f02ad57dac847d25b00412a74c4d16c004e9ae3801e85c3785d497dda79e2c68c6aaf77a165640cb4399237"
        );
        requireHash(
            hex"0000000000000000000000000000000000000000000000000000000000000000",
            Bls12381.POSSESSION_TAG,
            hex"02656c14e6e850ee16cc8ea3d5fc151aa1ccbe62231326de0f80381f388e6653e1579c13af97ade593a4f5491e40ae4e"
            hex"167c8d3db924327821b12d1063900b3d23234bb9ee322748378085b54df2e6b126640a8354a590c96f05bd824d364b88"
            hex"0a66164c12c18cdedc75014d6bb6242f3517e13fce1325802461624596a71c2a3b32e2ee7aca52753fe5556a0b672035"
            hex"021486109dbf93f48a63aea5bd8762fc4a785ae36c090ea1ece3d7a9af80b21f107e821cf28891d55654964bc1215b05"
        );
        requireHash(
            hex"abababababababababababababababababababababababababababababababab",
            Bls12381.SIGNATURE_TAG,
            hex"0bc0f071f2d0655a5edbf6b9208a6649d3309b8692d2f55bde74c52cc2de0fed2bb60b4c45935b11c32827da1b80cb8f"
            hex"179451d90ade914f7a6ffc5062914af990af297abdebf81dcebcaff93a5cb959e7f5db624bc8abb8cdb2660374c86a35"
            hex"10bf383a073a41e693ccc01d380c040c1aedae63e5ecca4bba4013638718e0f02a7656ffcb1f93c419483f820dc07129"
            hex"0c2309a40a73adc91fb43fcb8589048e0141616d978e120dc4d354b502d93fe74443dec6a00d1f80a487ed4bdfea41c2"
        );
        requireHash(
            hex"abababababababababababababababababababababababababababababababab",
            Bls12381.POSSESSION_TAG,
            hex"01221b2ea3aa6edb3ccf2643a257a62b8e28b59688f12e7e2292eab7b41c2728f83e5ee758816c546344b66ae5ee6305"
            hex"0878d44679f51b94361671d6758769236a6fa044e98f0d70df7c84e7effd208f6bfa597aeb294c7ba7ce163d62f90e9b"
            hex"0028a4b606dab6f9ce48ac69ed594a4826f654801098aa43984891528e33734a21ee054d799eaecbd1118b9bba0b1e5e"
            hex"04e73e9c83cb1bf01d8dabeb70a7a5c6ebc8841ca7561aa117d440f128a6efc74a074e2116aed7aacd7bef26c4774de9"
        );
        requireHash(
            hex"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            Bls12381.SIGNATURE_TAG,
            hex"04931594429eea5f457841eb7a0d8cfda89905d1b268d98b6a825017a99bdfd1e35aa5ffd4c68a315099d70ab3e78c3e"
            hex"038f8eb28984e6eab900be6cd1b6bfd3df42ce7c787182b86e1e79724f0b23136851e6a768a88535a219cf4b171680ff"
            hex"1335da65573fa74bb27f49aa0fd5c141f7acce9bdecd8269c8fead1352345e459e36842dd1fa71b7a97f094f67025276"
            hex"0da27fd8dcf76386d765bb98bd5e5764bc47aa041a3008d572429d8e3d207f4f9e8f66b1935df3643d05a1ca257b0d8e"
        );
        requireHash(
            hex"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            Bls12381.POSSESSION_TAG,
            hex"08623468903781014f7cbae4277164fa04d2d6d444607d5c9d8909a9f7c6bb973670ed1ae281e590c6fe27444d78f678"
            hex"18eddfd6600da4c97ab9919edc9603204434d2e7f396a11f25023b80897d05b4055198d896bf1d5c089003c6a0a81a3d"
            hex"13c35f1cfcf65d5e1869a0ec3f5c2f3f92b00ada4457682d4e18384789674c8db9290cf34cc0ef4688f808aa3f6a255e"
            hex"0f8beae5b173bc38a9efba28906f83f43273d30ac5135399fdee372001b1a4aa9f0eca10c4c8c332b4318c5142882e3f"
        );
    }

    function test_Verify_TakesEthereumsSignature() public view {
        vm.assertTrue(isValid(g1(KEY), 0, g2(SIGNATURE)));
        vm.assertEq(abi.encode(Signer.sign(SECRET, 0)), SIGNATURE);
    }

    function test_Verify_RefusesAnotherDigestKeyOrTag() public view {
        vm.assertFalse(isValid(g1(KEY), bytes32(uint256(1)), g2(SIGNATURE)));
        vm.assertFalse(isValid(g1(GENERATOR), 0, g2(SIGNATURE)));
        vm.assertFalse(isValid(Bls12381.negate(g1(KEY)), 0, g2(SIGNATURE)));
        vm.assertFalse(bls.verify(g1(KEY), 0, Bls12381.POSSESSION_TAG, g2(SIGNATURE)));
    }

    function test_Verify_RefusesInfinityAsKeyAndAsSignature() public view {
        G1Point memory noKey;
        G2Point memory noSignature;
        // The pairing of infinity with anything is one, so both together would hold for each digest.
        vm.assertFalse(bls.verify(noKey, 0, Bls12381.SIGNATURE_TAG, noSignature));
        vm.assertFalse(bls.verify(noKey, 0, Bls12381.SIGNATURE_TAG, g2(SIGNATURE)));
        vm.assertFalse(bls.verify(g1(KEY), 0, Bls12381.SIGNATURE_TAG, noSignature));
    }

    function test_Verify_RefusesAKeyOffTheCurve() public {
        G1Point memory key = g1(KEY);
        key.words[2] = bytes32(uint256(key.words[2]) ^ 1);
        requireInvalid(key, g2(SIGNATURE));
    }

    function test_Verify_RefusesAKeyOutsideTheSubgroup() public {
        requireInvalid(g1(OUTSIDE_SUBGROUP_1), g2(SIGNATURE));
    }

    function test_Verify_RefusesASignatureOutsideTheSubgroup() public {
        requireInvalid(g1(KEY), g2(OUTSIDE_SUBGROUP_2));
    }

    function test_Verify_RefusesASignatureOffTheCurve() public {
        G2Point memory signature = g2(SIGNATURE);
        signature.words[5] = bytes32(uint256(signature.words[5]) ^ 1);
        requireInvalid(g1(KEY), signature);
    }

    function test_Verify_RefusesASecondFormOfANumber() public {
        // The same x, and the modulus more.
        G1Point memory key = g1(KEY);
        uint256 low = uint256(key.words[0] << 128) | (uint256(key.words[1]) >> 128);
        uint256 high = uint256(key.words[0]) >> 128;
        unchecked {
            uint256 sum = low + 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
            high += 0x1a0111ea397fe69a4b1ba7b6434bacd7 + (sum < low ? 1 : 0);
            low = sum;
        }
        key.words[0] = bytes32((high << 128) | (low >> 128));
        key.words[1] = bytes32((low << 128) | uint128(uint256(key.words[1])));
        requireInvalid(key, g2(SIGNATURE));
        // With the flag of the compressed form.
        key = g1(KEY);
        key.words[0] |= bytes32(uint256(0x80) << 248);
        requireInvalid(key, g2(SIGNATURE));
    }

    function test_Add_RefusesAPointOffTheCurve() public {
        G1Point memory wrong = g1(KEY);
        wrong.words[2] = 0;
        vm.expectRevert(abi.encodeWithSelector(Bls12381.InvalidPoint.selector));
        bls.add{gas: 1_000_000}(g1(KEY), wrong);
    }

    function test_Add_OfAPointAndItsOppositeIsInfinity() public view {
        vm.assertTrue(Bls12381.isInfinity(bls.add(g1(KEY), Bls12381.negate(g1(KEY)))));
        G1Point memory none;
        vm.assertEq(bytesOf(bls.add(g1(KEY), none)), KEY);
        vm.assertTrue(Bls12381.isInfinity(Bls12381.negate(none)));
        vm.assertFalse(Bls12381.isInfinity(g1(KEY)));
    }

    function testFuzz_Add_IsTheKeyOfTheSumOfSecrets(uint128 left, uint128 right) public view {
        vm.assertEq(
            bytesOf(bls.add(Signer.keyOf(left), Signer.keyOf(right))), bytesOf(Signer.keyOf(uint256(left) + right))
        );
    }

    function testFuzz_Negate_TwiceIsThePointItself(uint256 secret) public view {
        G1Point memory key = Signer.keyOf(secret);
        G1Point memory negated = Bls12381.negate(key);
        vm.assertEq(bytesOf(Bls12381.negate(negated)), bytesOf(key));
        vm.assertTrue(Bls12381.isInfinity(bls.add(key, negated)));
        if (!Bls12381.isInfinity(key)) {
            // One of the two has the sign.
            bytes1 signs = Bls12381.compress(key)[0] ^ Bls12381.compress(negated)[0];
            vm.assertTrue(signs == 0x20);
        }
    }

    function testFuzz_Verify_TakesWhatWasSignedAndNothingElse(uint128 secret, bytes32 digest, bytes32 other) public view {
        vm.assume(secret > 0 && digest != other);
        G2Point memory signature = Signer.sign(secret, digest);
        vm.assertTrue(isValid(Signer.keyOf(secret), digest, signature));
        vm.assertFalse(isValid(Signer.keyOf(secret), other, signature));
        vm.assertFalse(isValid(Signer.keyOf(uint256(secret) + 1), digest, signature));
    }

    function testFuzz_Verify_RefusesAFlippedBitOfTheSignature(uint256 bit) public view {
        bit = bit % 1536;
        G2Point memory signature = g2(SIGNATURE);
        signature.words[bit / 256] ^= bytes32(1 << (bit % 256));
        vm.assertFalse(isValid(g1(KEY), 0, signature));
    }

    function testFuzz_Verify_RefusesAFlippedBitOfTheKey(uint256 bit) public view {
        bit = bit % 768;
        G1Point memory key = g1(KEY);
        key.words[bit / 256] ^= bytes32(1 << (bit % 256));
        vm.assertFalse(isValid(key, 0, g2(SIGNATURE)));
    }

    function requireHash(bytes memory message, bytes memory tag, bytes memory point) private view {
        vm.assertEq(strip(Bls12381.hashToG2(bytes32(message), tag)), point);
    }

    function requireInvalid(G1Point memory key, G2Point memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(Bls12381.InvalidPoint.selector));
        bls.verify{gas: 1_000_000}(key, 0, Bls12381.SIGNATURE_TAG, signature);
    }
}
