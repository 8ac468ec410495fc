// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../src/Escrow.sol";
import {IEscrow, Terms} from "../src/IEscrow.sol";
import {MarketBench} from "./MarketBench.sol";

contract CreationTest is MarketBench {
    function test_Create_MakesRegistryAndVerifierOfTheSameMarket() public {
        vm.expectEmit();
        emit IEscrow.OperatorChanged(operator, address(0));
        Escrow made = create(token);

        vm.assertEq(address(made.registry().escrow()), address(made));
        vm.assertEq(address(made.receiptVerifier().escrow()), address(made));
        vm.assertEq(address(made.token()), address(token));
        vm.assertEq(address(made.registry().token()), address(token));
        vm.assertEq(made.market(), keccak256("market"));
        vm.assertEq(made.registry().market(), keccak256("market"));
        vm.assertEq(made.operator(), operator);
        vm.assertEq(made.settledAt(), time());
        vm.assertEq(made.withdrawalDelay(), terms().withdrawalDelay);
        vm.assertEq(made.exitDelay(), terms().exitDelay);
        vm.assertEq(made.registry().startedAt(), time());
        vm.assertEq(made.registry().epochLength(), terms().epochLength);
        vm.assertEq(made.registry().unbondingDelay(), terms().unbondingDelay);
        vm.assertEq(made.registry().stakeMin(), terms().stakeMin);
        vm.assertEq(made.registry().committeeMin(), terms().committeeMin);
        vm.assertEq(made.lastSettlement().number, 0);
    }

    function test_Create_TakesTheLeastAndTheMostOfEachTerm() public {
        create(token, "market", operator, Terms(1 minutes, 4 minutes, 0, 4 minutes, 1, 3));
        create(
            token, "market", operator, Terms(1 minutes, 365 days, 30 days, 90 days, type(uint96).max, type(uint64).max)
        );
    }

    function test_Create_RefusesTermsOutOfTheirBounds() public {
        Terms memory chosen = terms();
        chosen.epochLength = 1 minutes - 1;
        requireRefused(chosen, "epochLength");
        chosen = terms();
        chosen.unbondingDelay = 4 hours - 1;
        requireRefused(chosen, "unbondingDelay");
        chosen.unbondingDelay = 365 days + 1;
        requireRefused(chosen, "unbondingDelay");
        chosen = terms();
        chosen.withdrawalDelay = 30 days + 1;
        requireRefused(chosen, "withdrawalDelay");
        chosen = terms();
        chosen.exitDelay = 4 hours - 1;
        requireRefused(chosen, "exitDelay");
        chosen.exitDelay = 90 days + 1;
        requireRefused(chosen, "exitDelay");
        chosen = terms();
        chosen.stakeMin = 0;
        requireRefused(chosen, "stakeMin");
        chosen.stakeMin = uint128(type(uint96).max) + 1;
        requireRefused(chosen, "stakeMin");
        chosen = terms();
        chosen.committeeMin = 2;
        requireRefused(chosen, "committeeMin");
    }

    function test_Create_NeedsAMarketAndAnOperator() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TermsInvalid.selector, "market"));
        this.make(0, operator, terms());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TermsInvalid.selector, "operator"));
        this.make("market", address(0), terms());
    }

    function test_Create_FitsTheLimitsOfAChain() public {
        // EIP-170, EIP-3860 and EIP-7825: code, creation code, gas of a transaction.
        vm.assertLe(address(escrow).code.length, 24_576);
        vm.assertLe(address(registry).code.length, 24_576);
        bytes memory code = bytes.concat(
            vm.getCode("built/Escrow.json"), abi.encode(token, keccak256("market"), operator, terms())
        );
        vm.assertLe(code.length, 49_152);
        uint256 before = gasleft();
        create(token);
        // What a transaction of the same costs beside: itself, creating, and its bytes as if none were zero.
        uint256 whole = before - gasleft() + 53_000 + 16 * code.length;
        vm.assertLe(whole, 1 << 24);
    }

    function test_Operator_IsHandedOverInTwoSteps() public {
        vm.expectEmit(address(escrow));
        emit IEscrow.OperatorProposed(operator, worker);
        vm.prank(operator);
        escrow.proposeOperator(worker);
        vm.assertEq(escrow.operator(), operator);
        vm.assertEq(escrow.proposedOperator(), worker);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheProposed.selector, client, worker));
        vm.prank(client);
        escrow.acceptOperator();

        vm.expectEmit(address(escrow));
        emit IEscrow.OperatorChanged(worker, operator);
        vm.prank(worker);
        escrow.acceptOperator();
        vm.assertEq(escrow.operator(), worker);
        vm.assertEq(escrow.proposedOperator(), address(0));

        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheProposed.selector, worker, address(0)));
        vm.prank(worker);
        escrow.acceptOperator();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheOperator.selector, operator, worker));
        vm.prank(operator);
        escrow.proposeOperator(operator);
    }

    function test_Operator_CanTakeAProposalBack() public {
        vm.startPrank(operator);
        escrow.proposeOperator(worker);
        escrow.proposeOperator(address(0));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotTheProposed.selector, worker, address(0)));
        vm.prank(worker);
        escrow.acceptOperator();
    }

    function make(bytes32 market, address sender, Terms calldata chosen) external {
        create(token, market, sender, chosen);
    }

    function requireRefused(Terms memory chosen, string memory reason) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TermsInvalid.selector, reason));
        this.make("market", operator, chosen);
    }
}
