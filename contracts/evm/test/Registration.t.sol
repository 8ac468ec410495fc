// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {IStakeRegistry} from "../src/IStakeRegistry.sol";
import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";

contract RegistrationTest is MarketBench {
    function test_Register_TakesTheStakeAndServesFromTheNextEpoch() public {
        G1Point memory key = Signer.keyOf(77);
        G2Point memory possession = prove(77, worker, "id");
        bytes32 member = keccak256(abi.encode(key));
        uint64 epoch = registry.currentEpoch();
        fund(worker, address(registry), 300);

        vm.expectEmit(address(registry));
        emit IStakeRegistry.MemberRegistered(member, worker, "id", key, 300, epoch + 1);
        vm.prank(worker);
        vm.assertEq(registry.register("id", key, possession, 300), member);

        vm.assertEq(registry.memberOf(member).owner, worker);
        vm.assertEq(registry.memberOf(member).worker, bytes32("id"));
        vm.assertEq(registry.memberOf(member).stake, 300);
        vm.assertEq(abi.encode(registry.keyOf(member)), abi.encode(key));
        vm.assertEq(token.balanceOf(address(registry)), 5 * STAKE + 300);
        vm.assertEq(registry.weightOf(member, epoch), 0);
        vm.assertEq(registry.weightOf(member, epoch + 1), 300);
        vm.assertEq(registry.committeeOf(epoch).members, 5);
        vm.assertEq(registry.committeeOf(epoch + 1).members, 6);
        vm.assertEq(registry.committeeOf(epoch + 1).weight, 5 * STAKE + 300);
    }

    function test_Register_RefusesAKeyTwiceAlsoAfterItsStakeLeft() public {
        G1Point memory key = Signer.keyOf(1001);
        bytes32 member = keccak256(abi.encode(key));
        requireRefused(
            key, prove(1001, worker, 0), STAKE, abi.encodeWithSelector(IStakeRegistry.KeyAlreadyRegistered.selector, member)
        );
        vm.prank(address(0x5001));
        registry.beginUnbonding(member, STAKE);
        pass(registry.unbondingDelay());
        registry.withdrawStake(member);
        requireRefused(
            key, prove(1001, worker, 0), STAKE, abi.encodeWithSelector(IStakeRegistry.KeyAlreadyRegistered.selector, member)
        );
    }

    function test_Register_RefusesTooLittleAndTooMuch() public {
        G1Point memory key = Signer.keyOf(77);
        requireRefused(
            key, prove(77, worker, 0), 99, abi.encodeWithSelector(IStakeRegistry.StakeTooSmall.selector, 99, 100)
        );
        uint128 most = registry.STAKE_MAX();
        requireRefused(
            key,
            prove(77, worker, 0),
            most + 1,
            abi.encodeWithSelector(IStakeRegistry.StakeTooLarge.selector, most + 1, most)
        );
    }

    function test_Register_RefusesAProofForAnotherOwnerWorkerOrTag() public {
        G1Point memory key = Signer.keyOf(77);
        bytes memory refusal = notProven(key);
        requireRefused(key, prove(77, client, 0), STAKE, refusal);
        requireRefused(key, prove(77, worker, "other"), STAKE, refusal);
        bytes32 digest = registry.possessionDigest(worker, 0, key);
        requireRefused(key, Signer.sign(77, digest, Bls12381.SIGNATURE_TAG), STAKE, refusal);
        requireRefused(key, Signer.sign(78, digest, Bls12381.POSSESSION_TAG), STAKE, refusal);
    }

    function test_Register_RefusesAProofOfTheKeyAloneAsReceiptsHaveIt() public {
        G1Point memory key = Signer.keyOf(77);
        bytes32 digest = keccak256(Bls12381.compress(key));
        requireRefused(key, Signer.sign(77, digest, Bls12381.POSSESSION_TAG), STAKE, notProven(key));
    }

    function test_Register_RefusesARogueKey() public {
        // The key of 77 minus the sum of all members: together with theirs it would be the key of 77 alone.
        G1Point memory sum = registry.committeeOf(registry.currentEpoch()).key;
        G1Point memory rogue = Bls12381.add(Signer.keyOf(77), Bls12381.negate(sum));
        bytes32 digest = registry.possessionDigest(worker, 0, rogue);
        requireRefused(rogue, Signer.sign(77, digest, Bls12381.POSSESSION_TAG), STAKE, notProven(rogue));
    }

    function test_RogueKey_WouldSignForAllWereItTaken() public view {
        // Why the refusal matters: the bare check of a sum of keys accepts one signature of one secret.
        G1Point memory sum = registry.committeeOf(registry.currentEpoch()).key;
        G1Point memory rogue = Bls12381.add(Signer.keyOf(77), Bls12381.negate(sum));
        vm.assertTrue(
            Bls12381.verify(Bls12381.add(sum, rogue), 0, Bls12381.SIGNATURE_TAG, Signer.sign(77, 0))
        );
    }

    function test_Register_RefusesInfinityAndPointsOutsideTheSubgroup() public {
        G1Point memory none;
        requireRefused(none, infinity(), STAKE, notProven(none));
        // Of order 3.
        G1Point memory small;
        small.words[2] = bytes32(uint256(2));
        requireRefused(small, Signer.sign(1, 0), STAKE, abi.encodeWithSelector(Bls12381.InvalidPoint.selector));
    }

    function test_Register_TakesAKeyAndItsOppositeWhichLeaveTheSumAsItWas() public {
        uint256 order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
        bytes memory before = abi.encode(registry.committeeOf(registry.currentEpoch()).key);
        register(77, worker, STAKE);
        register(order - 77, worker, STAKE);
        pass(registry.epochLength());

        vm.assertEq(abi.encode(registry.committeeOf(registry.currentEpoch()).key), before);
        settle(next(books(100)), 0);
    }

    function test_Register_WithoutMoneyIsRefused() public {
        G1Point memory key = Signer.keyOf(77);
        G2Point memory possession = prove(77, worker, 0);
        vm.prank(worker);
        vm.expectRevert();
        registry.register(0, key, possession, STAKE);
    }

    function test_IncreaseStake_CountsFromTheNextEpochAndAnybodyMayPay() public {
        bytes32 member = members[0];
        uint64 epoch = registry.currentEpoch();
        fund(client, address(registry), 50);

        vm.expectEmit(address(registry));
        emit IStakeRegistry.StakeIncreased(member, client, 50, STAKE + 50, epoch + 1);
        vm.prank(client);
        registry.increaseStake(member, 50);

        vm.assertEq(registry.weightOf(member, epoch), STAKE);
        vm.assertEq(registry.weightOf(member, epoch + 1), STAKE + 50);
        vm.assertEq(registry.committeeOf(epoch).weight, 5 * STAKE);
        vm.assertEq(registry.committeeOf(epoch + 1).weight, 5 * STAKE + 50);
        vm.assertEq(registry.committeeOf(epoch + 1).members, 5);
    }

    function test_IncreaseStake_RefusesNothingTooMuchAndTheUnknown() public {
        bytes32 member = members[0];
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooSmall.selector, 0, 100));
        registry.increaseStake(member, 0);
        uint128 most = registry.STAKE_MAX();
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooLarge.selector, uint256(most) + STAKE, most));
        registry.increaseStake(member, most);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.MemberUnknown.selector, bytes32("x")));
        registry.increaseStake("x", 1);
    }

    function test_IncreaseStake_BringsBackAMemberThatLeftWithNoLessThanTheLeast() public {
        bytes32 member = members[0];
        vm.prank(registry.memberOf(member).owner);
        registry.beginUnbonding(member, STAKE);
        fund(client, address(registry), 100);
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooSmall.selector, 99, 100));
        registry.increaseStake(member, 99);
        registry.increaseStake(member, 100);
        vm.stopPrank();

        vm.assertEq(registry.committeeOf(registry.currentEpoch() + 1).members, 5);
        vm.assertEq(registry.weightOf(member, registry.currentEpoch() + 1), 100);
    }

    function prove(uint256 secret, address owner, bytes32 id) private view returns (G2Point memory) {
        bytes32 digest = registry.possessionDigest(owner, id, Signer.keyOf(secret));
        return Signer.sign(secret, digest, Bls12381.POSSESSION_TAG);
    }

    function notProven(G1Point memory key) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakeRegistry.PossessionNotProven.selector, keccak256(abi.encode(key)));
    }

    function requireRefused(G1Point memory key, G2Point memory possession, uint128 amount, bytes memory refusal) private {
        fund(worker, address(registry), amount);
        vm.expectRevert(refusal);
        vm.prank(worker);
        registry.register{gas: 5_000_000}(0, key, possession, amount);
    }
}
