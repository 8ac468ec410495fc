// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {AccountTotals} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract WithdrawalsTest is MarketBench {
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

    /// @dev The client has asked for an amount, the delay is over, and the last settlement says that a part is on hold.
    function requestAndHold(uint128 amount, uint128 onHold) private returns (AccountTotals[] memory accounts) {
        vm.prank(client);
        escrow.requestWithdrawal(amount);
        mine(1);
        accounts = books(0);
        accounts[0].held = onHold;
        settle(accounts);
        pass(escrow.withdrawalDelay());
    }
}
