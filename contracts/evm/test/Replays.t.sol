// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {Escrow} from "../src/Escrow.sol";
import {IStakeRegistry, ReceiptVote, SettlementVote} from "../src/IStakeRegistry.sol";
import {Receipt} from "../src/Receipts.sol";
import {Settlement} from "../src/Settlements.sol";
import {EvidenceBench} from "./EvidenceBench.sol";
import {Examples} from "./Examples.sol";
import {Signer} from "./Signer.sol";

/// @notice A signature counts for one chain, escrow, market, purpose and content. Digests are made here by EIP-712's text, not by the
/// sources.
contract ReplaysTest is EvidenceBench {
    bytes32 private constant MARKET = keccak256("market");
    bytes private constant SETTLEMENT =
        "Settlement(uint64 number,uint64 epoch,uint64 chainBlock,bytes32 accounts,bytes32 receipts,uint128 earned,uint128 spent)";
    bytes private constant COMMITTEE_RECEIPTS =
        "CommitteeReceipts(Committee committee,bytes32 root)Committee(uint64 epoch,Member[] members)"
        "Member(bytes32 worker,bytes blsKey,bytes possession,bytes registration,uint128 weight)";

    /// @dev The domains that a signature could be meant for: the market's own, then one with another chain, escrow, market, name, version.
    function domains() private view returns (bytes32[6] memory separators) {
        separators[0] = separator("Marketplace", "1", block.chainid, address(escrow), MARKET);
        separators[1] = separator("Marketplace", "1", block.chainid + 1, address(escrow), MARKET);
        separators[2] = separator("Marketplace", "1", block.chainid, address(registry), MARKET);
        separators[3] = separator("Marketplace", "1", block.chainid, address(escrow), keccak256("another"));
        separators[4] = separator("Marketplace2", "1", block.chainid, address(escrow), MARKET);
        separators[5] = separator("Marketplace", "2", block.chainid, address(escrow), MARKET);
    }

    function test_Settlement_OfAnotherDomainIsRefused() public {
        Settlement memory settlement = next(books(300));
        for (uint256 i = 5; i > 0; i--) {
            requireSettleRefused(settlement, Signer.signTogether(secrets, digest(domains()[i], hashOf(settlement))));
        }
        settleBy(settlement, Signer.signTogether(secrets, digest(domains()[0], hashOf(settlement))));
    }

    function test_Settlement_OfAnotherContentIsRefused() public {
        Settlement memory settlement = next(books(300));
        for (uint256 i = 0; i < 7; i++) {
            Settlement memory other = next(books(300));
            if (i == 0) other.number += 1;
            if (i == 1) other.epoch += 1;
            if (i == 2) other.chainBlock -= 1;
            if (i == 3) other.accounts = 0;
            if (i == 4) other.receipts = "receipts";
            if (i == 5) other.earned -= 1;
            if (i == 6) other.spent += 1;
            requireSettleRefused(settlement, Signer.signTogether(secrets, escrow.settlementDigest(other)));
        }
    }

    function test_Settlement_SignedForAnotherPurposeIsRefused() public {
        Settlement memory settlement = next(books(300));
        bytes32 hash = hashOf(settlement);
        bytes32 asVote = keccak256(abi.encode(keccak256(COMMITTEE_RECEIPTS), bytes32(0), hash));
        requireSettleRefused(settlement, Signer.signTogether(secrets, digest(domains()[0], asVote)));
        requireSettleRefused(settlement, Signer.signTogether(secrets, hash));
        requireSettleRefused(settlement, signAll(escrow.settlementDigest(settlement), Bls12381.POSSESSION_TAG));
    }

    function test_Settlement_SignedInOneEpochIsNoneOfTheNext() public {
        Settlement memory settlement = next(books(300));
        G2Point memory signature = Signer.signTogether(secrets, escrow.settlementDigest(settlement));
        pass(registry.epochLength());
        settlement.epoch += 1;
        requireSettleRefused(settlement, signature);
    }

    function test_Settlement_SignedBeforeAForkIsRefusedOnTheOtherSide() public {
        Settlement memory settlement = next(books(300));
        G2Point memory signature = Signer.signTogether(secrets, escrow.settlementDigest(settlement));
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        requireSettleRefused(settlement, signature);
        vm.chainId(chain);
        settleBy(settlement, signature);
    }

    function test_Settlement_OfOneEscrowIsRefusedByATwinWithTheSameMembers() public {
        Escrow first = escrow;
        escrow = create(token);
        registry = escrow.registry();
        delete members;
        delete secrets;
        for (uint256 i = 1; i <= 5; i++) {
            register(1000 + i, address(uint160(0x5000 + i)), STAKE);
        }
        pass(registry.epochLength());
        Settlement memory settlement = next(books(0));
        requireSettleRefused(settlement, Signer.signTogether(secrets, first.settlementDigest(settlement)));
        settleBy(settlement, Signer.signTogether(secrets, escrow.settlementDigest(settlement)));
    }

    function test_Settlement_IsTakenOnce() public {
        Settlement memory settlement = next(books(300));
        G2Point memory signature = Signer.signTogether(secrets, escrow.settlementDigest(settlement));
        settleBy(settlement, signature);
        settlement.number = 2;
        requireSettleRefused(settlement, signature);
    }

    function test_Possession_OfAnotherDomainIsRefused() public {
        G1Point memory key = Signer.keyOf(77);
        bytes32 hash = possessionHash(client, "id", key);
        fund(client, address(registry), STAKE);
        for (uint256 i = 5; i > 0; i--) {
            requireRegisterRefused(key, Signer.sign(77, digest(domains()[i], hash), Bls12381.POSSESSION_TAG));
        }
        G2Point memory possession = Signer.sign(77, digest(domains()[0], hash), Bls12381.POSSESSION_TAG);
        vm.prank(client);
        registry.register("id", key, possession, STAKE);
    }

    function test_Possession_OfAnotherContentOrPurposeIsRefused() public {
        G1Point memory key = Signer.keyOf(77);
        bytes32 own = domains()[0];
        bytes32[4] memory digests = [
            digest(own, possessionHash(worker, "id", key)),
            digest(own, possessionHash(client, "di", key)),
            digest(own, possessionHash(client, "id", Signer.keyOf(78))),
            digest(own, hashOf(next(books(0))))
        ];
        for (uint256 i = 0; i < 4; i++) {
            requireRegisterRefused(key, Signer.sign(77, digests[i], Bls12381.POSSESSION_TAG));
        }
        requireRegisterRefused(
            key, Signer.sign(77, digest(own, possessionHash(client, "id", key)), Bls12381.SIGNATURE_TAG)
        );
    }

    function test_EvidenceOfSettlements_OfAnotherDomainIsRefused() public {
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory one = vote(first, 0, 1);
        SettlementVote memory other = vote(second, 0, 1);
        for (uint256 i = 5; i > 0; i--) {
            other.signature = Signer.sign(secrets[0], digest(domains()[i], hashOf(second)));
            requireSlashRefused(one, other);
            requireSlashRefused(other, one);
        }
        other.signature = Signer.sign(secrets[0], digest(domains()[0], hashOf(second)));
        registry.slashForSettlements(members[0], one, other);
    }

    function test_EvidenceOfSettlements_OfAnotherPurposeIsRefused() public {
        (Settlement memory first, Settlement memory second) = settlements();
        SettlementVote memory one = vote(first, 0, 1);
        SettlementVote memory other = vote(second, 0, 1);
        other.signature = Signer.sign(secrets[0], escrow.settlementDigest(second), Bls12381.POSSESSION_TAG);
        requireSlashRefused(one, other);
        bytes32 asVote = keccak256(abi.encode(keccak256(COMMITTEE_RECEIPTS), bytes32(0), hashOf(second)));
        other.signature = Signer.sign(secrets[0], digest(domains()[0], asVote));
        requireSlashRefused(one, other);
    }

    function test_EvidenceOfReceipts_OfAnotherDomainListOrRootIsRefused() public {
        (Receipt memory first, Receipt memory second) = receipts();
        ReceiptVote memory one = vote(first, 0, 1);
        ReceiptVote memory other = vote(second, 0, 1);
        bytes32 root = Examples.root(escrow.receiptVerifier().hashOf(second));
        bytes32 hash = voteHash(other.committee, root);
        for (uint256 i = 5; i > 0; i--) {
            other.signature = Signer.sign(secrets[0], digest(domains()[i], hash));
            requireSlashRefused(one, other);
        }
        other.signature = Signer.sign(secrets[0], digest(domains()[0], voteHash("another list", root)));
        requireSlashRefused(one, other);
        other.signature = Signer.sign(secrets[0], digest(domains()[0], voteHash(other.committee, "another root")));
        requireSlashRefused(one, other);
        other.signature = Signer.sign(secrets[0], digest(domains()[0], hash), Bls12381.POSSESSION_TAG);
        requireSlashRefused(one, other);
        // What a market and a worker sign has other types.
        other.signature = Signer.sign(secrets[0], escrow.receiptVerifier().receiptsDigest(7, root));
        requireSlashRefused(one, other);
        other.signature = Signer.sign(secrets[0], digest(domains()[0], hash));
        registry.slashForReceipts(members[0], one, other);
    }

    function test_Digests_AreThoseOfTheTypesAsText() public view {
        Settlement memory settlement = next(books(300));
        bytes32 own = domains()[0];
        vm.assertEq(escrow.settlementDigest(settlement), digest(own, hashOf(settlement)));
        G1Point memory key = Signer.keyOf(77);
        vm.assertEq(registry.possessionDigest(client, "id", key), digest(own, possessionHash(client, "id", key)));
        vm.assertEq(
            escrow.receiptVerifier().committeeReceiptsDigest("list", "root"), digest(own, voteHash("list", "root"))
        );
        vm.assertEq(
            escrow.receiptVerifier().receiptsDigest(7, "root"),
            digest(own, keccak256(abi.encode(keccak256("Receipts(uint64 epoch,bytes32 root)"), 7, bytes32("root"))))
        );
        vm.assertEq(
            escrow.receiptVerifier().executionsDigest("root"),
            digest(own, keccak256(abi.encode(keccak256("Executions(bytes32 root)"), bytes32("root"))))
        );
    }

    function separator(string memory name, string memory version, uint256 chain, address escrow_, bytes32 salt)
        private
        pure
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
        return keccak256(
            abi.encode(typeHash, keccak256(bytes(name)), keccak256(bytes(version)), chain, escrow_, salt)
        );
    }

    function digest(bytes32 domain, bytes32 hash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, hash));
    }

    function hashOf(Settlement memory s) private pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256(SETTLEMENT), s.number, s.epoch, s.chainBlock, s.accounts, s.receipts, s.earned, s.spent)
        );
    }

    function possessionHash(address owner, bytes32 id, G1Point memory key) private pure returns (bytes32) {
        bytes32 typeHash = keccak256("Possession(address owner,bytes32 worker,bytes key)");
        return keccak256(abi.encode(typeHash, owner, id, keccak256(Bls12381.compress(key))));
    }

    function voteHash(bytes32 list, bytes32 root) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(COMMITTEE_RECEIPTS), list, root));
    }

    function signAll(bytes32 what, bytes memory tag) private view returns (G2Point memory) {
        uint256 sum = 0;
        for (uint256 i = 0; i < secrets.length; i++) {
            sum += secrets[i];
        }
        return Signer.sign(sum, what, tag);
    }

    function settleBy(Settlement memory settlement, G2Point memory signature) private {
        vm.prank(operator);
        escrow.settle(settlement, new bytes32[](0), signature);
    }

    function requireSettleRefused(Settlement memory settlement, G2Point memory signature) private {
        bytes32 wanted = escrow.settlementDigest(settlement);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.SignatureWrong.selector, wanted));
        settleBy(settlement, signature);
    }

    function requireRegisterRefused(G1Point memory key, G2Point memory possession) private {
        vm.expectRevert(
            abi.encodeWithSelector(IStakeRegistry.PossessionNotProven.selector, keccak256(abi.encode(key)))
        );
        vm.prank(client);
        registry.register("id", key, possession, STAKE);
    }

    function requireSlashRefused(SettlementVote memory one, SettlementVote memory other) private {
        vm.expectPartialRevert(IStakeRegistry.SignatureWrong.selector);
        registry.slashForSettlements(members[0], one, other);
    }

    function requireSlashRefused(ReceiptVote memory one, ReceiptVote memory other) private {
        vm.expectPartialRevert(IStakeRegistry.SignatureWrong.selector);
        registry.slashForReceipts(members[0], one, other);
    }
}
