// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../src/IEscrow.sol";
import {IStakeRegistry, ReceiptVote, SettlementVote} from "../src/IStakeRegistry.sol";
import {Receipt} from "../src/Receipts.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {EvidenceBench} from "./EvidenceBench.sol";

contract SlashingTest is EvidenceBench {
    function test_SlashForSettlements_PaysATenthToTheReporterAndTheRestToTheEscrow() public {
        uint64 epoch = registry.currentEpoch();
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 2);

        vm.expectEmit(address(escrow));
        emit IEscrow.Compensated(0, 900);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.MemberSlashed(members[1], reporter, 0, 0, 1000, 100, epoch + 1);
        slash(members[1], one, other);

        vm.assertEq(token.balanceOf(reporter), 100);
        vm.assertEq(token.balanceOf(address(registry)), 4 * STAKE);
        vm.assertEq(token.balanceOf(address(escrow)), 10_900);
        vm.assertEq(token.allowance(address(registry), address(escrow)), 0);
        vm.assertEq(escrow.held(), 10_900);
        vm.assertEq(escrow.compensated(), 900);
        vm.assertTrue(registry.memberOf(members[1]).isSlashed);
        vm.assertEq(registry.memberOf(members[1]).stake, 0);
        vm.assertEq(registry.weightOf(members[1], epoch), STAKE);
        vm.assertEq(registry.weightOf(members[1], epoch + 1), 0);
        vm.assertEq(registry.committeeOf(epoch).members, 5);
        vm.assertEq(registry.committeeOf(epoch + 1).members, 4);
    }

    function test_SlashForReceipts_NamesThePayerAsHarmed() public {
        (ReceiptVote memory one, ReceiptVote memory other) = receiptVotes(0, 2);

        vm.expectEmit(address(escrow));
        emit IEscrow.Compensated(one.receipt.payer, 900);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.MemberSlashed(
            members[0],
            reporter,
            one.receipt.payer,
            one.receipt.execution.invocation.job,
            1000,
            100,
            registry.currentEpoch() + 1
        );
        slash(members[0], one, other);

        vm.assertEq(token.balanceOf(reporter), 100);
        vm.assertEq(escrow.held(), 10_900);
    }

    function test_Slash_EvidenceIsAcceptedOnceAndOnlyOnce() public {
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 2);
        slash(members[0], one, other);
        requireRefused(members[0], one, other, abi.encodeWithSelector(IStakeRegistry.MemberIsSlashed.selector, members[0]));
        requireRefused(members[0], other, one, abi.encodeWithSelector(IStakeRegistry.MemberIsSlashed.selector, members[0]));
        (ReceiptVote memory first, ReceiptVote memory second) = receiptVotes(0, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.MemberIsSlashed.selector, members[0]));
        registry.slashForReceipts(members[0], first, second);

        slash(members[1], one, other);
        vm.assertEq(token.balanceOf(reporter), 200);
    }

    function test_Slash_NeedsTheMemberInBothVotes() public {
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory one = vote(first, 0, 3);
        SettlementVote memory other = vote(second, 2, 5);

        bytes memory refusal = abi.encodeWithSelector(IStakeRegistry.NotASigner.selector, members[1]);
        requireRefused(members[1], one, other, refusal);
        requireRefused(members[3], one, other, abi.encodeWithSelector(IStakeRegistry.NotASigner.selector, members[3]));
        slash(members[2], one, other);
    }

    function test_Slash_RefusesVotesThatDoNotContradict() public {
        (Settlement memory first, Settlement memory second) = settlements();
        bytes memory refusal = abi.encodeWithSelector(IStakeRegistry.NoContradiction.selector);
        requireRefused(members[0], vote(first, 0, 1), vote(first, 0, 2), refusal);
        second.number += 1;
        requireRefused(members[0], vote(first, 0, 1), vote(second, 0, 1), refusal);
        second.number -= 1;
        second.epoch += 1;
        requireRefused(members[0], vote(first, 0, 1), vote(second, 0, 1), refusal);

        (Receipt memory left, Receipt memory right) = receipts();
        requireReceiptsRefused(left, left, refusal);
        right.epoch += 1;
        requireReceiptsRefused(left, right, refusal);
        right.epoch -= 1;
        right.execution.invocation.job = keccak256("another");
        requireReceiptsRefused(left, right, refusal);
    }

    function test_Slash_RefusesOneReceiptInTwoBatches() public {
        (Receipt memory receipt,) = receipts();
        ReceiptVote memory one = vote(receipt, 0, 1);
        ReceiptVote memory other = vote(receipt, 0, 1);
        other.committee = keccak256("another committee");
        bytes32 hash = escrow.receiptVerifier().hashOf(receipt);
        delete other.path;
        (other.signers, other.signature) =
            signed(escrow.receiptVerifier().committeeReceiptsDigest(other.committee, hash), 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NoContradiction.selector));
        registry.slashForReceipts(members[0], one, other);
    }

    function test_Slash_RefusesSignaturesOfOthersThanSaid() public {
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 2);
        bytes32 digest = escrow.settlementDigest(other.settlement);
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory narrower = vote(second, 1, 2);
        // The victim is said to have signed what another one has.
        other.signature = narrower.signature;
        requireRefused(members[0], one, other, abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
        narrower = vote(first, 1, 2);
        one.signature = narrower.signature;
        digest = escrow.settlementDigest(first);
        requireRefused(members[0], one, other, abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, digest));
    }

    function test_Slash_RefusesSignersThatDoNotAscendOrAreUnknown() public {
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 2);
        one.signers[1] = one.signers[0];
        requireRefused(
            members[0],
            one,
            other,
            abi.encodeWithSelector(IStakeRegistry.NotAscending.selector, one.signers[0], one.signers[0])
        );
        one.signers[1] = bytes32(type(uint256).max);
        requireRefused(
            members[0], one, other, abi.encodeWithSelector(IStakeRegistry.MemberUnknown.selector, one.signers[1])
        );
        one.signers = new bytes32[](0);
        requireRefused(members[0], one, other, abi.encodeWithSelector(IStakeRegistry.NotASigner.selector, members[0]));
    }

    function test_Slash_TakesWhatIsUnbondingToo() public {
        unbond(members[0], 400);
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);
        slash(members[0], one, other);
        vm.assertEq(token.balanceOf(reporter), 100);
        vm.assertEq(escrow.compensated(), 900);
        vm.assertEq(registry.memberOf(members[0]).unbonding, 0);
    }

    function test_Slash_OfAMemberThatHasLeftTheCommitteeTakesWhatIsUnbonding() public {
        unbond(members[0], STAKE);
        pass(registry.unbondingDelay());
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);
        slash(members[0], one, other);
        vm.assertEq(escrow.compensated(), 900);
        vm.assertEq(registry.committeeOf(registry.currentEpoch()).members, 4);
    }

    function test_Slash_ThenWithdrawInOneBlockPaysTheOwnerNothing() public {
        address owner = unbond(members[0], STAKE);
        pass(registry.unbondingDelay());
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);

        slash(members[0], one, other);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingUnbonding.selector, members[0]));
        registry.withdrawStake(members[0]);
        vm.assertEq(token.balanceOf(owner), 0);
    }

    function test_Withdraw_ThenSlashInOneBlockTakesOnlyWhatIsLeft() public {
        address owner = unbond(members[0], 600);
        pass(registry.unbondingDelay());
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);

        registry.withdrawStake(members[0]);
        slash(members[0], one, other);
        vm.assertEq(token.balanceOf(owner), 600);
        vm.assertEq(token.balanceOf(reporter), 40);
        vm.assertEq(escrow.compensated(), 360);
    }

    function test_Slash_OfNothingStillEndsTheMember() public {
        address owner = unbond(members[0], STAKE);
        pass(registry.unbondingDelay());
        registry.withdrawStake(members[0]);
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);
        slash(members[0], one, other);

        vm.assertEq(token.balanceOf(reporter), 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.MemberIsSlashed.selector, members[0]));
        registry.increaseStake(members[0], STAKE);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.NothingStaked.selector, members[0], 1, 0));
        registry.beginUnbonding(members[0], 1);
    }

    function test_Slash_RaisesWhatMayBeEarned() public {
        AccountTotals[] memory accounts = books(0);
        accounts[1].earned = 900;
        Settlement memory settlement = next(accounts);
        (bytes32[] memory absentees,) = split(0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.EarnedExceedsSpent.selector, 900, 0));
        vm.prank(operator);
        escrow.settle(settlement, absentees, infinity());

        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);
        slash(members[0], one, other);
        settle(settlement, 0);
        escrow.claim(accounts[1], pathOf(accounts, 1));
        vm.assertEq(token.balanceOf(worker), 900);
        vm.assertEq(escrow.held(), 10_000);
    }

    function test_Slash_OfAllLeavesNoCommittee() public {
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 5);
        for (uint256 i = 0; i < 5; i++) {
            slash(members[i], one, other);
        }
        uint64 epoch = registry.currentEpoch();
        vm.assertEq(registry.committeeOf(epoch + 1).weight, 0);
        vm.assertEq(abi.encode(registry.committeeOf(epoch + 1).key), abi.encode(bytes32(0), bytes32(0), bytes32(0)));
        pass(registry.epochLength());
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.CommitteeTooSmall.selector, epoch + 1, 0, 3));
        registry.requireSignedByCommittee(epoch + 1, 0, new bytes32[](0), infinity());
    }

    function test_Compensate_IsTheRegistrysAlone() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheRegistry.selector, operator));
        vm.prank(operator);
        escrow.compensate(0, 1);
    }

    function testFuzz_Slash_LosesNoUnit(uint96 more, uint96 unbonding) public {
        bytes32 member = members[0];
        uint256 amount = STAKE;
        if (more > 0 && more <= type(uint96).max - STAKE) {
            fund(client, address(registry), more);
            vm.prank(client);
            registry.increaseStake(member, more);
            amount += more;
        }
        uint256 taken = unbonding % (amount - 100);
        if (taken > 0) {
            unbond(member, uint128(taken));
        }
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 1);
        slash(member, one, other);

        vm.assertEq(token.balanceOf(reporter), amount / 10);
        vm.assertEq(escrow.compensated(), amount - amount / 10);
        vm.assertEq(token.balanceOf(address(registry)), 4 * STAKE);
    }

    function testFuzz_Slash_RefusesAFlippedBitOfTheSignature(uint256 bit) public {
        (SettlementVote memory one, SettlementVote memory other) = votes(0, 2);
        bit = bit % 1536;
        other.signature.words[bit / 256] ^= bytes32(1 << (bit % 256));
        vm.expectRevert();
        registry.slashForSettlements{gas: 3_000_000}(members[0], one, other);
    }

    function votes(uint256 from, uint256 to) private view returns (SettlementVote memory, SettlementVote memory) {
        (Settlement memory one, Settlement memory other) = settlements();
        return (vote(one, from, to), vote(other, from, to));
    }

    function receiptVotes(uint256 from, uint256 to) private view returns (ReceiptVote memory, ReceiptVote memory) {
        (Receipt memory one, Receipt memory other) = receipts();
        return (vote(one, from, to), vote(other, from, to));
    }

    function slash(bytes32 member, SettlementVote memory one, SettlementVote memory other) private {
        vm.prank(reporter);
        registry.slashForSettlements(member, one, other);
    }

    function slash(bytes32 member, ReceiptVote memory one, ReceiptVote memory other) private {
        vm.prank(reporter);
        registry.slashForReceipts(member, one, other);
    }

    function unbond(bytes32 member, uint128 amount) private returns (address owner) {
        owner = registry.memberOf(member).owner;
        vm.prank(owner);
        registry.beginUnbonding(member, amount);
    }

    function requireRefused(bytes32 member, SettlementVote memory one, SettlementVote memory other, bytes memory refusal)
        private
    {
        vm.expectRevert(refusal);
        registry.slashForSettlements(member, one, other);
    }

    function requireReceiptsRefused(Receipt memory one, Receipt memory other, bytes memory refusal) private {
        ReceiptVote memory left = vote(one, 0, 1);
        ReceiptVote memory right = vote(other, 0, 1);
        vm.expectRevert(refusal);
        registry.slashForReceipts(members[0], left, right);
    }
}
