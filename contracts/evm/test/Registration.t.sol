// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {IStakeRegistry} from "../src/IStakeRegistry.sol";
import {MarketBench} from "./MarketBench.sol";
import {Signer} from "./Signer.sol";

contract RegistrationTest is MarketBench {
    function test_Register_RefusesMoreThanTheMost() public {
        uint128 amount = registry.STAKE_MAX() + 1;
        G1Point memory key = Signer.keyOf(77);
        G2Point memory possession =
            Signer.sign(77, registry.possessionDigest(worker, 0, key), Bls12381.POSSESSION_TAG);
        fund(worker, address(registry), amount);

        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooLarge.selector, amount, amount - 1));
        vm.prank(worker);
        registry.register(0, key, possession, amount);
    }
}
