// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketBench} from "./MarketBench.sol";

contract UnbondingTest is MarketBench {
    function test_BeginUnbonding_OfAllCannotBeHinderedByAStrangersIncrease() public {
        address owner = registry.memberOf(members[0]).owner;
        fund(client, address(registry), 1);
        vm.prank(client);
        registry.increaseStake(members[0], 1);

        vm.prank(owner);
        registry.beginUnbonding(members[0], type(uint128).max);

        vm.assertEq(registry.memberOf(members[0]).stake, 0);
        vm.assertEq(registry.memberOf(members[0]).unbonding, STAKE + 1);
    }
}
