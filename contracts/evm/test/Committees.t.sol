// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G2Point} from "../src/Bls12381.sol";
import {Committee, IStakeRegistry} from "../src/IStakeRegistry.sol";
import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";

contract CommitteesTest is MarketBench {
    bytes32 private constant DIGEST = keccak256("digest");

    function test_CurrentEpoch_CountsFromTheCreation() public {
        uint64 start = registry.startedAt();
        vm.warp(start);
        vm.assertEq(registry.currentEpoch(), 0);
        vm.warp(start + 2 hours - 1);
        vm.assertEq(registry.currentEpoch(), 1);
        vm.warp(start + 2 hours);
        vm.assertEq(registry.currentEpoch(), 2);
    }

    function test_CommitteeOf_TheFirstEpochIsEmpty() public view {
        Committee memory none;
        vm.assertEq(abi.encode(registry.committeeOf(0)), abi.encode(none));
        vm.assertEq(registry.weightOf(members[0], 0), 0);
    }

    function test_CommitteeOf_NoEpochAfterTheNextIsKnown() public {
        uint64 epoch = registry.currentEpoch();
        registry.committeeOf(epoch + 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.EpochUnknown.selector, epoch + 2, epoch + 1));
        registry.committeeOf(epoch + 2);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.EpochUnknown.selector, epoch + 2, epoch + 1));
        registry.weightOf(members[0], epoch + 2);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.EpochUnknown.selector, type(uint64).max, epoch + 1));
        registry.committeeOf(type(uint64).max);
    }

    /// @dev Each epoch may or may not change something; afterwards each one is asked for.
    function testFuzz_CommitteeOf_GivesEachEpochAsItWas(uint256 choices, uint8 count) public {
        uint256 epochs = 1 + count % 12;
        uint128[] memory weights = new uint128[](epochs + 2);
        uint64 first = registry.currentEpoch();
        weights[0] = registry.committeeOf(first).weight;
        uint128 weight = weights[0];
        for (uint256 i = 1; i <= epochs; i++) {
            // Twice within an epoch counts once.
            for (uint256 j = choices % 3; j > 0; j--) {
                fund(client, address(registry), i);
                vm.prank(client);
                registry.increaseStake(members[i % 5], uint128(i));
                weight += uint128(i);
            }
            choices /= 3;
            weights[i] = weight;
            pass(registry.epochLength() * (1 + choices % 2));
            if (choices % 2 == 1) {
                vm.assertEq(registry.committeeOf(registry.currentEpoch() - 1).weight, weight);
                vm.assertEq(registry.committeeOf(registry.currentEpoch()).weight, weight);
            }
            choices /= 2;
            requireHistory(first, i, weights);
        }
    }

    function test_RequireSigned_TakesAllAndAllButTheAbsent() public view {
        uint64 epoch = registry.currentEpoch();
        for (uint256 absent = 0; absent < 2; absent++) {
            (bytes32[] memory absentees, uint256[] memory signing) = split(absent);
            registry.requireSignedByCommittee(epoch, DIGEST, absentees, Signer.signTogether(signing, DIGEST));
        }
    }

    function test_RequireSigned_RefusesTooSmallACommittee() public {
        G2Point memory signature = Signer.sign(1, DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.CommitteeTooSmall.selector, 0, 0, 3));
        registry.requireSignedByCommittee(0, DIGEST, new bytes32[](0), signature);
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(registry.memberOf(members[i]).owner);
            registry.beginUnbonding(members[i], STAKE);
        }
        uint64 epoch = registry.currentEpoch() + 1;
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.CommitteeTooSmall.selector, epoch, 2, 3));
        registry.requireSignedByCommittee(epoch, DIGEST, new bytes32[](0), signature);
    }

    function test_RequireSigned_RefusesAbsenteesThatDoNotAscend() public {
        (, uint256[] memory signing) = split(2);
        G2Point memory signature = Signer.signTogether(signing, DIGEST);
        requireNotAscending(members[0], members[1], signature);
        requireNotAscending(members[0], members[0], signature);
        requireNotAscending(0, members[0], signature);
    }

    function test_RequireSigned_RefusesAbsenteesWithoutWeightInTheEpoch() public {
        uint64 epoch = registry.currentEpoch();
        bytes32 late = register(77, worker, STAKE);
        G2Point memory signature = Signer.sign(1, DIGEST);
        requireRefused(epoch, one(late), signature, abi.encodeWithSelector(IStakeRegistry.NotInCommittee.selector, late, epoch));
        bytes32 unknown = "unknown";
        requireRefused(
            epoch, one(unknown), signature, abi.encodeWithSelector(IStakeRegistry.NotInCommittee.selector, unknown, epoch)
        );
    }

    function test_RequireSigned_RefusesExactlyTwoThirds() public {
        register(77, worker, STAKE);
        pass(registry.epochLength());
        uint64 epoch = registry.currentEpoch();
        (bytes32[] memory absentees, uint256[] memory signing) = split(2);
        requireRefused(
            epoch,
            absentees,
            Signer.signTogether(signing, DIGEST),
            abi.encodeWithSelector(IStakeRegistry.WeightTooSmall.selector, epoch, 4 * STAKE, 6 * STAKE)
        );
        // One unit more among those who sign is enough.
        fund(client, address(registry), 1);
        vm.prank(client);
        registry.increaseStake(members[5], 1);
        registry.requireSignedByCommittee(epoch + 1, DIGEST, absentees, Signer.signTogether(signing, DIGEST));
    }

    function test_RequireSigned_RefusesASignatureOfOthersThanSaid() public {
        uint64 epoch = registry.currentEpoch();
        bytes memory refusal = abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, DIGEST);
        (bytes32[] memory absentees, uint256[] memory signing) = split(1);
        G2Point memory signature = Signer.signTogether(signing, DIGEST);
        requireRefused(epoch, new bytes32[](0), signature, refusal);
        requireRefused(epoch, one(members[1]), signature, refusal);
        requireRefused(epoch, absentees, Signer.signTogether(secrets, DIGEST), refusal);
        requireRefused(epoch, absentees, Signer.signTogether(signing, keccak256("another")), refusal);
        requireRefused(epoch, absentees, infinity(), refusal);
    }

    function test_RequireSigned_RefusesAllAbsent() public {
        uint64 epoch = registry.currentEpoch();
        requireRefused(
            epoch,
            members,
            infinity(),
            abi.encodeWithSelector(IStakeRegistry.WeightTooSmall.selector, epoch, 0, 5 * STAKE)
        );
    }

    /// @dev A member's signature less than over two thirds is never enough, and over two thirds always is.
    function test_RequireSigned_ThresholdOfAllSizesTo16() public {
        escrow = create(token);
        registry = escrow.registry();
        delete members;
        delete secrets;
        for (uint256 n = 1; n <= 16; n++) {
            register(2000 + n, worker, STAKE);
            pass(registry.epochLength());
            if (n >= 3) {
                requireThreshold(n, 2 * n / 3 + 1);
            }
        }
    }

    function testFuzz_RequireSigned_NeedsOverTwoThirdsOfAnyWeights(uint64[5] memory more, uint8 absent) public {
        for (uint256 i = 0; i < 5; i++) {
            if (more[i] > 0) {
                fund(client, address(registry), more[i]);
                vm.prank(client);
                registry.increaseStake(members[i], more[i]);
            }
        }
        pass(registry.epochLength());
        uint64 epoch = registry.currentEpoch();
        absent = absent % 5;
        (uint256 signed, uint256 total) = (0, 0);
        for (uint256 i = 0; i < 5; i++) {
            total += STAKE + more[i];
            signed += i < absent ? 0 : STAKE + more[i];
        }
        (bytes32[] memory absentees, uint256[] memory signing) = split(absent);
        G2Point memory signature = Signer.signTogether(signing, DIGEST);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.WeightTooSmall.selector, epoch, signed, total));
        }
        registry.requireSignedByCommittee(epoch, DIGEST, absentees, signature);
    }

    function requireThreshold(uint256 n, uint256 threshold) private {
        uint64 epoch = registry.currentEpoch();
        vm.assertEq(registry.committeeOf(epoch).members, n);
        for (uint256 signing = 0; signing <= n; signing++) {
            (bytes32[] memory absentees, uint256[] memory signers) = split(n - signing);
            G2Point memory signature = Signer.signTogether(signers, DIGEST);
            if (signing < threshold) {
                vm.expectRevert(
                    abi.encodeWithSelector(IStakeRegistry.WeightTooSmall.selector, epoch, signing * STAKE, n * STAKE)
                );
            }
            registry.requireSignedByCommittee(epoch, DIGEST, absentees, signature);
        }
    }

    function requireHistory(uint64 first, uint256 changes, uint128[] memory weights) private view {
        // Weights never fall here, so each epoch has the weight of some change, and none less than the one before.
        uint128 before = weights[0];
        for (uint64 epoch = first; epoch <= registry.currentEpoch() + 1; epoch++) {
            Committee memory known = registry.committeeOf(epoch);
            uint128 sum = 0;
            for (uint256 i = 0; i < members.length; i++) {
                sum += registry.weightOf(members[i], epoch);
            }
            vm.assertEq(known.weight, sum);
            vm.assertGe(known.weight, before);
            before = known.weight;
        }
        vm.assertEq(before, weights[changes]);
    }

    function requireNotAscending(bytes32 second, bytes32 first, G2Point memory signature) private {
        bytes32[] memory absentees = new bytes32[](2);
        (absentees[0], absentees[1]) = (first, second);
        requireRefused(
            registry.currentEpoch(),
            absentees,
            signature,
            abi.encodeWithSelector(IStakeRegistry.NotAscending.selector, second, first)
        );
    }

    function requireRefused(uint64 epoch, bytes32[] memory absentees, G2Point memory signature, bytes memory refusal) private {
        vm.expectRevert(refusal);
        registry.requireSignedByCommittee(epoch, DIGEST, absentees, signature);
    }

    function one(bytes32 absentee) private pure returns (bytes32[] memory absentees) {
        absentees = new bytes32[](1);
        absentees[0] = absentee;
    }
}
