// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow, Terms} from "../src/IEscrow.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {MarketBench} from "./MarketBench.sol";

/// @notice A row in every settlement to come has its price, however small deposits are afterwards.
contract FirstDepositsTest is MarketBench {
    uint128 private constant LEAST = 20;

    function setUp() public override {
        setUp(21_000);
    }

    function terms() internal pure override returns (Terms memory chosen) {
        chosen = super.terms();
        // Rounded down.
        chosen.stakeMin = 20_999;
    }

    function test_Least_IsAThousandthOfTheLeastStakeRoundedDown() public {
        vm.assertEq(escrow.depositMin(), LEAST);
        Terms memory chosen = terms();
        chosen.stakeMin = 999;
        vm.assertEq(create(token, keccak256("market"), operator, chosen).depositMin(), 0);
    }

    function test_FirstDeposit_IsTheLeastAtLeast() public {
        fund(client, address(escrow), LEAST - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositTooSmall.selector, LEAST - 1, LEAST));
        vm.prank(client);
        escrow.deposit(worker, LEAST - 1);
        vm.assertEq(escrow.balanceOf(worker).firstBlock, 0);

        deposit(worker, LEAST);
        vm.assertEq(escrow.balanceOf(worker).deposited, LEAST);
        vm.assertEq(escrow.balanceOf(worker).firstBlock, blockNumber());
    }

    function test_FirstDeposit_OfNothingIsStillNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AmountZero.selector));
        escrow.deposit(worker, 0);
    }

    function test_LaterDeposit_MayBeSmaller() public {
        deposit(worker, LEAST);
        deposit(worker, 1);
        vm.assertEq(escrow.balanceOf(worker).deposited, LEAST + 1);
    }

    function test_ClaimToDeposit_AsTheFirstIsTheLeastAtLeast() public {
        settle(books(LEAST - 1));
        MerklePath memory path = pathOf(books(LEAST - 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositTooSmall.selector, LEAST - 1, LEAST));
        vm.prank(worker);
        escrow.claimToDeposit(books(LEAST - 1)[1], path);
        vm.assertEq(escrow.balanceOf(worker).claimed, 0);

        settle(books(LEAST));
        path = pathOf(books(LEAST), 1);
        vm.prank(worker);
        escrow.claimToDeposit(books(LEAST)[1], path);
        vm.assertEq(escrow.balanceOf(worker).deposited, LEAST);
    }

    function test_Claim_OfLessThanTheLeastIsPaidOut() public {
        settle(books(LEAST - 1));
        escrow.claim(books(LEAST - 1)[1], pathOf(books(LEAST - 1), 1));
        vm.assertEq(token.balanceOf(worker), LEAST - 1);
    }

    function test_ClaimToDeposit_OfLessThanTheLeastIsADepositLater() public {
        deposit(worker, LEAST);
        settle(books(1));
        MerklePath memory path = pathOf(books(1), 1);
        vm.prank(worker);
        escrow.claimToDeposit(books(1)[1], path);
        vm.assertEq(escrow.balanceOf(worker).deposited, LEAST + 1);
    }
}
