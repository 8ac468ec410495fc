// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1Point, G2Point} from "./Bls12381.sol";
import {Settlement} from "./Settlements.sol";
import {Receipt} from "./Receipts.sol";
import {MerklePath} from "./MerklePaths.sol";

/// @notice A worker that serves in the committee.
/// @param owner Who staked first: gets the stake back, and ends it.
/// @param worker The worker's Ed25519 public key, as the owner says it. A market believes it only where the worker itself has
/// signed for the BLS key, so a wrong one harms only the member.
/// @param stake What counts, in base units of the token.
/// @param unbonding What was taken back and is not paid out yet; evidence takes it as well.
/// @param unbondedAt From when the unbonding part can be withdrawn, in seconds since 1970.
/// @param isSlashed It lied; it never serves again.
struct Member {
    address owner;
    bytes32 worker;
    uint128 stake;
    uint128 unbonding;
    uint64 unbondedAt;
    bool isSlashed;
}

/// @notice The committee of an epoch: all members with a stake, fixed when the epoch begins.
/// @param members How many there are.
/// @param weight The sum of their stakes.
/// @param key The sum of their keys.
struct Committee {
    uint64 members;
    uint128 weight;
    G1Point key;
}

/// @notice What members signed of a settlement.
/// @param settlement What.
/// @param signers The ids of those whose signatures are in the sum, ascending.
/// @param signature The sum.
struct SettlementVote {
    Settlement settlement;
    bytes32[] signers;
    G2Point signature;
}

/// @notice What members signed of a receipt, in a batch.
/// @param receipt What.
/// @param path From its hash to the root of the batch.
/// @param committee The hash of the list of members that the signatures are for.
/// @param signers The ids of those whose signatures are in the sum, ascending.
/// @param signature The sum.
struct ReceiptVote {
    Receipt receipt;
    MerklePath path;
    bytes32 committee;
    bytes32[] signers;
    G2Point signature;
}

/// @title Stake of the workers that sign settlements and receipts
/// @notice No one can take a stake but its owner, after a delay, or somebody with evidence: two signatures that contradict each other.
/// There is no administrator. Epochs are counted from the contract's creation, the first is 0. What changes in an epoch counts from
/// the next one on, so the committee of an epoch never changes after the epoch has begun.
interface IStakeRegistry {
    event MemberRegistered(
        bytes32 indexed member, address indexed owner, bytes32 indexed worker, G1Point key, uint128 stake, uint64 fromEpoch
    );
    event StakeIncreased(bytes32 indexed member, address indexed payer, uint128 amount, uint128 stake, uint64 fromEpoch);
    event UnbondingBegun(bytes32 indexed member, uint128 amount, uint128 stake, uint64 unbondedAt, uint64 fromEpoch);
    event StakeWithdrawn(bytes32 indexed member, address indexed owner, uint128 amount);
    /// @param harmedAccount The market's account that the evidence names as harmed; 0: all.
    /// @param job The market's job whose receipts contradict each other; 0: settlements do. By it the market finds what the account lost.
    event MemberSlashed(
        bytes32 indexed member,
        address indexed reporter,
        bytes32 indexed harmedAccount,
        bytes32 job,
        uint128 amount,
        uint128 reward,
        uint64 fromEpoch
    );

    error KeyAlreadyRegistered(bytes32 member);
    error PossessionNotProven(bytes32 member);
    error MemberUnknown(bytes32 member);
    error NotTheOwner(bytes32 member, address caller, address owner);
    error MemberIsSlashed(bytes32 member);
    error StakeTooSmall(uint128 stake, uint128 least);
    error StakeTooLarge(uint256 stake, uint256 most);
    error NothingStaked(bytes32 member, uint128 asked, uint128 stake);
    error StillUnbonding(bytes32 member, uint64 unbondedAt);
    error NothingUnbonding(bytes32 member);
    error EpochUnknown(uint64 epoch, uint64 last);
    error NotInCommittee(bytes32 member, uint64 epoch);
    error NotAscending(bytes32 member, bytes32 before);
    error CommitteeTooSmall(uint64 epoch, uint64 members, uint64 least);
    error CommitteeFull(uint64 epoch, uint64 most);
    error WeightTooSmall(uint64 epoch, uint128 signed, uint128 total);
    error SignatureWrong(bytes32 digest);
    error NotASigner(bytes32 member);
    error NoContradiction();

    /// @notice Registers a worker and stakes for it. The caller becomes the owner.
    /// @param worker The worker's Ed25519 public key.
    /// @param key Its BLS public key.
    /// @param possession The key's signature, under the tag of proofs of possession, over the digest of
    /// `Possession(address owner,bytes32 worker,bytes key)`, the key in its compressed form: a proof that was seen elsewhere is
    /// worth nothing to a stranger.
    /// @param amount At least `stakeMin`, in base units of the token, which the caller has allowed this contract to take.
    /// @return member Its id: keccak256 of the key's 96 bytes.
    function register(bytes32 worker, G1Point calldata key, G2Point calldata possession, uint128 amount)
        external
        returns (bytes32 member);

    /// @notice Adds to a member's stake. Anybody may.
    function increaseStake(bytes32 member, uint128 amount) external;

    /// @notice Takes stake back. It counts until the epoch ends, and can be slashed until it is withdrawn. What is unbonding
    /// already waits again.
    /// @param amount So much that `stakeMin` is left, or all. More than there is means all: nobody can prevent it by adding to the
    /// stake.
    function beginUnbonding(bytes32 member, uint128 amount) external;

    /// @notice Pays out what has unbonded. Anybody may call it; the owner is paid.
    function withdrawStake(bytes32 member) external;

    /// @notice Takes the stake of a member that signed two different settlements of one number in one epoch.
    /// @param member Whose.
    /// @param one One of them.
    /// @param other The other.
    function slashForSettlements(bytes32 member, SettlementVote calldata one, SettlementVote calldata other) external;

    /// @notice Takes the stake of a member that signed two different receipts of one job in one epoch.
    /// @param member Whose.
    /// @param one One of them.
    /// @param other The other.
    function slashForReceipts(bytes32 member, ReceiptVote calldata one, ReceiptVote calldata other) external;

    /// @notice Reverts unless members with over two thirds of the committee's weight have signed.
    /// @param epoch Whose committee.
    /// @param digest What.
    /// @param absentees The ids of the members who have not, ascending.
    /// @param signature The sum of the signatures of all others.
    function requireSignedByCommittee(
        uint64 epoch,
        bytes32 digest,
        bytes32[] calldata absentees,
        G2Point calldata signature
    ) external view;

    /// @notice The epoch of now.
    function currentEpoch() external view returns (uint64);

    /// @notice The committee of an epoch, at most the next one, which may still change.
    function committeeOf(uint64 epoch) external view returns (Committee memory);

    /// @notice The weight of a member in an epoch, at most the next one; 0: it does not serve.
    function weightOf(bytes32 member, uint64 epoch) external view returns (uint128);

    function memberOf(bytes32 member) external view returns (Member memory);

    function keyOf(bytes32 member) external view returns (G1Point memory);

    /// @notice What a key signs to register.
    function possessionDigest(address owner, bytes32 worker, G1Point calldata key) external view returns (bytes32);
}
