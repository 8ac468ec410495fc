// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {DevelopmentToken} from "../src/DevelopmentToken.sol";
import {SettlementVote} from "../src/IStakeRegistry.sol";
import {Payments} from "../src/Payments.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {EvidenceBench} from "./EvidenceBench.sol";
import {BlacklistToken} from "./tokens/BlacklistToken.sol";
import {FeeToken} from "./tokens/FeeToken.sol";
import {LyingToken} from "./tokens/LyingToken.sol";
import {IHook, ReentrantToken} from "./tokens/ReentrantToken.sol";
import {SilentToken} from "./tokens/SilentToken.sol";

/// @notice Makes calls while it pays or is paid, and keeps how each ended.
contract Intruder is IHook {
    address private _target;
    bytes[] private _calls;
    bytes4[] public reasons;
    uint256 public successes;

    function prepare(address target, bytes[] calldata calls) external {
        _target = target;
        for (uint256 i = 0; i < calls.length; i++) {
            _calls.push(calls[i]);
        }
    }

    function onMove() external {
        for (uint256 i = 0; i < _calls.length; i++) {
            (bool isDone, bytes memory output) = _target.call(_calls[i]);
            reasons.push(isDone ? bytes4(0) : bytes4(output));
            successes += isDone ? 1 : 0;
        }
    }

    function count() external view returns (uint256) {
        return reasons.length;
    }
}

/// @notice How the contracts stand with tokens that are not as they should be.
contract TokensTest is EvidenceBench {
    function test_ReentrantToken_NothingThatMovesMoneyCanBeCalledMeanwhile() public {
        ReentrantToken spoiled = new ReentrantToken();
        start(address(spoiled));
        Intruder intruder = new Intruder();
        deposit(client, 10_000);
        mine(1);
        AccountTotals[] memory accounts = books(300);
        accounts[1].owner = address(intruder);
        settle(accounts);
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(escrow.claim, (accounts[1], pathOf(accounts, 1)));
        calls[1] = abi.encodeCall(escrow.claimToDeposit, (accounts[1], pathOf(accounts, 1)));
        calls[2] = abi.encodeCall(escrow.withdraw, (accounts[1], pathOf(accounts, 1)));
        calls[3] = abi.encodeCall(escrow.exit, (accounts[1], pathOf(accounts, 1)));
        calls[4] = abi.encodeCall(escrow.exitUnsettled, (address(intruder)));
        calls[5] = abi.encodeCall(escrow.deposit, (address(intruder), 1));
        intruder.prepare(address(escrow), calls);
        spoiled.setHook(address(intruder), intruder);

        escrow.claim(accounts[1], pathOf(accounts, 1));

        vm.assertEq(intruder.count(), 6);
        for (uint256 i = 0; i < 6; i++) {
            vm.assertTrue(intruder.reasons(i) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
        vm.assertEq(spoiled.balanceOf(address(intruder)), 300);
        vm.assertEq(escrow.held(), 9_700);
    }

    function test_ReentrantToken_NoStakeMovesWhileARewardIsPaid() public {
        ReentrantToken spoiled = new ReentrantToken();
        start(address(spoiled));
        Intruder intruder = new Intruder();
        Settlement memory first = next(books(0));
        Settlement memory second = next(books(1));
        SettlementVote memory one = vote(first, 0, 2);
        SettlementVote memory other = vote(second, 0, 2);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(registry.slashForSettlements, (members[0], one, other));
        calls[1] = abi.encodeCall(registry.slashForSettlements, (members[1], one, other));
        calls[2] = abi.encodeCall(registry.withdrawStake, (members[0]));
        intruder.prepare(address(registry), calls);
        spoiled.setHook(address(intruder), intruder);

        vm.prank(address(intruder));
        registry.slashForSettlements(members[0], one, other);

        vm.assertEq(intruder.count(), 3);
        vm.assertEq(intruder.successes(), 0);
        vm.assertEq(spoiled.balanceOf(address(intruder)), 100);
        vm.assertEq(escrow.compensated(), 900);
    }

    function test_ReentrantToken_MoneyOfADepositCannotBeCountedTwice() public {
        ReentrantToken spoiled = new ReentrantToken();
        start(address(spoiled));
        Intruder intruder = new Intruder();
        spoiled.mint(address(intruder), 100);
        // Sends the same contract tokens while its deposit is under way, to make them look like a part of it.
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(spoiled.transfer, (address(escrow), 50));
        intruder.prepare(address(spoiled), calls);
        vm.startPrank(address(intruder));
        spoiled.approve(address(escrow), 50);
        vm.stopPrank();
        spoiled.setHook(address(escrow), intruder);

        vm.expectPartialRevert(Payments.TokenTakesFee.selector);
        vm.prank(address(intruder));
        escrow.deposit(address(intruder), 50);
        vm.assertEq(escrow.held(), 0);
    }

    function test_FeeToken_IsRefusedForDepositsAndStakes() public {
        FeeToken spoiled = new FeeToken();
        start(address(spoiled));
        spoiled.setPercent(1);
        fund(client, address(escrow), 1_000);
        fund(client, address(registry), 1_000);

        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(Payments.TokenTakesFee.selector, 1_000, 990));
        escrow.deposit(client, 1_000);
        vm.expectRevert(abi.encodeWithSelector(Payments.TokenTakesFee.selector, 1_000, 990));
        registry.increaseStake(members[0], 1_000);
        vm.stopPrank();
    }

    function test_FeeToken_ThatStartsToTakeOneStillPaysOut() public {
        FeeToken spoiled = new FeeToken();
        start(address(spoiled));
        deposit(client, 10_000);
        settle(books(1_000));
        spoiled.setPercent(10);

        escrow.claim(books(1_000)[1], pathOf(books(1_000), 1));
        vm.assertEq(spoiled.balanceOf(worker), 900);
        vm.assertEq(spoiled.balanceOf(address(escrow)), escrow.held());
    }

    function test_LyingToken_ThatMovesNothingBuysNothing() public {
        LyingToken spoiled = new LyingToken();
        start(address(spoiled));
        fund(client, address(escrow), 1_000);

        vm.startPrank(client);
        spoiled.setLie(true, true);
        vm.expectRevert(abi.encodeWithSelector(Payments.TokenTakesFee.selector, 1_000, 0));
        escrow.deposit(client, 1_000);
        spoiled.setLie(true, false);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(spoiled)));
        escrow.deposit(client, 1_000);
        vm.stopPrank();
        vm.assertEq(escrow.held(), 0);
    }

    function test_LyingToken_ThatSaysNoLeavesTheClaimOpen() public {
        LyingToken spoiled = new LyingToken();
        start(address(spoiled));
        deposit(client, 10_000);
        settle(books(1_000));
        AccountTotals[] memory accounts = books(1_000);
        spoiled.setLie(true, false);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(spoiled)));
        escrow.claim(accounts[1], pathOf(accounts, 1));
        spoiled.setLie(false, false);
        escrow.claim(accounts[1], pathOf(accounts, 1));
        vm.assertEq(spoiled.balanceOf(worker), 1_000);
    }

    function test_BlacklistToken_OneListedAccountHindersNoOther() public {
        BlacklistToken spoiled = new BlacklistToken();
        start(address(spoiled));
        deposit(client, 10_000);
        settle(books(1_000));
        AccountTotals[] memory accounts = books(1_000);
        spoiled.setListed(worker, true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Blacklisted.selector, worker));
        escrow.claim(accounts[1], pathOf(accounts, 1));

        settle(books(2_000));
        pass(escrow.exitDelay());
        escrow.close();
        escrow.exit(books(2_000)[0], pathOf(books(2_000), 0));
        vm.assertEq(spoiled.balanceOf(client), 8_000);
        // What the worker has earned waits for it.
        vm.assertEq(escrow.held(), 2_000);
        spoiled.setListed(worker, false);
        escrow.claim(books(2_000)[1], pathOf(books(2_000), 1));
        vm.assertEq(spoiled.balanceOf(worker), 2_000);
    }

    function test_BlacklistToken_AListedOwnerIsSlashedAllTheSame() public {
        BlacklistToken spoiled = new BlacklistToken();
        start(address(spoiled));
        spoiled.setListed(registry.memberOf(members[0]).owner, true);
        SettlementVote memory one = vote(next(books(0)), 0, 1);
        SettlementVote memory other = vote(next(books(1)), 0, 1);
        vm.prank(reporter);
        registry.slashForSettlements(members[0], one, other);
        vm.assertEq(spoiled.balanceOf(reporter), 100);
    }

    function test_SilentToken_PaysDepositsClaimsAndCompensations() public {
        SilentToken spoiled = new SilentToken();
        start(address(spoiled));
        deposit(client, 10_000);
        settle(books(1_000));
        escrow.claim(books(1_000)[1], pathOf(books(1_000), 1));
        vm.assertEq(spoiled.balanceOf(worker), 1_000);
        for (uint256 i = 0; i < 2; i++) {
            SettlementVote memory one = vote(next(books(1_000)), i, i + 1);
            SettlementVote memory other = vote(next(books(1_001)), i, i + 1);
            vm.prank(reporter);
            registry.slashForSettlements(members[i], one, other);
        }
        vm.assertEq(spoiled.balanceOf(reporter), 200);
        vm.assertEq(escrow.held(), 9_000 + 1_800);
    }

    function test_NoToken_CannotBeDeposited() public {
        escrow = create(IERC20(address(0xdead)));
        vm.expectRevert();
        escrow.deposit(client, 1);
    }

    /// @dev A market with this token and three members.
    function start(address spoiled) private {
        token = DevelopmentToken(spoiled);
        escrow = create(token);
        registry = escrow.registry();
        delete members;
        delete secrets;
        for (uint256 i = 1; i <= 3; i++) {
            register(1000 + i, address(uint160(0x5000 + i)), STAKE);
        }
        pass(registry.epochLength());
        mine(1);
    }
}
