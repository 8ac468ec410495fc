// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {G1Point} from "../../src/Bls12381.sol";
import {Escrow} from "../../src/Escrow.sol";
import {Terms} from "../../src/IEscrow.sol";
import {Member} from "../../src/IStakeRegistry.sol";
import {AccountTotals} from "../../src/Settlements.sol";
import {StakeRegistry} from "../../src/StakeRegistry.sol";
import {Signer} from "../Signer.sol";
import {TreeBench} from "../TreeBench.sol";

interface IMintable {
    function mint(address to, uint256 amount) external;
}

/// @notice Ten accounts and twelve workers around the contracts, and the books that an honest market keeps of them.
abstract contract MarketModel is TreeBench {
    uint256 internal constant ACTORS = 10;
    uint256 internal constant WORKERS = 12;

    Escrow public immutable escrow;
    StakeRegistry public immutable registry;
    address public immutable token;
    address internal constant OPERATOR = address(0x0707);

    address[] public actors;

    /// @dev Ascending by their ids.
    bytes32[] public members;
    uint256[] public secrets;

    /// @dev What the market knows of each account now, and what it knew at the last settlement.
    AccountTotals[] internal _now;
    AccountTotals[] internal _settled;

    /// @dev What was paid in and out by successful calls, as the callers understood it.
    uint256 public deposits;
    uint256 public compensations;
    uint256 public payments;
    uint256 public stakes;
    uint256 public stakesWithdrawn;
    uint256 public stakesSlashed;

    /// @dev Compensations that the market has credited to somebody.
    uint128 internal _credited;
    uint128 public creditedSettled;

    mapping(string action => uint256) public tries;
    mapping(string action => uint256) public successes;
    string[] internal _actions;

    /// @dev What must never be, told once.
    string public violation;

    constructor(address token_) {
        token = token_;
        Terms memory terms = Terms(1 hours, 1 days, 2 hours, 7 days, 100, 3);
        escrow = Escrow(create("Escrow", abi.encode(IERC20(token_), keccak256("market"), OPERATOR, terms)));
        registry = escrow.registry();
        for (uint256 i = 0; i < ACTORS; i++) {
            actors.push(address(uint160(0xa000 + i)));
            _now.push(AccountTotals(actors[i], 0, 0, 0));
            _settled.push(_now[i]);
        }
        for (uint256 i = 0; i < WORKERS; i++) {
            bytes32 member = keccak256(abi.encode(Signer.keyOf(i + 1)));
            members.push(member);
            secrets.push(i + 1);
            for (uint256 j = i; j > 0 && members[j - 1] > member; j--) {
                (members[j], members[j - 1]) = (members[j - 1], member);
                (secrets[j], secrets[j - 1]) = (secrets[j - 1], i + 1);
            }
        }
    }

    /// @dev What an account can still order jobs with.
    function spendable(uint256 actor) internal view returns (uint128) {
        AccountTotals storage totals = _now[actor];
        uint256 deposited = escrow.balanceOf(actors[actor]).deposited;
        uint256 gone = uint256(escrow.balanceOf(actors[actor]).withdrawn) + escrow.balanceOf(actors[actor]).requested
            + totals.spent + totals.held;
        return gone < deposited ? uint128(deposited - gone) : 0;
    }

    /// @dev Makes a call and counts how it ends. A panic is a mistake of the contracts, whatever was asked.
    function attempt(string memory action, address sender, address target, bytes memory call) internal returns (bool isDone) {
        if (tries[action] == 0) {
            _actions.push(action);
        }
        tries[action]++;
        bytes memory output;
        vm.prank(sender);
        (isDone, output) = target.call(call);
        if (isDone) {
            successes[action]++;
        } else if (bytes4(output) == bytes4(keccak256("Panic(uint256)"))) {
            violation = string.concat("panic: ", action);
        }
    }

    function fund(address account, address spender, uint256 amount) internal {
        IMintable(token).mint(account, amount);
        vm.prank(account);
        (bool isReset,) = token.call(abi.encodeCall(IERC20.approve, (spender, 0)));
        vm.prank(account);
        (bool isDone,) = token.call(abi.encodeCall(IERC20.approve, (spender, amount)));
        require(isReset && isDone, "not approved");
    }

    function between(uint256 seed, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + seed % (most - least + 1);
    }

    function part(uint256 seed, uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }

    function actions() external view returns (string[] memory) {
        return _actions;
    }

    function settledOf(uint256 actor) external view returns (AccountTotals memory) {
        return _settled[actor];
    }

    function nowOf(uint256 actor) external view returns (AccountTotals memory) {
        return _now[actor];
    }

    function memberAt(uint256 index) external view returns (Member memory) {
        return registry.memberOf(members[index]);
    }
}
