// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls12381, G1Point, G2Point} from "../../src/Bls12381.sol";
import {Member, ReceiptVote, SettlementVote} from "../../src/IStakeRegistry.sol";
import {AccountTotals, Settlement} from "../../src/Settlements.sol";
import {Examples} from "../Examples.sol";
import {Signer} from "../Signer.sol";
import {MarketModel} from "./MarketModel.sol";

/// @notice What everybody does, in any order. What is asked for is mostly possible, so that it happens.
contract MarketHandler is MarketModel {
    /// @dev Closing ends all, so it comes late in a run; and no more than these are slashed in each way, or nobody is left to settle.
    uint256 private constant CALLS_BEFORE_CLOSING = 800;
    uint256 private constant SLASHED_MAX = 3;

    address private constant NEWCOMER = address(0xb000);

    uint256 public calls;
    mapping(string action => uint256) private _slashed;
    mapping(bytes32 member => uint256) private _unbondedAt;

    modifier counted(uint256 seed) {
        calls++;
        if (part(seed, 99) % 3 == 0) {
            mine(1);
        }
        uint64 epoch = registry.currentEpoch();
        bytes32 before = _committeeOf(epoch);
        _;
        if (_committeeOf(epoch) != before) {
            violation = "a committee changed after its epoch had begun";
        }
    }

    constructor(address token_) MarketModel(token_) {
        for (uint256 i = 0; i < 7; i++) {
            _register(i, uint128(1_000 + 100 * i), actors[i]);
        }
        pass(1 hours);
        mine(1);
    }

    function deposit(uint256 seed) public counted(seed) {
        address payer = actors[part(seed, 0) % ACTORS];
        _deposit(payer, actors[part(seed, 1) % ACTORS], uint128(between(part(seed, 2), 0, 1e12)));
    }

    /// @dev Off the chain: one orders a job of another.
    function trade(uint256 seed) public counted(seed) {
        uint256 payer = part(seed, 0) % ACTORS;
        uint128 amount = uint128(between(part(seed, 1), 0, spendable(payer)));
        _now[payer].spent += amount;
        _now[part(seed, 2) % ACTORS].earned += amount;
    }

    /// @dev Off the chain: money goes on hold for a job, or off it.
    function hold(uint256 seed) public counted(seed) {
        uint256 payer = part(seed, 0) % ACTORS;
        _now[payer].held = 0;
        _now[payer].held = uint128(between(part(seed, 1), 0, spendable(payer)) / 2);
    }

    function requestWithdrawal(uint256 seed) public counted(seed) {
        uint256 actor = part(seed, 0) % ACTORS;
        uint128 most = part(seed, 2) % 8 == 0 ? escrow.balanceOf(actors[actor]).deposited : spendable(actor);
        uint128 amount = uint128(between(part(seed, 1), 0, most));
        attempt("requestWithdrawal", actors[actor], address(escrow), abi.encodeCall(escrow.requestWithdrawal, (amount)));
    }

    function cancelWithdrawal(uint256 seed) public counted(seed) {
        address actor = actors[part(seed, 0) % ACTORS];
        for (uint256 i = 0; i < ACTORS && part(seed, 1) % 6 == 0; i++) {
            actor = escrow.balanceOf(actor).requested > 0 ? actor : actors[i];
        }
        attempt("cancelWithdrawal", actor, address(escrow), abi.encodeCall(escrow.cancelWithdrawal, ()));
    }

    function withdraw(uint256 seed) public counted(seed) {
        for (uint256 i = 0; i < ACTORS; i++) {
            uint256 actor = (part(seed, 0) % ACTORS + i) % ACTORS;
            if (escrow.balanceOf(actors[actor]).requested > 0) {
                address sender = part(seed, 1) % 3 == 0 ? address(0xbad) : actors[actor];
                _withdraw(sender, actor);
            }
        }
    }

    function settle(uint256 seed) public counted(seed) {
        mine(1);
        // What was slashed and not credited yet goes to one of those who were harmed.
        uint128 credit = escrow.compensated() - _credited;
        _now[part(seed, 0) % ACTORS].earned += credit;
        Settlement memory settlement;
        settlement.number = escrow.lastSettlement().number + 1;
        settlement.epoch = registry.currentEpoch() - uint64(part(seed, 1) % 2);
        settlement.chainBlock = blockNumber() - 1;
        settlement.accounts = rootOf(_now);
        settlement.receipts = bytes32(part(seed, 2));
        for (uint256 i = 0; i < ACTORS; i++) {
            settlement.earned += _now[i].earned;
            settlement.spent += _now[i].spent;
        }
        (bytes32[] memory absentees, G2Point memory signature) = _sign(settlement, part(seed, 3));
        if (
            attempt("settle", OPERATOR, address(escrow), abi.encodeCall(escrow.settle, (settlement, absentees, signature)))
        ) {
            _credited += credit;
            creditedSettled = _credited;
            for (uint256 i = 0; i < ACTORS; i++) {
                _settled[i] = _now[i];
            }
        } else {
            _now[part(seed, 0) % ACTORS].earned -= credit;
        }
    }

    function claim(uint256 seed) public counted(seed) {
        uint256 actor = _earner(seed);
        _claim("claim", actors[part(seed, 1) % ACTORS], actor);
    }

    function claimToDeposit(uint256 seed) public counted(seed) {
        uint256 actor = _earner(seed);
        bytes memory call = abi.encodeCall(escrow.claimToDeposit, (_settled[actor], pathOf(_settled, actor)));
        attempt("claimToDeposit", actors[actor], address(escrow), call);
    }

    function register(uint256 seed) public counted(seed) {
        for (uint256 i = 0; i < WORKERS; i++) {
            uint256 place = (part(seed, 0) % WORKERS + i) % WORKERS;
            if (registry.memberOf(members[place]).owner == address(0)) {
                _register(place, uint128(between(part(seed, 1), 90, 5_000)), actors[part(seed, 2) % ACTORS]);
                return;
            }
        }
    }

    function increaseStake(uint256 seed) public counted(seed) {
        address payer = actors[part(seed, 0) % ACTORS];
        uint128 amount = uint128(between(part(seed, 1), 0, 3_000));
        fund(payer, address(registry), amount);
        bytes32 member = members[part(seed, 2) % WORKERS];
        bytes memory call = abi.encodeCall(registry.increaseStake, (member, amount));
        if (attempt("increaseStake", payer, address(registry), call)) {
            stakes += amount;
        }
    }

    function beginUnbonding(uint256 seed) public counted(seed) {
        bytes32 member = members[part(seed, 0) % WORKERS];
        Member memory known = registry.memberOf(member);
        // All that is unbonding would wait again.
        if (known.unbonding > 0 && part(seed, 3) % 4 > 0) {
            return;
        }
        uint128 amount = uint128(part(seed, 2) % 4 == 0 ? type(uint128).max : between(part(seed, 1), 0, known.stake));
        bytes memory call = abi.encodeCall(registry.beginUnbonding, (member, amount));
        if (attempt("beginUnbonding", known.owner, address(registry), call)) {
            _unbondedAt[member] = time() + 1 days;
        }
    }

    function withdrawStake(uint256 seed) public counted(seed) {
        for (uint256 i = 0; i < WORKERS; i++) {
            bytes32 member = members[i];
            uint128 amount = registry.memberOf(member).unbonding;
            if (amount == 0 && part(seed, 20 + i) % 8 > 0) {
                continue;
            }
            bytes memory call = abi.encodeCall(registry.withdrawStake, (member));
            if (attempt("withdrawStake", actors[part(seed, i) % ACTORS], address(registry), call)) {
                stakesWithdrawn += amount;
                if (time() < _unbondedAt[member]) {
                    violation = "stake left before its delay was over";
                }
            }
        }
    }

    function slashForSettlements(uint256 seed) public counted(seed) {
        uint256 place = part(seed, 0) % WORKERS;
        SettlementVote memory one;
        one.settlement.number = uint64(part(seed, 1));
        one.settlement.epoch = uint64(part(seed, 2));
        SettlementVote memory other;
        (other.settlement.number, other.settlement.epoch) = (one.settlement.number, one.settlement.epoch);
        other.settlement.earned = uint128(between(part(seed, 3), 0, 3));
        (one.signers, one.signature) = _vote(place, part(seed, 4), escrow.settlementDigest(one.settlement));
        (other.signers, other.signature) = _vote(place, part(seed, 5), escrow.settlementDigest(other.settlement));
        _slash("slashForSettlements", seed, place, abi.encodeCall(registry.slashForSettlements, (members[place], one, other)));
    }

    function slashForReceipts(uint256 seed) public counted(seed) {
        uint256 place = part(seed, 0) % WORKERS;
        ReceiptVote memory one;
        ReceiptVote memory other;
        (one.receipt, other.receipt) = (Examples.ofCommittee(), Examples.ofCommittee());
        (one.path, other.path) = (Examples.path(), Examples.path());
        other.receipt.execution.result.fuel -= uint64(part(seed, 3) % 3);
        (one.signers, one.signature) = _vote(place, part(seed, 4), _digestOf(one));
        (other.signers, other.signature) = _vote(place, part(seed, 5), _digestOf(other));
        _slash("slashForReceipts", seed, place, abi.encodeCall(registry.slashForReceipts, (members[place], one, other)));
    }

    function close(uint256 seed) public counted(seed) {
        if (calls > CALLS_BEFORE_CLOSING && !escrow.isClosed()) {
            _makeClosable();
        } else if (calls <= CALLS_BEFORE_CLOSING && time() >= _closableAt()) {
            return;
        }
        bool isEarly = time() < _closableAt();
        if (attempt("close", actors[part(seed, 0) % ACTORS], address(escrow), abi.encodeCall(escrow.close, ())) && isEarly) {
            violation = "closed before the delay was over";
        }
    }

    function exit(uint256 seed) public counted(seed) {
        uint256 actor = part(seed, 0) % ACTORS;
        address sender = actors[part(seed, 1) % ACTORS];
        bytes memory call = abi.encodeCall(escrow.exit, (_settled[actor], pathOf(_settled, actor)));
        _leave("exit", sender, actors[actor], call);
    }

    function exitUnsettled(uint256 seed) public counted(seed) {
        address account = part(seed, 2) % 2 == 0 ? NEWCOMER : actors[part(seed, 0) % ACTORS];
        _leave("exitUnsettled", actors[part(seed, 1) % ACTORS], account, abi.encodeCall(escrow.exitUnsettled, (account)));
    }

    function passTime(uint256 seed) public counted(seed) {
        mine(between(part(seed, 0), 1, 300));
        pass(between(part(seed, 1), 1, part(seed, 2) % 3 == 0 ? 12 hours : 1 hours));
    }

    /// @dev At the end of all: the market closes, where it is open yet, and everybody takes what is there for them. So each run has
    /// a closing and both ways out, whatever the order in which forge called.
    function leaveAll() external {
        unspoil();
        if (!escrow.isClosed()) {
            _makeClosable();
            attempt("close", actors[0], address(escrow), abi.encodeCall(escrow.close, ()));
        }
        for (uint256 i = 0; i < ACTORS; i++) {
            _claim("claim", actors[i], i);
            bytes memory call = abi.encodeCall(escrow.exit, (_settled[i], pathOf(_settled, i)));
            _leave("exit", actors[i], actors[i], call);
            _leave("exitUnsettled", actors[i], actors[i], abi.encodeCall(escrow.exitUnsettled, (actors[i])));
        }
        _leave("exitUnsettled", NEWCOMER, NEWCOMER, abi.encodeCall(escrow.exitUnsettled, (NEWCOMER)));
    }

    /// @dev From now on the token does as it should.
    function unspoil() internal virtual {}

    /// @dev The delay is over, and one is there whose only deposit no settlement has counted.
    function _makeClosable() private {
        if (time() < _closableAt()) {
            vm.warp(_closableAt());
        }
        unspoil();
        _deposit(actors[0], NEWCOMER, 1_000);
    }

    function _closableAt() private view returns (uint256) {
        return uint256(escrow.settledAt()) + escrow.exitDelay();
    }

    function _claim(string memory action, address sender, uint256 actor) private {
        uint256 before = escrow.balanceOf(actors[actor]).claimed;
        bytes memory call = abi.encodeCall(escrow.claim, (_settled[actor], pathOf(_settled, actor)));
        if (attempt(action, sender, address(escrow), call)) {
            payments += escrow.balanceOf(actors[actor]).claimed - before;
        }
    }

    function _withdraw(address sender, uint256 actor) private {
        bytes memory call = abi.encodeCall(escrow.withdraw, (_settled[actor], pathOf(_settled, actor)));
        _leave("withdraw", sender, actors[actor], call);
    }

    /// @dev A call that pays deposits back.
    function _leave(string memory action, address sender, address account, bytes memory call) private {
        uint256 before = escrow.balanceOf(account).withdrawn;
        if (attempt(action, sender, address(escrow), call)) {
            payments += escrow.balanceOf(account).withdrawn - before;
        }
    }

    function _deposit(address payer, address account, uint128 amount) private {
        fund(payer, address(escrow), amount);
        if (attempt("deposit", payer, address(escrow), abi.encodeCall(escrow.deposit, (account, amount)))) {
            deposits += amount;
        }
    }

    function _slash(string memory action, uint256 seed, uint256 place, bytes memory call) private {
        Member memory known = registry.memberOf(members[place]);
        uint256 amount = uint256(known.stake) + known.unbonding;
        if (_slashed[action] >= SLASHED_MAX && !known.isSlashed) {
            return;
        }
        if (attempt(action, actors[part(seed, 6) % ACTORS], address(registry), call)) {
            _slashed[action]++;
            stakesSlashed += amount;
            compensations += amount - amount / 10;
            if (known.isSlashed) {
                violation = "slashed twice";
            }
        }
    }

    function _register(uint256 place, uint128 amount, address owner) private {
        uint256 secret = secrets[place];
        G1Point memory key = Signer.keyOf(secret);
        bytes32 digest = registry.possessionDigest(owner, bytes32(secret), key);
        G2Point memory possession = Signer.sign(secret, digest, Bls12381.POSSESSION_TAG);
        fund(owner, address(registry), amount);
        bytes memory call = abi.encodeCall(registry.register, (bytes32(secret), key, possession, amount));
        if (attempt("register", owner, address(registry), call)) {
            stakes += amount;
        }
    }

    function _committeeOf(uint64 epoch) private view returns (bytes32) {
        return keccak256(abi.encode(registry.committeeOf(epoch)));
    }

    /// @dev Somebody to whom the last settlement owes something, where there is one.
    function _earner(uint256 seed) private view returns (uint256 actor) {
        for (uint256 i = 0; i < ACTORS; i++) {
            actor = (part(seed, 0) % ACTORS + i) % ACTORS;
            if (_settled[actor].earned > escrow.balanceOf(actors[actor]).claimed) {
                return actor;
            }
        }
    }

    /// @dev Signed by all of the epoch's members but some, who have less than a third.
    function _sign(Settlement memory settlement, uint256 seed) private view returns (bytes32[] memory, G2Point memory) {
        uint256 total = registry.committeeOf(settlement.epoch).weight;
        uint256 left = total > 0 ? (total - 1) / 3 : 0;
        bytes32[] memory absentees = new bytes32[](WORKERS);
        (uint256 count, uint256 secret) = (0, 0);
        for (uint256 i = 0; i < WORKERS; i++) {
            uint256 weight = registry.weightOf(members[i], settlement.epoch);
            if (weight > 0 && weight <= left && part(seed, i) % 2 == 0) {
                absentees[count++] = members[i];
                left -= weight;
            } else if (weight > 0) {
                secret += secrets[i];
            }
        }
        assembly {
            mstore(absentees, count)
        }
        return (absentees, Signer.sign(secret, escrow.settlementDigest(settlement)));
    }

    /// @dev Signed by one member and perhaps another.
    function _vote(uint256 place, uint256 seed, bytes32 digest) private view returns (bytes32[] memory, G2Point memory) {
        uint256 other = seed % WORKERS;
        if (other == place) {
            bytes32[] memory alone = new bytes32[](1);
            alone[0] = members[place];
            return (alone, Signer.sign(secrets[place], digest));
        }
        bytes32[] memory signers = new bytes32[](2);
        (signers[0], signers[1]) =
            place < other ? (members[place], members[other]) : (members[other], members[place]);
        return (signers, Signer.sign(secrets[place] + secrets[other], digest));
    }

    function _digestOf(ReceiptVote memory vote) private view returns (bytes32) {
        bytes32 root = Examples.root(escrow.receiptVerifier().hashOf(vote.receipt));
        return escrow.receiptVerifier().committeeReceiptsDigest(vote.committee, root);
    }
}
