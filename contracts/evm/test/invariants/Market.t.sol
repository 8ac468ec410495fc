// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {Balance} from "../../src/IEscrow.sol";
import {Committee, Member} from "../../src/IStakeRegistry.sol";
import {AccountTotals} from "../../src/Settlements.sol";
import {StakeRegistry} from "../../src/StakeRegistry.sol";
import {Bench} from "../Bench.sol";
import {Signer} from "../Signer.sol";
import {PlainToken} from "../tokens/PlainToken.sol";
import {SilentToken} from "../tokens/SilentToken.sol";
import {MarketHandler} from "./MarketHandler.sol";
import {BlacklistHandler, FeeHandler, LyingHandler, ReentrantHandler} from "./SpoiledHandlers.sol";

/// @dev As forge reads it.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @notice What holds after every call, whatever the order and the token.
abstract contract MarketInvariants is Bench {
    /// @dev Of one run; forge shows it with -vvv.
    event Done(string action, uint256 successes, uint256 tries);

    MarketHandler internal handler;
    Escrow private escrow;
    StakeRegistry private registry;

    function makeHandler() internal virtual returns (MarketHandler);

    function setUp() public {
        handler = makeHandler();
        escrow = handler.escrow();
        registry = handler.registry();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function excludeSelectors() public view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(handler), new bytes4[](1));
        excluded[0].selectors[0] = MarketHandler.leaveAll.selector;
    }

    function invariant_MoneyStakeAndCommittees() public view {
        vm.assertEq(bytes(handler.violation()).length, 0, handler.violation());
        requireMoney();
        requireAccounts();
        requireStake();
        requireCommittee();
    }

    /// @dev At the end of each run: all has happened, and nobody's money is stuck.
    function afterInvariant() public virtual {
        string[16] memory wanted = [
            "deposit",
            "requestWithdrawal",
            "cancelWithdrawal",
            "withdraw",
            "settle",
            "claim",
            "claimToDeposit",
            "register",
            "increaseStake",
            "beginUnbonding",
            "withdrawStake",
            "slashForSettlements",
            "slashForReceipts",
            "close",
            "exit",
            "exitUnsettled"
        ];
        handler.leaveAll();
        for (uint256 i = 0; i < wanted.length; i++) {
            emit Done(wanted[i], handler.successes(wanted[i]), handler.tries(wanted[i]));
        }
        for (uint256 i = 0; i < wanted.length; i++) {
            vm.assertGt(handler.successes(wanted[i]), 0, string.concat("never happened: ", wanted[i]));
        }
        requireMoney();
        // Only what was slashed, and not credited to anybody before the last settlement, is left.
        vm.assertEq(
            escrow.held(), uint256(escrow.compensated()) - handler.creditedSettled(), "somebody's money is stuck"
        );
    }

    function requireMoney() private view {
        vm.assertGe(balanceOf(address(escrow)), escrow.held(), "the escrow has less than it owes");
        vm.assertEq(
            uint256(escrow.held()) + handler.payments(),
            handler.deposits() + handler.compensations(),
            "deposits + compensations - paid is not held"
        );
        vm.assertEq(escrow.compensated(), handler.compensations(), "compensations differ");
        vm.assertLe(escrow.claimed(), escrow.lastSettlement().earned, "claimed more than was earned");
    }

    function requireAccounts() private view {
        bool isClosed = escrow.isClosed();
        uint256 claimed = 0;
        for (uint256 i = 0; i < 10; i++) {
            Balance memory balance = escrow.balanceOf(handler.actors(i));
            AccountTotals memory totals = isClosed ? handler.settledOf(i) : handler.nowOf(i);
            vm.assertLe(balance.claimed, totals.earned, "an account has claimed more than it earned");
            vm.assertLe(
                uint256(balance.withdrawn) + totals.spent, balance.deposited, "an account got back what it has spent"
            );
            claimed += balance.claimed;
        }
        vm.assertEq(claimed, escrow.claimed(), "the claims do not add up");
    }

    function requireStake() private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < 12; i++) {
            Member memory member = handler.memberAt(i);
            sum += uint256(member.stake) + member.unbonding;
            vm.assertTrue(!member.isSlashed || member.stake + member.unbonding == 0, "slashed, and has a stake");
            vm.assertTrue(member.stake == 0 || member.stake >= 100, "a member has less than the least");
        }
        vm.assertGe(balanceOf(address(registry)), sum, "the registry has less than is staked");
        vm.assertEq(
            sum + handler.stakesWithdrawn() + handler.stakesSlashed(), handler.stakes(), "stake came or went otherwise"
        );
    }

    function requireCommittee() private view {
        uint64 epoch = registry.currentEpoch();
        (uint256 weight, uint256 current, uint256 count) = (0, 0, 0);
        uint256 secret = 0;
        for (uint256 i = 0; i < 12; i++) {
            bytes32 id = handler.members(i);
            uint128 stake = handler.memberAt(i).stake;
            vm.assertEq(registry.weightOf(id, epoch + 1), stake, "the next weight is not the stake");
            current += registry.weightOf(id, epoch);
            if (stake > 0) {
                weight += stake;
                count++;
                secret += handler.secrets(i);
            }
        }
        Committee memory next = registry.committeeOf(epoch + 1);
        vm.assertEq(next.weight, weight, "the committee's weight is not its members'");
        vm.assertEq(next.members, count, "the committee's members are not counted right");
        vm.assertEq(abi.encode(next.key), abi.encode(Signer.keyOf(secret)));
        Committee memory serving = registry.committeeOf(epoch);
        vm.assertEq(serving.weight, current, "the serving committee's weight is not its members'");
    }

    function balanceOf(address account) private view returns (uint256) {
        return PlainToken(handler.token()).balanceOf(account);
    }
}

contract PlainTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new MarketHandler(create("DevelopmentToken", abi.encode("Token", "TKN", 6)));
    }
}

contract SilentTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new MarketHandler(address(new SilentToken()));
    }
}

contract ReentrantTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new ReentrantHandler();
    }

    function afterInvariant() public override {
        super.afterInvariant();
        vm.assertGt(ReentrantHandler(address(handler)).meddlings(), 20, "hardly ever called back");
    }
}

contract FeeTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new FeeHandler();
    }
}

contract LyingTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new LyingHandler();
    }
}

contract BlacklistTokenInvariants is MarketInvariants {
    function makeHandler() internal override returns (MarketHandler) {
        return new BlacklistHandler();
    }
}
