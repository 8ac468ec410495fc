// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {G2Point} from "../src/Bls12381.sol";

contract GasTest is MarketBench {
    function test_Gas_Settle() public {
        settle(books(100));
        (bytes32[] memory absentees, uint256[] memory signing) = split(1);
        Settlement memory settlement = next(books(200));
        settlement.receipts = keccak256("receipts");
        G2Point memory signature = Signer.signTogether(signing, escrow.settlementDigest(settlement));
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
        vm.snapshotGasLastCall("gas", "settle, 4 of 5 members");
    }
}
