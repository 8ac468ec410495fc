// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Bls12381, G1Point, G2Point} from "../src/Bls12381.sol";
import {DevelopmentToken} from "../src/DevelopmentToken.sol";
import {Escrow} from "../src/Escrow.sol";
import {Terms} from "../src/IEscrow.sol";
import {AccountTotals, Settlement} from "../src/Settlements.sol";
import {StakeRegistry} from "../src/StakeRegistry.sol";
import {Signer} from "./Signer.sol";
import {TreeBench} from "./TreeBench.sol";

/// @notice A market with a token, five members in its committee and two accounts with money.
abstract contract MarketBench is TreeBench {
    uint128 internal constant STAKE = 1000;

    DevelopmentToken internal token;
    Escrow internal escrow;
    StakeRegistry internal registry;
    address internal operator = address(0x0707);
    address internal client = address(0xc11e);
    address internal worker = address(0x3073);
    bytes32[] internal members;
    uint256[] internal secrets;

    function setUp() public virtual {
        setUp(STAKE);
    }

    /// @param stake Of each member.
    function setUp(uint128 stake) internal {
        token = DevelopmentToken(create("DevelopmentToken", abi.encode("Token", "TKN", 6)));
        escrow = create(token);
        registry = escrow.registry();
        for (uint256 i = 1; i <= 5; i++) {
            register(1000 + i, address(uint160(0x5000 + i)), stake);
        }
        pass(registry.epochLength());
        mine(10);
        deposit(client, 10_000);
        mine(1);
    }

    function create(IERC20 with) internal returns (Escrow) {
        return create(with, keccak256("market"), operator, terms());
    }

    function create(IERC20 with, bytes32 market, address sender, Terms memory chosen) internal returns (Escrow) {
        return Escrow(create("Escrow", abi.encode(with, market, sender, chosen)));
    }

    function terms() internal pure virtual returns (Terms memory) {
        return Terms({
            epochLength: 1 hours,
            unbondingDelay: 1 days,
            withdrawalDelay: 2 hours,
            exitDelay: 7 days,
            stakeMin: 100,
            committeeMin: 3
        });
    }

    /// @dev Its secret goes into the list of members, which is kept ascending by id.
    function register(uint256 secret, address owner, uint128 stake) internal returns (bytes32 member) {
        G1Point memory key = Signer.keyOf(secret);
        bytes32 id = bytes32(secret);
        G2Point memory possession =
            Signer.sign(secret, registry.possessionDigest(owner, id, key), Bls12381.POSSESSION_TAG);
        fund(owner, address(registry), stake);
        vm.prank(owner);
        member = registry.register(id, key, possession, stake);
        uint256 place = members.length;
        members.push(member);
        secrets.push(secret);
        while (place > 0 && members[place - 1] > member) {
            (members[place], members[place - 1]) = (members[place - 1], members[place]);
            (secrets[place], secrets[place - 1]) = (secrets[place - 1], secrets[place]);
            place--;
        }
    }

    function fund(address owner, address spender, uint256 amount) internal {
        token.mint(owner, amount);
        vm.prank(owner);
        // Some tokens answer with nothing.
        (bool isDone,) = address(token).call(abi.encodeCall(token.approve, (spender, amount)));
        require(isDone, "not approved");
    }

    function deposit(address account, uint128 amount) internal {
        fund(account, address(escrow), amount);
        vm.prank(account);
        escrow.deposit(account, amount);
    }

    /// @dev The next settlement of these accounts, in this epoch, with everything up to the last block counted.
    function next(AccountTotals[] memory accounts) internal view returns (Settlement memory settlement) {
        settlement.number = escrow.lastSettlement().number + 1;
        settlement.epoch = registry.currentEpoch();
        settlement.chainBlock = blockNumber() - 1;
        settlement.accounts = rootOf(accounts);
        for (uint256 i = 0; i < accounts.length; i++) {
            settlement.earned += accounts[i].earned;
            settlement.spent += accounts[i].spent;
        }
    }

    /// @dev Settles with the signatures of all members but the first ones.
    function settle(Settlement memory settlement, uint256 absent) internal {
        (bytes32[] memory absentees, G2Point memory signature) = signatureOf(settlement, absent);
        vm.prank(operator);
        escrow.settle(settlement, absentees, signature);
    }

    function signatureOf(Settlement memory settlement, uint256 absent)
        internal
        view
        returns (bytes32[] memory absentees, G2Point memory signature)
    {
        uint256[] memory signing;
        (absentees, signing) = split(absent);
        signature = Signer.signTogether(signing, escrow.settlementDigest(settlement));
    }

    function settle(AccountTotals[] memory accounts) internal {
        settle(next(accounts), 0);
        mine(1);
    }

    function split(uint256 absent) internal view returns (bytes32[] memory absentees, uint256[] memory signing) {
        absentees = new bytes32[](absent);
        signing = new uint256[](members.length - absent);
        for (uint256 i = 0; i < members.length; i++) {
            if (i < absent) {
                absentees[i] = members[i];
            } else {
                signing[i - absent] = secrets[i];
            }
        }
    }

    function infinity() internal pure returns (G2Point memory) {}

    /// @dev The client has spent what the worker has earned.
    function books(uint128 amount) internal view returns (AccountTotals[] memory accounts) {
        accounts = new AccountTotals[](2);
        accounts[0] = AccountTotals({owner: client, earned: 0, spent: amount, held: 0});
        accounts[1] = AccountTotals({owner: worker, earned: amount, spent: 0, held: 0});
    }
}
