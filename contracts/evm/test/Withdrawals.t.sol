// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract WithdrawalsTest is MarketBench {
    function test_RequestWithdrawal_WritesDownWhatWhenAndOfHowMuch() public {
        vm.expectEmit(address(escrow));
        emit IEscrow.WithdrawalRequested(client, 4_000, time() + escrow.withdrawalDelay());
        request(4_000);

        vm.assertEq(escrow.balanceOf(client).requested, 4_000);
        vm.assertEq(escrow.balanceOf(client).requestedOf, 10_000);
        vm.assertEq(escrow.balanceOf(client).requestedBlock, blockNumber());
        vm.assertEq(escrow.balanceOf(client).requestedAt, time());
    }

    function test_RequestWithdrawal_IsRefusedForNothingTooMuchOrTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AmountZero.selector));
        request(0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestTooLarge.selector, 10_001, 10_000));
        request(10_001);
        request(1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestOpen.selector, client, 1));
        request(2);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestTooLarge.selector, 1, 0));
        vm.prank(worker);
        escrow.requestWithdrawal(1);
    }

    function test_CancelWithdrawal_EndsTheRequest() public {
        request(4_000);

        vm.expectEmit(address(escrow));
        emit IEscrow.WithdrawalCancelled(client, 4_000);
        vm.prank(client);
        escrow.cancelWithdrawal();

        vm.assertEq(escrow.balanceOf(client).requested, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoRequest.selector, client));
        vm.prank(client);
        escrow.cancelWithdrawal();
    }

    function test_Withdraw_PaysTheRequestOnceTheDelayIsOverAndItIsCounted() public {
        AccountTotals[] memory accounts = requestAndHold(4_000, 0);

        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(client, 4_000, 4_000);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));

        vm.assertEq(token.balanceOf(client), 4_000);
        vm.assertEq(escrow.held(), 6_000);
        vm.assertEq(escrow.balanceOf(client).requested, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoRequest.selector, client));
        escrow.withdraw(accounts[0], pathOf(accounts, 0));
    }

    function test_Withdraw_WaitsForTheDelayToTheSecond() public {
        request(4_000);
        uint256 payableAt = time() + escrow.withdrawalDelay();
        mine(1);
        settle(books(0));

        vm.warp(payableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, payableAt));
        escrow.withdraw(books(0)[0], pathOf(books(0), 0));
        vm.warp(payableAt);
        escrow.withdraw(books(0)[0], pathOf(books(0), 0));
    }

    function test_Withdraw_WaitsForASettlementThatHasCountedTheRequestsBlock() public {
        request(4_000);
        uint64 requested = blockNumber();
        settle(books(0));
        pass(escrow.withdrawalDelay());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RequestNotCounted.selector, requested, requested - 1));
        escrow.withdraw(books(0)[0], pathOf(books(0), 0));

        settle(books(0));
        vm.assertEq(escrow.lastSettlement().chainBlock, requested);
        escrow.withdraw(books(0)[0], pathOf(books(0), 0));
    }

    function test_Withdraw_PaysNothingOfWhatIsSpentOrHeld() public {
        request(10_000);
        mine(1);
        AccountTotals[] memory accounts = books(3_000);
        accounts[0].held = 2_000;
        settle(accounts);
        pass(escrow.withdrawalDelay());

        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));

        vm.assertEq(token.balanceOf(client), 5_000);
    }

    function test_Withdraw_OfADepositThatIsAllSpentIsRefusedAndLeavesTheRequest() public {
        AccountTotals[] memory accounts = requestAndHold(4_000, 10_000);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, client));
        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));
        vm.assertEq(escrow.balanceOf(client).requested, 4_000);
    }

    function test_Withdraw_CountsNoDepositAfterTheRequest() public {
        request(10_000);
        deposit(client, 5_000);
        mine(1);
        AccountTotals[] memory accounts = books(0);
        accounts[0].held = 4_000;
        settle(accounts);
        pass(escrow.withdrawalDelay());

        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));

        vm.assertEq(token.balanceOf(client), 6_000);
    }

    function test_Withdraw_PaysAPartOnlyWhereTheOwnerCalls() public {
        AccountTotals[] memory accounts = requestAndHold(10_000, 9_999);
        MerklePath memory path = pathOf(accounts, 0);

        vm.prank(worker);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOwnerOf.selector, client, worker));
        escrow.withdraw(accounts[0], path);
        vm.assertEq(escrow.balanceOf(client).requested, 10_000);

        vm.prank(client);
        escrow.withdraw(accounts[0], path);
        vm.assertEq(token.balanceOf(client), 1);
    }

    function test_Withdraw_NeedsTheTotalsOfTheLastSettlement() public {
        requestAndHold(4_000, 0);
        settle(books(100));
        bytes32 root = escrow.lastSettlement().accounts;
        AccountTotals[] memory old = books(0);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotInSettlement.selector, rootOf(old), root));
        escrow.withdraw(old[0], pathOf(old, 0));
        escrow.withdraw(books(100)[0], pathOf(books(100), 0));
    }

    function test_Withdraw_LeavesWhatOthersHaveEarnedWhereTheBooksSayMoreThanThereIs() public {
        request(10_000);
        mine(1);
        // The worker has earned what the client, by its own totals, has not spent.
        AccountTotals[] memory accounts = books(0);
        accounts[1].earned = 9_000;
        Settlement memory settlement = next(accounts);
        settlement.spent = 9_000;
        settle(settlement, 0);
        pass(escrow.withdrawalDelay());

        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));
        vm.assertEq(token.balanceOf(client), 1_000);
        escrow.claim(accounts[1], pathOf(accounts, 1));
        vm.assertEq(token.balanceOf(worker), 9_000);
    }

    function test_RequestAndCancel_WorkAsOftenAsWanted() public {
        for (uint128 i = 1; i < 5; i++) {
            request(i);
            mine(1);
            vm.prank(client);
            escrow.cancelWithdrawal();
        }
        vm.assertEq(escrow.balanceOf(client).requestedBlock, 0);
    }

    function testFuzz_Withdraw_PaysTheLesserOfAskedAndFree(uint128 asked, uint128 spent, uint128 onHold) public {
        asked = 1 + asked % 10_000;
        spent = spent % 10_000;
        onHold = onHold % (10_000 - spent);
        request(asked);
        mine(1);
        AccountTotals[] memory accounts = books(spent);
        accounts[0].held = onHold;
        settle(accounts);
        pass(escrow.withdrawalDelay());

        vm.prank(client);
        escrow.withdraw(accounts[0], pathOf(accounts, 0));

        uint256 free = 10_000 - spent - onHold;
        vm.assertEq(token.balanceOf(client), asked < free ? asked : free);
        vm.assertEq(escrow.held(), token.balanceOf(address(escrow)));
    }

    function request(uint128 amount) private {
        vm.prank(client);
        escrow.requestWithdrawal(amount);
    }

    /// @dev The client has asked for an amount, the delay is over, and the last settlement says that a part is on hold.
    function requestAndHold(uint128 amount, uint128 onHold) private returns (AccountTotals[] memory accounts) {
        request(amount);
        mine(1);
        accounts = books(0);
        accounts[0].held = onHold;
        settle(accounts);
        pass(escrow.withdrawalDelay());
    }
}
