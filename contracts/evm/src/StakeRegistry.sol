// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Bls12381, G1Point, G2Point} from "./Bls12381.sol";
import {Domain} from "./Domain.sol";
import {IEscrow, Terms} from "./IEscrow.sol";
import {Committee, IStakeRegistry, Member, ReceiptVote, SettlementVote} from "./IStakeRegistry.sol";
import {MerklePaths, MerklePath} from "./MerklePaths.sol";
import {Payments} from "./Payments.sol";
import {Receipts} from "./Receipts.sol";
import {Settlements} from "./Settlements.sol";

/// @title Stake of the workers that sign settlements and receipts
/// @notice See the interface.
contract StakeRegistry is IStakeRegistry, Payments {
    using Bls12381 for G1Point;
    using Checkpoints for Checkpoints.Trace208;
    using MerklePaths for MerklePath;
    using SafeERC20 for IERC20;

    /// @notice The part of a slashed stake that goes to the reporter, in hundredths. An owner that reports itself loses all the rest.
    uint256 public constant REWARD_PERCENT = 10;

    /// @notice The most that one member may have at stake, so that the sums of all fit their types.
    uint128 public constant STAKE_MAX = type(uint96).max;

    /// @notice The most members. Each one that does not sign costs a settlement 18,000 gas, however small its stake, and EIP-7825 gives
    /// a transaction 16,777,216.
    uint64 public constant MEMBERS_MAX = 512;

    bytes32 private constant POSSESSION_TYPE_HASH = keccak256("Possession(address owner,bytes32 worker,bytes key)");

    /// @notice Where the market settles, and where what is slashed goes.
    IEscrow public immutable escrow;

    /// @notice The market's Ed25519 public key.
    bytes32 public immutable market;

    /// @notice When epoch 0 began, in seconds since 1970.
    uint64 public immutable startedAt;
    uint64 public immutable epochLength;
    uint64 public immutable unbondingDelay;
    uint128 public immutable stakeMin;
    uint64 public immutable committeeMin;

    /// @dev The committee from an epoch on.
    struct Change {
        uint64 epoch;
        uint64 members;
        uint128 weight;
        G1Point key;
    }

    /// @dev Ascending by epoch, each once.
    Change[] private _changes;
    mapping(bytes32 member => Member) private _members;
    mapping(bytes32 member => G1Point) private _keys;

    /// @dev The weight of a member from an epoch on.
    mapping(bytes32 member => Checkpoints.Trace208) private _weights;

    /// @dev Made by the escrow, which has checked the terms.
    constructor(IERC20 token_, bytes32 market_, Terms memory terms) Payments(token_) {
        escrow = IEscrow(msg.sender);
        market = market_;
        startedAt = uint64(block.timestamp);
        epochLength = terms.epochLength;
        unbondingDelay = terms.unbondingDelay;
        stakeMin = terms.stakeMin;
        committeeMin = terms.committeeMin;
    }

    /// @inheritdoc IStakeRegistry
    function register(bytes32 worker, G1Point calldata key, G2Point calldata possession, uint128 amount)
        external
        nonReentrant
        returns (bytes32 member)
    {
        member = keccak256(abi.encode(key));
        require(_members[member].owner == address(0), KeyAlreadyRegistered(member));
        require(amount >= stakeMin, StakeTooSmall(amount, stakeMin));
        require(amount <= STAKE_MAX, StakeTooLarge(amount, STAKE_MAX));
        require(
            Bls12381.verify(key, possessionDigest(msg.sender, worker, key), Bls12381.POSSESSION_TAG, possession),
            PossessionNotProven(member)
        );
        _members[member].owner = msg.sender;
        _members[member].worker = worker;
        _keys[member] = key;
        _setStake(member, amount);
        _pull(msg.sender, amount);
        emit MemberRegistered(member, msg.sender, worker, key, amount, currentEpoch() + 1);
    }

    /// @inheritdoc IStakeRegistry
    function increaseStake(bytes32 member, uint128 amount) external nonReentrant {
        Member storage known = _require(member);
        require(!known.isSlashed, MemberIsSlashed(member));
        uint256 stake = uint256(known.stake) + amount;
        require(stake <= STAKE_MAX, StakeTooLarge(stake, STAKE_MAX));
        require(amount > 0 && stake >= stakeMin, StakeTooSmall(amount, stakeMin));
        _setStake(member, uint128(stake));
        _pull(msg.sender, amount);
        emit StakeIncreased(member, msg.sender, amount, uint128(stake), currentEpoch() + 1);
    }

    /// @inheritdoc IStakeRegistry
    function beginUnbonding(bytes32 member, uint128 amount) external nonReentrant {
        Member storage known = _require(member);
        require(known.owner == msg.sender, NotTheOwner(member, msg.sender, known.owner));
        require(amount > 0 && known.stake > 0, NothingStaked(member, amount, known.stake));
        // Anybody can add to a stake, so who asks for all of it cannot know how much that will be.
        if (amount > known.stake) {
            amount = known.stake;
        }
        uint128 left = known.stake - amount;
        require(left == 0 || left >= stakeMin, StakeTooSmall(left, stakeMin));
        known.unbonding += amount;
        known.unbondedAt = uint64(block.timestamp) + unbondingDelay;
        _setStake(member, left);
        emit UnbondingBegun(member, amount, left, known.unbondedAt, currentEpoch() + 1);
    }

    /// @inheritdoc IStakeRegistry
    function withdrawStake(bytes32 member) external nonReentrant {
        Member storage known = _require(member);
        uint128 amount = known.unbonding;
        require(amount > 0, NothingUnbonding(member));
        require(block.timestamp >= known.unbondedAt, StillUnbonding(member, known.unbondedAt));
        known.unbonding = 0;
        _pay(known.owner, amount);
        emit StakeWithdrawn(member, known.owner, amount);
    }

    /// @inheritdoc IStakeRegistry
    function slashForSettlements(bytes32 member, SettlementVote calldata one, SettlementVote calldata other)
        external
        nonReentrant
    {
        bytes32 oneHash = Settlements.hash(one.settlement);
        bytes32 otherHash = Settlements.hash(other.settlement);
        require(
            oneHash != otherHash && one.settlement.number == other.settlement.number
                && one.settlement.epoch == other.settlement.epoch,
            NoContradiction()
        );
        _requireSigned(member, oneHash, one.signers, one.signature);
        _requireSigned(member, otherHash, other.signers, other.signature);
        // All who have money in the escrow are harmed.
        _slash(member, 0, 0);
    }

    /// @inheritdoc IStakeRegistry
    function slashForReceipts(bytes32 member, ReceiptVote calldata one, ReceiptVote calldata other) external nonReentrant {
        bytes32 oneHash = Receipts.hash(one.receipt);
        bytes32 otherHash = Receipts.hash(other.receipt);
        require(
            oneHash != otherHash && one.receipt.epoch == other.receipt.epoch
                && one.receipt.execution.invocation.job == other.receipt.execution.invocation.job,
            NoContradiction()
        );
        _requireSigned(member, Receipts.hashVote(one.committee, one.path.rootOf(oneHash)), one.signers, one.signature);
        _requireSigned(
            member, Receipts.hashVote(other.committee, other.path.rootOf(otherHash)), other.signers, other.signature
        );
        _slash(member, one.receipt.payer, one.receipt.execution.invocation.job);
    }

    /// @inheritdoc IStakeRegistry
    function requireSignedByCommittee(
        uint64 epoch,
        bytes32 digest,
        bytes32[] calldata absentees,
        G2Point calldata signature
    ) external view {
        Committee memory committee = committeeOf(epoch);
        require(committee.members >= committeeMin, CommitteeTooSmall(epoch, committee.members, committeeMin));
        uint128 signed = committee.weight;
        G1Point memory key = committee.key;
        bytes32 before = 0;
        for (uint256 i = 0; i < absentees.length; i++) {
            bytes32 absentee = absentees[i];
            require(absentee > before, NotAscending(absentee, before));
            before = absentee;
            uint128 weight = weightOf(absentee, epoch);
            require(weight > 0, NotInCommittee(absentee, epoch));
            signed -= weight;
            key = key.add(_keys[absentee].negate());
        }
        require(uint256(signed) * 3 > uint256(committee.weight) * 2, WeightTooSmall(epoch, signed, committee.weight));
        require(key.verify(digest, Bls12381.SIGNATURE_TAG, signature), SignatureWrong(digest));
    }

    /// @inheritdoc IStakeRegistry
    function currentEpoch() public view returns (uint64) {
        return (uint64(block.timestamp) - startedAt) / epochLength;
    }

    /// @inheritdoc IStakeRegistry
    function committeeOf(uint64 epoch) public view returns (Committee memory) {
        require(epoch <= currentEpoch() + 1, EpochUnknown(epoch, currentEpoch() + 1));
        uint256 high = _changes.length;
        uint256 low = high > 3 ? high - 3 : 0;
        // Of the newest three one holds for this epoch, and one for the epoch before, which are asked for nearly always.
        if (low > 0 && _changes[low].epoch > epoch) {
            (low, high) = (0, low);
        }
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_changes[middle].epoch > epoch) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if (low == 0) {
            Committee memory none;
            return none;
        }
        Change storage change = _changes[low - 1];
        return Committee(change.members, change.weight, change.key);
    }

    /// @inheritdoc IStakeRegistry
    function weightOf(bytes32 member, uint64 epoch) public view returns (uint128) {
        require(epoch <= currentEpoch() + 1, EpochUnknown(epoch, currentEpoch() + 1));
        return uint128(_weights[member].upperLookupRecent(uint48(epoch)));
    }

    /// @inheritdoc IStakeRegistry
    function memberOf(bytes32 member) external view returns (Member memory) {
        return _members[member];
    }

    /// @inheritdoc IStakeRegistry
    function keyOf(bytes32 member) external view returns (G1Point memory) {
        return _keys[member];
    }

    /// @inheritdoc IStakeRegistry
    function possessionDigest(address owner, bytes32 worker, G1Point calldata key) public view returns (bytes32) {
        return Domain.digest(
            address(escrow),
            market,
            keccak256(abi.encode(POSSESSION_TYPE_HASH, owner, worker, keccak256(Bls12381.compress(key))))
        );
    }

    function _require(bytes32 member) private view returns (Member storage known) {
        known = _members[member];
        require(known.owner != address(0), MemberUnknown(member));
    }

    /// @dev Counts from the next epoch on.
    function _setStake(bytes32 member, uint128 stake) private {
        Member storage known = _members[member];
        uint128 was = known.stake;
        known.stake = stake;
        uint64 epoch = currentEpoch() + 1;
        _weights[member].push(uint48(epoch), stake);
        Change storage change = _changeFrom(epoch);
        change.weight = change.weight - was + stake;
        if (was == 0 && stake > 0) {
            require(change.members < MEMBERS_MAX, CommitteeFull(epoch, MEMBERS_MAX));
            change.members += 1;
            change.key = Bls12381.add(change.key, _keys[member]);
        } else if (was > 0 && stake == 0) {
            change.members -= 1;
            change.key = Bls12381.add(change.key, Bls12381.negate(_keys[member]));
        }
    }

    function _changeFrom(uint64 epoch) private returns (Change storage) {
        uint256 count = _changes.length;
        if (count == 0) {
            _changes.push().epoch = epoch;
        } else if (_changes[count - 1].epoch != epoch) {
            _changes.push(_changes[count - 1]);
            _changes[count].epoch = epoch;
        }
        return _changes[_changes.length - 1];
    }

    /// @dev Reverts unless the sum of signatures is that of the signers, and the member is one of them.
    function _requireSigned(
        bytes32 member,
        bytes32 structHash,
        bytes32[] calldata signers,
        G2Point calldata signature
    ) private view {
        G1Point memory key;
        bytes32 before = 0;
        bool isSigner = false;
        for (uint256 i = 0; i < signers.length; i++) {
            bytes32 signer = signers[i];
            require(signer > before, NotAscending(signer, before));
            before = signer;
            _require(signer);
            isSigner = isSigner || signer == member;
            key = key.add(_keys[signer]);
        }
        require(isSigner, NotASigner(member));
        bytes32 digest = Domain.digest(address(escrow), market, structHash);
        require(key.verify(digest, Bls12381.SIGNATURE_TAG, signature), SignatureWrong(digest));
    }

    function _slash(bytes32 member, bytes32 harmedAccount, bytes32 job) private {
        Member storage known = _members[member];
        require(!known.isSlashed, MemberIsSlashed(member));
        uint128 amount = known.stake + known.unbonding;
        known.isSlashed = true;
        known.unbonding = 0;
        if (known.stake > 0) {
            _setStake(member, 0);
        }
        uint128 reward = uint128(uint256(amount) * REWARD_PERCENT / 100);
        _pay(msg.sender, reward);
        token.forceApprove(address(escrow), amount - reward);
        escrow.compensate(harmedAccount, amount - reward);
        emit MemberSlashed(member, msg.sender, harmedAccount, job, amount, reward, currentEpoch() + 1);
    }
}
