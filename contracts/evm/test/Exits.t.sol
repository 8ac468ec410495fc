// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract ExitsTest is MarketBench {
    function test_Close_WaitsForTheDelaySinceTheLastSettlementToTheSecond() public {
        pass(3 days);
        settle(books(0));
        uint256 closableAt = time() + escrow.exitDelay();

        vm.warp(closableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, closableAt));
        escrow.close();
        vm.warp(closableAt);
        vm.expectEmit(address(escrow));
        emit IEscrow.EscrowClosed(1);
        vm.prank(address(0xbad));
        escrow.close();

        vm.assertTrue(escrow.isClosed());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsClosed.selector));
        escrow.close();
    }

    function test_Exit_PaysAllThatWasNotSpentAlsoWhatIsOnHold() public {
        AccountTotals[] memory accounts = books(3_000);
        accounts[0].held = 2_000;
        settle(accounts);
        close();

        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(client, 7_000, 7_000);
        escrow.exit(accounts[0], pathOf(accounts, 0));
        vm.assertEq(token.balanceOf(client), 7_000);
        escrow.claim(accounts[1], pathOf(accounts, 1));
        vm.assertEq(token.balanceOf(worker), 3_000);
        vm.assertEq(escrow.held(), 0);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, client));
        escrow.exit(accounts[0], pathOf(accounts, 0));
    }

    function test_Exit_WhileOpenIsRefused() public {
        settle(books(0));
        AccountTotals[] memory accounts = books(0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsOpen.selector));
        escrow.exit(accounts[0], pathOf(accounts, 0));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsOpen.selector));
        escrow.exitUnsettled(client);
    }

    function test_Exit_NeedsTotalsOfTheLastSettlement() public {
        settle(books(3_000));
        close();
        AccountTotals[] memory wished = books(0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotInSettlement.selector, rootOf(wished), rootOf(books(3_000))));
        escrow.exit(wished[0], pathOf(wished, 0));
    }

    function test_Exit_PaysWhatARequestHasLeft() public {
        vm.prank(client);
        escrow.requestWithdrawal(4_000);
        mine(1);
        settle(books(1_000));
        close();

        AccountTotals[] memory accounts = books(1_000);
        escrow.exit(accounts[0], pathOf(accounts, 0));
        vm.assertEq(token.balanceOf(client), 9_000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, client));
        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));
    }

    function test_ExitUnsettled_PaysADepositAfterTheLastSettlementsBlock() public {
        settle(books(0));
        deposit(worker, 500);
        close();

        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(worker, 500, 500);
        escrow.exitUnsettled(worker);
        vm.assertEq(token.balanceOf(worker), 500);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        escrow.exitUnsettled(worker);
    }

    function test_ExitUnsettled_PaysAllWhereThereNeverWasASettlement() public {
        close();
        escrow.exitUnsettled(client);
        vm.assertEq(token.balanceOf(client), 10_000);
        vm.assertEq(escrow.held(), 0);
    }

    function test_ExitUnsettled_IsRefusedForACountedDepositToTheBlock() public {
        mine(1);
        uint64 first = blockNumber();
        deposit(worker, 500);
        mine(1);
        settle(books(0));
        vm.assertEq(escrow.lastSettlement().chainBlock, first);
        close();

        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositCounted.selector, first, first));
        escrow.exitUnsettled(worker);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositCounted.selector, 0, first));
        escrow.exitUnsettled(operator);
    }

    function test_ExitUnsettled_AndExitPayADepositOfEarningsOnlyOnce() public {
        settle(books(300));
        AccountTotals[] memory accounts = books(300);
        vm.prank(worker);
        escrow.claimToDeposit(accounts[1], pathOf(accounts, 1));
        close();

        escrow.exitUnsettled(worker);
        vm.assertEq(token.balanceOf(worker), 300);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        escrow.exit(accounts[1], pathOf(accounts, 1));
    }

    function test_Exit_AfterClosingNothingIsSettledAskedForOrTurned() public {
        close();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsClosed.selector));
        vm.prank(client);
        escrow.requestWithdrawal(1);
        (bytes32[] memory absentees,) = split(0);
        Settlement memory last = escrow.lastSettlement();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsClosed.selector));
        vm.prank(operator);
        escrow.settle(last, absentees, infinity());
    }

    function test_CancelWithdrawal_StillWorksOnceClosed() public {
        vm.prank(client);
        escrow.requestWithdrawal(1);
        close();
        vm.prank(client);
        escrow.cancelWithdrawal();
        vm.assertEq(escrow.balanceOf(client).requested, 0);
    }

    function testFuzz_Exit_InAnyOrderPaysAllAndNoMore(uint128 spent, uint128 onHold, uint256 order) public {
        spent = spent % 10_000;
        AccountTotals[] memory accounts = books(spent);
        accounts[0].held = onHold % (10_001 - spent);
        settle(accounts);
        close();
        for (uint256 i = 0; i < 2; i++) {
            if ((order % 2 + i) % 2 == 0) {
                escrow.exit(accounts[0], pathOf(accounts, 0));
            } else if (spent > 0) {
                escrow.claim(accounts[1], pathOf(accounts, 1));
            }
        }
        vm.assertEq(token.balanceOf(client), 10_000 - spent);
        vm.assertEq(token.balanceOf(worker), spent);
        vm.assertEq(escrow.held(), 0);
    }

    function close() private {
        pass(escrow.exitDelay());
        escrow.close();
    }
}
