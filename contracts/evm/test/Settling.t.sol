// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G2Point} from "../src/Bls12381.sol";
import {IEscrow} from "../src/IEscrow.sol";
import {IStakeRegistry} from "../src/IStakeRegistry.sol";
import {Settlement} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract SettlingTest is MarketBench {
    function test_Settle_WritesDownTheBooks() public {
        Settlement memory settlement = next(books(300));
        settlement.receipts = keccak256("receipts");
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, 1);

        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(1, settlement.epoch, settlement);
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);

        vm.assertEq(abi.encode(escrow.lastSettlement()), abi.encode(settlement));
        vm.assertEq(escrow.receiptsOf(1), settlement.receipts);
        vm.assertEq(escrow.settledAt(), time());
    }

    function test_Settle_TheOperatorAloneCannot() public {
        Settlement memory settlement = next(books(300));
        bytes32 digest = escrow.settlementDigest(settlement);
        requireRefused(settlement, 0, infinity(), abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
    }

    function test_Settle_TheCommitteeAloneCannot() public {
        Settlement memory settlement = next(books(300));
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOperator.selector, worker, operator));
        vm.prank(worker);
        escrow.settle(settlement, absentees, signature);
    }

    function test_Settle_TheOperatorAndTooFewCannot() public {
        Settlement memory settlement = next(books(300));
        (, G2Point memory signature) = signatureOf(settlement, 2);
        requireRefused(
            settlement,
            2,
            signature,
            abi.encodeWithSelector(IStakeRegistry.WeightTooSmall.selector, settlement.epoch, 3 * STAKE, 5 * STAKE)
        );
    }

    function test_Settle_EachNumberOnceAndInOrder() public {
        Settlement memory settlement = next(books(300));
        settlement.number = 2;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.SettlementOutOfOrder.selector, 2, 1));
        settlement.number = 1;
        settle(settlement, 0);
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.SettlementOutOfOrder.selector, 1, 2));
    }

    function test_Settle_TakesTheCommitteeOfThisEpochAndTheOneBefore() public {
        Settlement memory settlement = next(books(300));
        uint64 epoch = settlement.epoch;
        settlement.epoch = epoch + 1;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.EpochNotServing.selector, epoch + 1, epoch));
        settlement.epoch = epoch;
        pass(2 * registry.epochLength());
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.EpochNotServing.selector, epoch, epoch + 2));
        settlement.epoch = epoch + 1;
        settle(settlement, 0);
    }

    function test_Settle_ByTheEpochBeforeCountsItsWeightsNotTodays() public {
        Settlement memory settlement = next(books(300));
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, 1);
        // One who has not signed gets more than all others from the next epoch on.
        fund(client, address(registry), 100 * STAKE);
        vm.prank(client);
        registry.increaseStake(members[0], 100 * STAKE);
        pass(registry.epochLength());

        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
    }

    function test_Settle_TheVoteOfALeavingMemberCountsUntilTheEpochEnds() public {
        vm.prank(registry.memberOf(members[0]).owner);
        registry.beginUnbonding(members[0], STAKE);
        settle(books(300));
        pass(registry.epochLength());
        Settlement memory settlement = next(books(400));
        (bytes32[] memory absentees,) = split(0);
        (, G2Point memory signature) = signatureOf(settlement, 0);
        bytes32 digest = escrow.settlementDigest(settlement);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
    }

    function test_Settle_CountsBlocksForwardAndNotItsOwn() public {
        Settlement memory settlement = next(books(300));
        uint64 last = settlement.chainBlock;
        settlement.chainBlock = last + 1;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.BlockOutOfOrder.selector, last + 1, 0, last));
        settlement.chainBlock = last;
        settle(settlement, 0);
        mine(3);
        settlement = next(books(300));
        settlement.chainBlock = last - 1;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.BlockOutOfOrder.selector, last - 1, last, last + 3));
        settlement.chainBlock = last;
        settle(settlement, 0);
    }

    function test_Settle_TotalsNeverDecrease() public {
        settle(books(300));
        Settlement memory settlement = next(books(300));
        settlement.earned = 299;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.TotalsDecrease.selector, 299, 300, 300, 300));
        settlement.earned = 300;
        settlement.spent = 299;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.TotalsDecrease.selector, 300, 299, 300, 300));
        settlement.spent = 300;
        settle(settlement, 0);
    }

    function test_Settle_EarnedIsAtMostWhatWasSpent() public {
        Settlement memory settlement = next(books(300));
        settlement.earned = 301;
        requireRefused(settlement, abi.encodeWithSelector(IEscrow.EarnedExceedsSpent.selector, 301, 300));
        (settlement.earned, settlement.spent) = (type(uint128).max, type(uint128).max - 1);
        requireRefused(
            settlement,
            abi.encodeWithSelector(
                IEscrow.EarnedExceedsSpent.selector, type(uint128).max, uint256(type(uint128).max) - 1
            )
        );
    }

    function test_Settle_OfTheLargestTotalsLeavesClaimsBoundByWhatThereIs() public {
        Settlement memory settlement = next(books(300));
        (settlement.earned, settlement.spent) = (type(uint128).max, type(uint128).max);
        settle(settlement, 0);
        escrow.claim(books(300)[1], pathOf(books(300), 1));
        vm.assertEq(token.balanceOf(worker), 300);
    }

    function testFuzz_Settle_RefusesAFlippedBitOfTheSignature(uint256 bit) public {
        Settlement memory settlement = next(books(300));
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, 0);
        bit = bit % 1536;
        signature.words[bit / 256] ^= bytes32(1 << (bit % 256));
        vm.expectRevert();
        vm.prank(operator);
        escrow.settle{gas: 3_000_000}(settlement, absentees, signature);
    }

    function testFuzz_Settle_RefusesAFlippedBitOfWhatWasSigned(uint256 which, uint256 bit) public {
        Settlement memory settlement = next(books(300));
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, 0);
        uint256 difference = 1 << (bit % 64);
        which = which % 7;
        if (which == 0) settlement.number ^= uint64(difference);
        if (which == 1) settlement.epoch ^= uint64(difference);
        if (which == 2) settlement.chainBlock ^= uint64(difference);
        if (which == 3) settlement.accounts ^= bytes32(1 << (bit % 256));
        if (which == 4) settlement.receipts ^= bytes32(1 << (bit % 256));
        if (which == 5) settlement.earned ^= uint128(1 << (bit % 128));
        if (which == 6) settlement.spent ^= uint128(1 << (bit % 128));
        vm.expectRevert();
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
    }

    /// @dev With the signature of all.
    function requireRefused(Settlement memory settlement, bytes memory refusal) private {
        (, G2Point memory signature) = signatureOf(settlement, 0);
        requireRefused(settlement, 0, signature, refusal);
    }

    function requireRefused(Settlement memory settlement, uint256 absent, G2Point memory signature, bytes memory refusal)
        private
    {
        (bytes32[] memory absentees,) = split(absent);
        vm.expectRevert(refusal);
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
    }
}
