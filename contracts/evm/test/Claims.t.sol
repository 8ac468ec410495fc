// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract ClaimsTest is MarketBench {
    function test_Claim_PaysTheDifferenceSinceTheLastOne() public {
        settle(books(300));
        claim(300);
        vm.assertEq(token.balanceOf(worker), 300);
        settle(books(1000));

        vm.expectEmit(address(escrow));
        emit IEscrow.Claimed(worker, 700, 1000, false);
        claim(1000);

        vm.assertEq(token.balanceOf(worker), 1000);
        vm.assertEq(escrow.held(), 9000);
        vm.assertEq(escrow.claimed(), 1000);
        vm.assertEq(escrow.balanceOf(worker).claimed, 1000);
    }

    function test_Claim_IsPaidOnce() public {
        settle(books(300));
        claim(300);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        this.claim(300);
    }

    function test_Claim_OfTotalsThatWereNotSettledIsRefused() public {
        settle(books(300));
        AccountTotals[] memory wished = books(301);
        MerklePath memory path = pathOf(wished, 1);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotInSettlement.selector, rootOf(wished), rootOf(books(300))));
        escrow.claim(wished[1], path);
    }

    function test_Claim_BeforeTheFirstSettlementIsRefused() public {
        bytes32 root = rootOf(books(300));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotInSettlement.selector, root, bytes32(0)));
        this.claim(300);
    }

    function test_Claim_AnybodyMayCallAndTheAccountIsPaid() public {
        settle(books(300));
        vm.prank(address(0xbad));
        this.claim(300);
        vm.assertEq(token.balanceOf(worker), 300);
        vm.assertEq(token.balanceOf(address(0xbad)), 0);
    }

    function test_Claim_PaysNoMoreInAllThanTheSettlementSaysWasEarned() public {
        // Two leaves say more than the sum that the committee has signed.
        AccountTotals[] memory accounts = books(300);
        accounts[0].earned = 300;
        accounts[0].spent = 300;
        Settlement memory settlement = next(accounts);
        settlement.earned = 300;
        settle(settlement, 0);

        escrow.claim(accounts[0], pathOf(accounts, 0));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        escrow.claim(accounts[1], pathOf(accounts, 1));
        vm.assertEq(escrow.claimed(), 300);
    }

    function test_Claim_PaysNoMoreThanThereIs() public {
        settle(books(12_000));
        claim(12_000);
        vm.assertEq(token.balanceOf(worker), 10_000);
        vm.assertEq(escrow.held(), 0);

        deposit(client, 2_000);
        claim(12_000);
        vm.assertEq(token.balanceOf(worker), 12_000);
    }

    function test_Claim_StillWorksOnceClosed() public {
        settle(books(300));
        pass(escrow.exitDelay());
        escrow.close();
        claim(300);
        vm.assertEq(token.balanceOf(worker), 300);
    }

    function test_ClaimToDeposit_TurnsEarningsIntoADeposit() public {
        settle(books(300));
        MerklePath memory path = pathOf(books(300), 1);

        vm.expectEmit(address(escrow));
        emit IEscrow.Claimed(worker, 300, 300, true);
        vm.expectEmit(address(escrow));
        emit IEscrow.Deposited(worker, address(escrow), 300, 300);
        vm.prank(worker);
        escrow.claimToDeposit(books(300)[1], path);

        vm.assertEq(escrow.balanceOf(worker).deposited, 300);
        vm.assertEq(escrow.balanceOf(worker).firstBlock, blockNumber());
        vm.assertEq(escrow.held(), 10_000);
        vm.assertEq(token.balanceOf(worker), 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        this.claim(300);
    }

    function test_ClaimToDeposit_IsTheOwnersAlone() public {
        settle(books(300));
        MerklePath memory path = pathOf(books(300), 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOwnerOf.selector, worker, client));
        vm.prank(client);
        escrow.claimToDeposit(books(300)[1], path);
    }

    function test_ClaimToDeposit_IsRefusedOnceClosed() public {
        settle(books(300));
        pass(escrow.exitDelay());
        escrow.close();
        MerklePath memory path = pathOf(books(300), 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EscrowIsClosed.selector));
        vm.prank(worker);
        escrow.claimToDeposit(books(300)[1], path);
    }

    function test_ClaimToDeposit_CanBeAskedForAndLeftWithButOnlyOnce() public {
        settle(books(300));
        MerklePath memory path = pathOf(books(300), 1);
        vm.prank(worker);
        escrow.claimToDeposit(books(300)[1], path);
        vm.prank(worker);
        escrow.requestWithdrawal(300);
        mine(1);
        settle(books(300));
        pass(escrow.exitDelay());
        escrow.close();

        escrow.withdraw(books(300)[1], path);
        vm.assertEq(token.balanceOf(worker), 300);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        escrow.exit(books(300)[1], path);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToPay.selector, worker));
        this.claim(300);
    }

    function testFuzz_Claim_SumsUpToWhatWasEarned(uint128[4] memory amounts) public {
        uint128 earned = 0;
        for (uint256 i = 0; i < amounts.length; i++) {
            earned += amounts[i] % 1_000;
            settle(books(earned));
            if (amounts[i] % 1_000 > 0) {
                claim(earned);
            }
            vm.assertEq(token.balanceOf(worker), earned);
            vm.assertEq(token.balanceOf(address(escrow)), 10_000 - earned);
        }
    }

    function claim(uint128 earned) public {
        escrow.claim(books(earned)[1], pathOf(books(earned), 1));
    }
}
