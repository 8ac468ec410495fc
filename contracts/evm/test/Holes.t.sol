// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IStakeRegistry, SettlementVote} from "../src/IStakeRegistry.sol";
import {Settlement} from "../src/Settlements.sol";
import {EvidenceBench} from "./EvidenceBench.sol";

/// @notice What markets before this one left open, each as a test that it is closed here.
contract HolesTest is EvidenceBench {
    function test_Hole_AJobSubmittedWithoutMoney() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, 1_000)
        );
        vm.prank(worker);
        escrow.deposit(worker, 1_000);

        vm.prank(worker);
        token.approve(address(escrow), 1_000);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, worker, 0, 1_000));
        vm.prank(worker);
        escrow.deposit(worker, 1_000);
        vm.assertEq(escrow.balanceOf(worker).deposited, 0);
    }

    function test_Hole_ADepositInAnothersNameThatThePayerTakesBack() public {
        fund(worker, address(escrow), 500);
        vm.prank(worker);
        escrow.deposit(client, 500);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestTooLarge.selector, 500, 0));
        vm.prank(worker);
        escrow.requestWithdrawal(500);
    }

    function test_Hole_AnybodyCreditsEarnings() public {
        Settlement memory settlement = next(books(300));
        address[4] memory callers = [worker, client, address(registry), address(escrow)];
        for (uint256 i = 0; i < 4; i++) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOperator.selector, callers[i], operator));
            vm.prank(callers[i]);
            escrow.settle(settlement, new bytes32[](0), infinity());
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NotInSettlement.selector, rootOf(books(300)), bytes32(0)));
            this.claimAll(300);
        }
    }

    function test_Hole_AResultThatNobodyHasSigned() public {
        Settlement memory settlement = next(books(300));
        bytes32 digest = escrow.settlementDigest(settlement);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
        vm.prank(operator);
        escrow.settle(settlement, new bytes32[](0), infinity());
    }

    function test_Hole_ARewardThatIsPaidAgainAndAgain() public {
        settle(books(300));
        this.claimAll(300);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
            this.claimAll(300);
            settle(books(300));
        }
        vm.assertEq(token.balanceOf(worker), 300);
    }

    function test_Hole_AnUnstakeThatIgnoresRequestAndDelay() public {
        address owner = registry.memberOf(members[0]).owner;
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingUnbonding.selector, members[0]));
        vm.prank(owner);
        registry.withdrawStake(members[0]);
        vm.prank(owner);
        registry.beginUnbonding(members[0], STAKE);
        uint64 unbondedAt = time() + registry.unbondingDelay();
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StillUnbonding.selector, members[0], unbondedAt));
        vm.prank(owner);
        registry.withdrawStake(members[0]);
    }

    function test_Hole_AnIncreaseOfNothingThatResetsALock() public {
        address owner = registry.memberOf(members[0]).owner;
        vm.prank(owner);
        registry.beginUnbonding(members[0], 500);
        uint64 unbondedAt = registry.memberOf(members[0]).unbondedAt;
        pass(1 hours);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooSmall.selector, 0, 100));
        registry.increaseStake(members[0], 0);
        fund(client, address(registry), 1);
        vm.prank(client);
        registry.increaseStake(members[0], 1);
        vm.assertEq(registry.memberOf(members[0]).unbondedAt, unbondedAt);
        vm.assertEq(registry.memberOf(members[0]).unbonding, 500);
    }

    function test_Hole_AnAdministratorThatSlashes() public {
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory one = vote(first, 0, 1);
        SettlementVote memory other = vote(second, 1, 2);
        other.signers = one.signers;
        bytes32 digest = escrow.settlementDigest(second);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
        vm.prank(operator);
        registry.slashForSettlements(members[0], one, other);
    }

    function test_Hole_ASlashedStakeThatStaysWithThePool() public {
        (Settlement memory first, Settlement memory second) = settlements();
        uint256 before = token.balanceOf(address(registry));
        SettlementVote memory one = vote(first, 0, 1);
        SettlementVote memory other = vote(second, 0, 1);
        vm.prank(reporter);
        registry.slashForSettlements(members[0], one, other);
        vm.assertEq(token.balanceOf(address(registry)), before - STAKE);
        vm.assertEq(token.balanceOf(reporter) + escrow.compensated(), STAKE);
    }

    function test_Hole_AnEmergencyInWhichAnAdministratorTakesAll() public {
        string[12] memory wishes = [
            "emergency_withdraw()",
            "emergencyWithdraw()",
            "emergencyWithdraw(address,uint256)",
            "withdraw(address,uint256)",
            "pause()",
            "unpause()",
            "transferOwnership(address)",
            "upgradeTo(address)",
            "upgradeToAndCall(address,bytes)",
            "initialize()",
            "distribute_rewards(address,uint256)",
            "sweep(address)"
        ];
        vm.startPrank(operator);
        for (uint256 i = 0; i < wishes.length; i++) {
            bytes memory wish = abi.encodePacked(bytes4(keccak256(bytes(wishes[i]))), new bytes(128));
            (bool isDone,) = address(escrow).call(wish);
            vm.assertFalse(isDone);
            (isDone,) = address(registry).call(wish);
            vm.assertFalse(isDone);
        }
        vm.stopPrank();
    }

    function test_Hole_ACommitteeOfOne() public {
        for (uint256 i = 1; i < 5; i++) {
            vm.prank(registry.memberOf(members[i]).owner);
            registry.beginUnbonding(members[i], STAKE);
        }
        pass(registry.epochLength());
        Settlement memory settlement = next(books(300));
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.CommitteeTooSmall.selector, settlement.epoch, 1, 3));
        vm.prank(operator);
        escrow.settle(settlement, new bytes32[](0), infinity());
    }

    function test_Hole_MoneyLockedInADeadContract() public {
        deposit(worker, 500);
        settle(books(300));
        pass(escrow.exitDelay());
        vm.startPrank(address(0xbad));
        escrow.close();
        escrow.exit(books(300)[0], pathOf(books(300), 0));
        this.claimAll(300);
        escrow.exitUnsettled(worker);
        vm.stopPrank();
        vm.assertEq(escrow.held(), 0);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function claimAll(uint128 earned) external {
        escrow.claim(books(earned)[1], pathOf(books(earned), 1));
    }
}
