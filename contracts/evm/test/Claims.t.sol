// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountTotals} from "../src/Settlements.sol";
import {MarketBench} from "./MarketBench.sol";

contract ClaimsTest is MarketBench {
    function test_Claim_PaysTheDifferenceSinceTheLastOne() public {
        settle(books(300));
        escrow.claim(books(300)[1], pathOf(books(300), 1));
        vm.assertEq(token.balanceOf(worker), 300);
        settle(books(1000));

        escrow.claim(books(1000)[1], pathOf(books(1000), 1));

        vm.assertEq(token.balanceOf(worker), 1000);
        vm.assertEq(uint256(escrow.held()), 9000);
    }
}
