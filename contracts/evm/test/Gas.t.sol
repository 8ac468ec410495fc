// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {IStakeRegistry, ReceiptVote, SettlementVote} from "../src/IStakeRegistry.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {Receipt} from "../src/Receipts.sol";
import {AccountTotals, Settlement, Settlements} from "../src/Settlements.sol";
import {EvidenceBench} from "./EvidenceBench.sol";
import {Examples} from "./Examples.sol";
import {Signer} from "./Signer.sol";

/// @notice What each call costs, in snapshots/gas.json: without the transaction itself, before refunds, all storage cold. Where a name
/// says "whole", with the transaction and its data by EIP-2028 and EIP-7623.
contract GasTest is EvidenceBench {
    /// @dev The bar for a settlement with 16 signers.
    uint256 private constant SETTLE_WHOLE_MOST = 400_000;

    function test_Gas_Deposit() public {
        fund(worker, address(escrow), 1_000);
        cool();
        vm.prank(worker);
        escrow.deposit(worker, 500);
        vm.snapshotGasLastCall("gas", "deposit, first");
        cool();
        vm.prank(worker);
        escrow.deposit(worker, 500);
        vm.snapshotGasLastCall("gas", "deposit, later");
    }

    function test_Gas_Stake() public {
        uint256 secret = 77;
        G1Point memory key = Signer.keyOf(secret);
        G2Point memory possession =
            Signer.sign(secret, registry.possessionDigest(worker, 0, key), Bls12381.POSSESSION_TAG);
        fund(worker, address(registry), 5_000);
        vm.startPrank(worker);
        cool();
        bytes32 member = registry.register(0, key, possession, 1_000);
        vm.snapshotGasLastCall("gas", "register");
        pass(registry.epochLength());
        cool();
        registry.increaseStake(member, 1_000);
        vm.snapshotGasLastCall("gas", "increaseStake");
        pass(registry.epochLength());
        cool();
        registry.beginUnbonding(member, 2_000);
        vm.snapshotGasLastCall("gas", "beginUnbonding");
        pass(registry.unbondingDelay());
        cool();
        registry.withdrawStake(member);
        vm.snapshotGasLastCall("gas", "withdrawStake");
        vm.stopPrank();
    }

    function test_Gas_SettleBy5() public {
        measureSettle(5, 0, "settle, 5 members");
        measureSettle(5, 1, "settle, 5 members, 1 absent");
    }

    function test_Gas_SettleBy16() public {
        measureSettle(16, 5, "settle, 16 members, 5 absent");
        vm.assertLe(measureSettle(16, 0, "settle, 16 members"), SETTLE_WHOLE_MOST);
    }

    function test_Gas_SettleBy64() public {
        measureSettle(64, 0, "settle, 64 members");
        measureSettle(64, 21, "settle, 64 members, 21 absent");
    }

    /// @dev Many small members that never sign can make a settlement dear, but not too dear for a transaction by EIP-7825.
    function test_Gas_SettleByAFullCommitteeOfWhichNearlyAllAreAbsent() public {
        for (uint256 i = 0; i < 5; i++) {
            fund(client, address(registry), 100_000);
            vm.prank(client);
            registry.increaseStake(members[i], 100_000);
        }
        bytes32[] memory absentees = new bytes32[](registry.MEMBERS_MAX() - 5);
        for (uint256 i = 0; i < absentees.length; i++) {
            bytes32 absentee = registerOnly(5000 + i, 100);
            uint256 place = i;
            for (; place > 0 && absentees[place - 1] > absentee; place--) {
                absentees[place] = absentees[place - 1];
            }
            absentees[place] = absentee;
        }
        requireFull();
        pass(registry.epochLength());
        settle(next(books(100)), 0, absentees);
        Settlement memory settlement = next(books(200));
        cool();
        uint256 whole = settle(settlement, 0, absentees);
        vm.snapshotValue("gas", "settle, 512 members, 507 absent, whole", whole);
        vm.assertLe(whole, 1 << 24);
    }

    function test_Gas_SettleAfterManyChanges() public {
        for (uint256 i = 0; i < 500; i++) {
            fund(client, address(registry), 1);
            vm.prank(client);
            registry.increaseStake(members[0], 1);
            pass(registry.epochLength());
        }
        measureSettle(5, 0, "settle, 5 members, after 500 changes");
    }

    function test_Gas_ClaimOf1000() public {
        measureClaim(10, 100, "claim, first, of 1,000 accounts");
        measureClaim(10, 200, "claim, later, of 1,000 accounts");
    }

    function test_Gas_ClaimOf100000() public {
        measureClaim(17, 100, "claim, first, of 100,000 accounts");
        measureClaim(17, 200, "claim, later, of 100,000 accounts");
    }

    function test_Gas_ClaimToDeposit() public {
        (AccountTotals memory totals, MerklePath memory path) = settleTree(10, 300);
        cool();
        vm.prank(worker);
        escrow.claimToDeposit(totals, path);
        vm.snapshotGasLastCall("gas", "claimToDeposit, of 1,000 accounts");
    }

    function test_Gas_Withdraw() public {
        cool();
        vm.prank(client);
        escrow.requestWithdrawal(4_000);
        vm.snapshotGasLastCall("gas", "requestWithdrawal");
        mine(1);
        settle(books(300));
        pass(escrow.withdrawalDelay());
        AccountTotals[] memory accounts = books(300);
        MerklePath memory path = pathOf(accounts, 0);
        cool();
        escrow.withdraw(accounts[0], path);
        vm.snapshotGasLastCall("gas", "withdraw, of 2 accounts");
    }

    function test_Gas_Exit() public {
        settle(books(300));
        pass(escrow.exitDelay());
        cool();
        escrow.close();
        vm.snapshotGasLastCall("gas", "close");
        AccountTotals[] memory accounts = books(300);
        MerklePath memory path = pathOf(accounts, 0);
        cool();
        escrow.exit(accounts[0], path);
        vm.snapshotGasLastCall("gas", "exit, of 2 accounts");
    }

    function test_Gas_Slash() public {
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory one = vote(first, 0, 4);
        SettlementVote memory other = vote(second, 0, 4);
        cool();
        vm.prank(reporter);
        registry.slashForSettlements(members[0], one, other);
        vm.snapshotGasLastCall("gas", "slashForSettlements, 4 signers each");

        (Receipt memory left, Receipt memory right) = receipts();
        ReceiptVote memory leftVote = vote(left, 1, 5);
        ReceiptVote memory rightVote = vote(right, 1, 5);
        cool();
        vm.prank(reporter);
        registry.slashForReceipts(members[1], leftVote, rightVote);
        vm.snapshotGasLastCall("gas", "slashForReceipts, 4 signers each");
    }

    function test_Gas_RequireSettled() public {
        Settlement memory settlement = next(books(0));
        settlement.receipts = Examples.COMMITTEE_ROOT;
        settle(settlement, 0);
        cool();
        vm.cool(address(escrow.receiptVerifier()));
        escrow.receiptVerifier().requireSettled(1, Examples.ofCommittee(), Examples.path());
        vm.snapshotGasLastCall("gas", "requireSettled, of 3 receipts");
    }

    function measureSettle(uint256 count, uint256 absent, string memory name) private returns (uint256 whole) {
        for (uint256 i = members.length + 1; i <= count; i++) {
            register(1000 + i, address(uint160(0x5000 + i)), STAKE);
        }
        pass(registry.epochLength());
        uint128 spent = escrow.lastSettlement().spent;
        settle(books(spent + 100));
        Settlement memory settlement = next(books(spent + 200));
        settlement.receipts = keccak256("receipts");
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, absent);
        cool();
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
        uint256 gas = vm.snapshotGasLastCall("gas", name);
        whole = wholeGas(gas, abi.encodeCall(escrow.settle, (settlement, absentees, signature)));
        vm.snapshotValue("gas", string.concat(name, ", whole"), whole);
        mine(1);
    }

    /// @dev With the signatures of the market's first members alone.
    function settle(Settlement memory settlement, uint256 absent, bytes32[] memory absentees) private returns (uint256) {
        (, G2Point memory signature) = signatureOf(settlement, absent);
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
        uint256 gas = vm.snapshotGasLastCall("gas", "settle, 512 members, 507 absent");
        mine(1);
        return wholeGas(gas, abi.encodeCall(escrow.settle, (settlement, absentees, signature)));
    }

    function registerOnly(uint256 secret, uint128 stake) private returns (bytes32) {
        G1Point memory key = Signer.keyOf(secret);
        bytes32 digest = registry.possessionDigest(worker, 0, key);
        G2Point memory possession = Signer.sign(secret, digest, Bls12381.POSSESSION_TAG);
        fund(worker, address(registry), stake);
        vm.prank(worker);
        return registry.register(0, key, possession, stake);
    }

    function requireFull() private {
        G1Point memory key = Signer.keyOf(77);
        bytes32 digest = registry.possessionDigest(worker, 0, key);
        G2Point memory possession = Signer.sign(77, digest, Bls12381.POSSESSION_TAG);
        fund(worker, address(registry), 100);
        uint64 epoch = registry.currentEpoch() + 1;
        uint64 most = registry.MEMBERS_MAX();
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.CommitteeFull.selector, epoch, most));
        vm.prank(worker);
        registry.register(0, key, possession, 100);
    }

    function measureClaim(uint256 length, uint128 earned, string memory name) private {
        (AccountTotals memory totals, MerklePath memory path) = settleTree(length, earned);
        cool();
        escrow.claim(totals, path);
        vm.snapshotGasLastCall("gas", name);
    }

    /// @dev Settles a tree of which only one leaf is known, and its neighbours.
    function settleTree(uint256 length, uint128 earned) private returns (AccountTotals memory totals, MerklePath memory path) {
        totals = AccountTotals(worker, earned, 0, 0);
        path.neighbours = new bytes32[](length);
        bytes32 root = Settlements.hash(totals);
        for (uint256 i = 0; i < length; i++) {
            path.neighbours[i] = keccak256(abi.encode(i));
            root = keccak256(abi.encodePacked(bytes1(0x01), root, path.neighbours[i]));
        }
        Settlement memory settlement = next(books(earned));
        settlement.accounts = root;
        settle(settlement, 0);
        mine(1);
    }

    function wholeGas(uint256 execution, bytes memory data) private pure returns (uint256) {
        uint256 tokens = 0;
        for (uint256 i = 0; i < data.length; i++) {
            tokens += data[i] == 0 ? 1 : 4;
        }
        uint256 standard = 4 * tokens + execution;
        return 21_000 + (standard > 10 * tokens ? standard : 10 * tokens);
    }

    /// @dev As at the start of a transaction.
    function cool() private {
        vm.cool(address(escrow));
        vm.cool(address(registry));
        vm.cool(address(token));
    }
}
