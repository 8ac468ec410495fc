// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakeRegistry} from "../src/IStakeRegistry.sol";
import {MarketBench} from "./MarketBench.sol";

contract UnbondingTest is MarketBench {
    bytes32 private member;
    address private owner;

    function setUp() public override {
        super.setUp();
        member = members[0];
        owner = registry.memberOf(member).owner;
    }

    function test_BeginUnbonding_CountsUntilTheEpochEnds() public {
        uint64 epoch = registry.currentEpoch();
        uint64 unbondedAt = time() + registry.unbondingDelay();

        vm.expectEmit(address(registry));
        emit IStakeRegistry.UnbondingBegun(member, 400, 600, unbondedAt, epoch + 1);
        begin(400);

        vm.assertEq(registry.memberOf(member).stake, 600);
        vm.assertEq(registry.memberOf(member).unbonding, 400);
        vm.assertEq(registry.memberOf(member).unbondedAt, unbondedAt);
        vm.assertEq(registry.weightOf(member, epoch), STAKE);
        vm.assertEq(registry.weightOf(member, epoch + 1), 600);
        vm.assertEq(registry.committeeOf(epoch).weight, 5 * STAKE);
        vm.assertEq(registry.committeeOf(epoch + 1).weight, 5 * STAKE - 400);
    }

    function test_BeginUnbonding_OfAllLeavesTheCommittee() public {
        uint64 epoch = registry.currentEpoch();
        begin(STAKE);
        vm.assertEq(registry.committeeOf(epoch).members, 5);
        vm.assertEq(registry.committeeOf(epoch + 1).members, 4);
    }

    function test_BeginUnbonding_IsTheOwnersAlone() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NotTheOwner.selector, member, client, owner));
        vm.prank(client);
        registry.beginUnbonding(member, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.MemberUnknown.selector, bytes32("x")));
        registry.beginUnbonding("x", 1);
    }

    function test_BeginUnbonding_LeavesTheLeastOrNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingStaked.selector, member, 0, STAKE));
        begin(0);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooSmall.selector, 99, 100));
        begin(901);
        begin(900);
        begin(100);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingStaked.selector, member, 1, 0));
        begin(1);
    }

    function test_BeginUnbonding_OfAllCannotBeHinderedByAStrangersIncrease() public {
        fund(client, address(registry), 1);
        vm.prank(client);
        registry.increaseStake(member, 1);

        vm.expectEmit(address(registry));
        emit IStakeRegistry.UnbondingBegun(
            member, STAKE + 1, 0, time() + registry.unbondingDelay(), registry.currentEpoch() + 1
        );
        begin(type(uint128).max);

        vm.assertEq(registry.memberOf(member).stake, 0);
        vm.assertEq(registry.memberOf(member).unbonding, STAKE + 1);
    }

    function test_WithdrawStake_WaitsForTheDelayToTheSecondAndPaysTheOwner() public {
        begin(400);
        uint64 unbondedAt = registry.memberOf(member).unbondedAt;

        vm.warp(unbondedAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StillUnbonding.selector, member, unbondedAt));
        registry.withdrawStake(member);
        vm.warp(unbondedAt);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.StakeWithdrawn(member, owner, 400);
        vm.prank(client);
        registry.withdrawStake(member);

        vm.assertEq(token.balanceOf(owner), 400);
        vm.assertEq(registry.memberOf(member).unbonding, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingUnbonding.selector, member));
        registry.withdrawStake(member);
    }

    function test_WithdrawStake_OfWhatNeverUnbondedIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingUnbonding.selector, member));
        registry.withdrawStake(member);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.MemberUnknown.selector, bytes32("x")));
        registry.withdrawStake("x");
    }

    function test_BeginUnbonding_AgainLetsAllOfItWaitAgain() public {
        begin(400);
        pass(registry.unbondingDelay() - 1);
        begin(100);
        uint64 unbondedAt = registry.memberOf(member).unbondedAt;
        pass(1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StillUnbonding.selector, member, unbondedAt));
        registry.withdrawStake(member);
        vm.warp(unbondedAt);
        registry.withdrawStake(member);
        vm.assertEq(token.balanceOf(owner), 500);
    }

    function test_Stake_OfOneEpochCannotServeAndLeaveAtOnce() public {
        // Put in and taken back within one epoch, it never counts.
        fund(owner, address(registry), 5_000);
        vm.prank(owner);
        registry.increaseStake(member, 5_000);
        begin(5_000);
        uint64 epoch = registry.currentEpoch();
        vm.assertEq(registry.weightOf(member, epoch), STAKE);
        vm.assertEq(registry.weightOf(member, epoch + 1), STAKE);
    }

    function begin(uint128 amount) private {
        vm.prank(owner);
        registry.beginUnbonding(member, amount);
    }
}
