// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IReceiptVerifier} from "../src/IReceiptVerifier.sol";
import {MerklePath, MerklePaths} from "../src/MerklePaths.sol";
import {Receipt} from "../src/Receipts.sol";
import {ReceiptVerifier} from "../src/ReceiptVerifier.sol";
import {Settlement} from "../src/Settlements.sol";
import {Examples} from "./Examples.sol";
import {MarketBench} from "./MarketBench.sol";

contract ReceiptsTest is MarketBench {
    ReceiptVerifier private verifier;

    function setUp() public override {
        super.setUp();
        verifier = escrow.receiptVerifier();
    }

    function test_HashOf_IsThatOfTheDocument() public view {
        vm.assertEq(verifier.hashOf(Examples.first()), Examples.HASH);
        vm.assertEq(verifier.hashOf(Examples.ofCommittee()), Examples.COMMITTEE_HASH);
        vm.assertEq(verifier.hashOf(Examples.earlier()), Examples.EARLIER_HASH);
        vm.assertEq(verifier.hashOf(Examples.reusing()), Examples.REUSING_HASH);
    }

    function test_Digests_AreThoseOfTheDocumentForItsDomain() public {
        // The document's market settles nowhere: chain 0, contract 0. A verifier that the zero address has made is for that.
        ReceiptVerifier nowhere = verifierOf(address(0), Examples.MARKET);
        vm.chainId(0);
        vm.assertEq(
            nowhere.executionsDigest(0xf5b50e4d9036fbbaaf531eb688fe5d870fdde6191714cf05ae6af2f2308f3bf4),
            0x5e1bdb985ab93a56fe35ddaefa653230f5ff3bc25daa02749a91b75d063653f4
        );
        vm.assertEq(
            nowhere.receiptsDigest(0, Examples.HASH), 0x3cfeb7c81aa69580abf1cbd6219438cee8deba91d5d69a6b5a48a0f212c06ef0
        );
        vm.assertEq(
            nowhere.receiptsDigest(7, Examples.COMMITTEE_HASH),
            0xc7e103c1624ae079c7836a6202bd368089dbd80700502440cd8df58e242319af
        );
        vm.assertEq(
            nowhere.receiptsDigest(0, Examples.REUSE_HASH),
            0x6bf3694e3cdcf2aad6c06e7378c7b03f571d4be099efb5be532c60b93afed733
        );
    }

    function test_Path_LeadsToTheRootOfTheDocumentsBatch() public pure {
        vm.assertEq(Examples.root(Examples.COMMITTEE_HASH), Examples.COMMITTEE_ROOT);
    }

    function test_RequireSettled_TakesAReceiptOfTheBatch() public {
        settleReceipts(Examples.COMMITTEE_ROOT);
        vm.assertEq(escrow.receiptsOf(1), Examples.COMMITTEE_ROOT);
        vm.assertEq(
            verifier.requireSettled(1, Examples.ofCommittee(), Examples.path()), Examples.COMMITTEE_HASH
        );
    }

    function test_RequireSettled_TakesTheOnlyReceiptOfABatch() public {
        settleReceipts(Examples.HASH);
        MerklePath memory none;
        vm.assertEq(verifier.requireSettled(1, Examples.first(), none), Examples.HASH);
    }

    function test_RequireSettled_StillTakesAReceiptOfAnEarlierSettlement() public {
        settleReceipts(Examples.COMMITTEE_ROOT);
        settleReceipts(keccak256("another"));
        settleReceipts(0);
        verifier.requireSettled(1, Examples.ofCommittee(), Examples.path());
    }

    function test_RequireSettled_RefusesAnotherReceiptBatchOrPath() public {
        settleReceipts(Examples.COMMITTEE_ROOT);
        settleReceipts(keccak256("another"));
        requireRefused(2, Examples.ofCommittee(), Examples.path());
        requireRefused(1, Examples.first(), Examples.path());
        MerklePath memory path = Examples.path();
        path.lefts = 2;
        requireRefused(1, Examples.ofCommittee(), path);
        delete path;
        requireRefused(1, Examples.ofCommittee(), path);
    }

    function test_RequireSettled_RefusesASettlementWithoutReceiptsOrThatThereNeverWas() public {
        settleReceipts(0);
        requireRefused(1, Examples.first(), Examples.path());
        requireRefused(2, Examples.first(), Examples.path());
    }

    function test_RequireReuseSettled_TakesTheHashOfTheReuse() public {
        settleReceipts(Examples.REUSE_HASH);
        MerklePath memory none;
        vm.assertEq(
            verifier.requireReuseSettled(1, Examples.reusing(), Examples.EARLIER_HASH, 20, none), Examples.REUSE_HASH
        );
        requireRefused(1, Examples.reusing(), none);
    }

    function test_RequireReuseSettled_RefusesAnotherEarlierReceiptOrPercent() public {
        settleReceipts(Examples.REUSE_HASH);
        MerklePath memory none;
        vm.expectPartialRevert(IReceiptVerifier.ReceiptNotSettled.selector);
        verifier.requireReuseSettled(1, Examples.reusing(), Examples.HASH, 20, none);
        vm.expectPartialRevert(IReceiptVerifier.ReceiptNotSettled.selector);
        verifier.requireReuseSettled(1, Examples.reusing(), Examples.EARLIER_HASH, 21, none);
    }

    function test_RequireSettled_RefusesTooLongAPath() public {
        MerklePath memory path;
        path.neighbours = new bytes32[](65);
        settleReceipts(Examples.HASH);
        vm.expectRevert(abi.encodeWithSelector(MerklePaths.PathTooLong.selector, 65, 64));
        verifier.requireSettled(1, Examples.first(), path);
    }

    function testFuzz_RequireSettled_RefusesAFlippedBitOfThePath(uint256 bit) public {
        settleReceipts(Examples.COMMITTEE_ROOT);
        bit = bit % 514;
        MerklePath memory path = Examples.path();
        if (bit < 512) {
            path.neighbours[bit / 256] ^= bytes32(1 << (bit % 256));
        } else {
            path.lefts ^= 1 << (bit - 512);
        }
        requireRefused(1, Examples.ofCommittee(), path);
    }

    function testFuzz_HashOf_EveryMemberCounts(uint256 which, uint256 bit) public view {
        Receipt memory receipt = Examples.first();
        change(receipt, which % 30, 1 << (bit % 32));
        vm.assertNotEq(verifier.hashOf(receipt), Examples.HASH);
    }

    function change(Receipt memory r, uint256 which, uint256 difference) private pure {
        bytes32 word = bytes32(difference);
        if (which == 0) r.execution.invocation.job ^= word;
        if (which == 1) r.execution.invocation.program ^= word;
        if (which == 2) r.execution.invocation.module ^= word;
        if (which == 3) r.execution.invocation.entryPoint = "ran";
        if (which == 4) r.execution.invocation.arguments[1] = "";
        if (which == 5) r.execution.invocation.environment[0].name = "LANGC";
        if (which == 6) r.execution.invocation.environment[1].value = "";
        if (which == 7) r.execution.invocation.input ^= word;
        if (which == 8) r.execution.invocation.files[0].content ^= word;
        if (which == 9) r.execution.invocation.clock ^= uint64(difference);
        if (which == 10) r.execution.invocation.fuelLimit ^= uint64(difference);
        if (which == 11) r.execution.invocation.memoryPages ^= uint32(difference);
        if (which == 12) r.execution.invocation.timeLimit ^= uint64(difference);
        if (which == 13) r.execution.result.profile ^= word;
        if (which == 14) r.execution.result.outcome = "failed";
        if (which == 15) r.execution.result.exitCode = -1;
        if (which == 16) r.execution.result.fuel ^= uint64(difference);
        if (which == 17) r.execution.result.output ^= word;
        if (which == 18) r.execution.result.outputFiles[0].name = "c.txt";
        if (which == 19) r.execution.result.stateBefore ^= word;
        if (which == 20) r.execution.result.stateAfter ^= word;
        if (which == 21) r.execution.result.writes ^= word;
        if (which == 22) r.payer ^= word;
        if (which == 23) r.seats[0].unitPrice ^= uint128(difference);
        if (which == 24) r.assurance = "quorum:2/3";
        if (which == 25) r.fault = "program";
        if (which == 26) r.priceLimit ^= uint128(difference);
        if (which == 27) r.price ^= uint128(difference);
        if (which == 28) r.shares[0].account ^= word;
        if (which == 29) r.endedAt ^= uint64(difference);
    }

    function settleReceipts(bytes32 root) private {
        Settlement memory settlement = next(books(0));
        settlement.receipts = root;
        settle(settlement, 0);
        mine(1);
    }

    function requireRefused(uint64 number, Receipt memory receipt, MerklePath memory path) private {
        bytes32 hash = verifier.hashOf(receipt);
        vm.expectRevert(abi.encodeWithSelector(IReceiptVerifier.ReceiptNotSettled.selector, hash, number));
        verifier.requireSettled(number, receipt, path);
    }

    function verifierOf(address maker, bytes32 market) private returns (ReceiptVerifier made) {
        vm.mockCall(maker, abi.encodeWithSignature("market()"), abi.encode(market));
        bytes memory code = vm.getCode("built/ReceiptVerifier.json");
        vm.startPrank(maker);
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        vm.stopPrank();
    }
}
