// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {MarketBench} from "./MarketBench.sol";

contract DepositsTest is MarketBench {
    function test_Deposit_TakesTheMoneyAndCountsItForTheAccount() public {
        fund(client, address(escrow), 250);

        vm.expectEmit(address(escrow));
        emit IEscrow.Deposited(worker, client, 250, 250);
        vm.prank(client);
        escrow.deposit(worker, 250);

        vm.assertEq(escrow.balanceOf(worker).deposited, 250);
        vm.assertEq(escrow.balanceOf(client).deposited, 10_000);
        vm.assertEq(escrow.held(), 10_250);
        vm.assertEq(token.balanceOf(address(escrow)), 10_250);
    }

    function test_Deposit_KeepsTheBlockOfTheFirst() public {
        uint64 first = escrow.balanceOf(client).firstBlock;
        mine(5);
        deposit(client, 1);

        vm.assertEq(escrow.balanceOf(client).firstBlock, first);
        vm.assertEq(escrow.balanceOf(client).deposited, 10_001);
    }

    function test_Deposit_OfNothingIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AmountZero.selector));
        escrow.deposit(client, 0);
    }

    function test_Deposit_WithoutMoneyIsRefused() public {
        vm.prank(worker);
        vm.expectRevert();
        escrow.deposit(worker, 1);
        vm.assertEq(escrow.balanceOf(worker).firstBlock, 0);
    }

    function test_Deposit_IsRefusedOnceClosed() public {
        pass(escrow.exitDelay());
        escrow.close();
        fund(client, address(escrow), 1);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsClosed.selector));
        vm.prank(client);
        escrow.deposit(client, 1);
    }

    function test_Donation_BelongsToNobodyAndChangesNoBooks() public {
        token.mint(address(escrow), 5_000);

        vm.assertEq(escrow.held(), 10_000);
        settle(books(10_000));
        escrow.claim(books(10_000)[1], pathOf(books(10_000), 1));
        vm.assertEq(token.balanceOf(address(escrow)), 5_000);
    }

    function testFuzz_Deposit_AddsUp(uint96[8] memory amounts) public {
        uint256 sum = 0;
        for (uint256 i = 0; i < amounts.length; i++) {
            if (amounts[i] > 0) {
                deposit(worker, amounts[i]);
                sum += amounts[i];
            }
        }
        vm.assertEq(escrow.balanceOf(worker).deposited, sum);
        vm.assertEq(escrow.held(), 10_000 + sum);
        vm.assertEq(token.balanceOf(address(escrow)), 10_000 + sum);
    }
}
