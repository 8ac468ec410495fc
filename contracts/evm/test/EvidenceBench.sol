// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G2Point} from "../src/Bls12381.sol";
import {ReceiptVote, SettlementVote} from "../src/IStakeRegistry.sol";
import {MerklePath} from "../src/MerklePaths.sol";
import {Receipt} from "../src/Receipts.sol";
import {Settlement} from "../src/Settlements.sol";
import {Examples} from "./Examples.sol";
import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";

/// @notice Votes of the members of a market's committee.
abstract contract EvidenceBench is MarketBench {
    address internal reporter = address(0x4e90);

    /// @dev A vote of the members from one place to before another.
    function vote(Settlement memory settlement, uint256 from, uint256 to)
        internal
        view
        returns (SettlementVote memory made)
    {
        made.settlement = settlement;
        (made.signers, made.signature) = signed(escrow.settlementDigest(settlement), from, to);
    }

    function vote(Receipt memory receipt, uint256 from, uint256 to) internal view returns (ReceiptVote memory made) {
        made.receipt = receipt;
        made.path = Examples.path();
        made.committee = keccak256("committee");
        bytes32 root = Examples.root(escrow.receiptVerifier().hashOf(receipt));
        bytes32 digest = escrow.receiptVerifier().committeeReceiptsDigest(made.committee, root);
        (made.signers, made.signature) = signed(digest, from, to);
    }

    function signed(bytes32 digest, uint256 from, uint256 to)
        internal
        view
        returns (bytes32[] memory signers, G2Point memory signature)
    {
        signers = new bytes32[](to - from);
        uint256[] memory signing = new uint256[](to - from);
        for (uint256 i = from; i < to; i++) {
            (signers[i - from], signing[i - from]) = (members[i], secrets[i]);
        }
        signature = Signer.signTogether(signing, digest);
    }

    /// @dev Two settlements of one number in this epoch.
    function settlements() internal view returns (Settlement memory one, Settlement memory other) {
        one = next(books(100));
        other = next(books(200));
    }

    /// @dev Two receipts of one job in one epoch.
    function receipts() internal pure returns (Receipt memory one, Receipt memory other) {
        (one, other) = (Examples.ofCommittee(), Examples.ofCommittee());
        other.execution.result.output = keccak256("another");
    }
}
