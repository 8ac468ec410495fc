// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {G2Point} from "./Bls12381.sol";
import {Domain} from "./Domain.sol";
import {Balance, IEscrow, Terms} from "./IEscrow.sol";
import {MerklePath, MerklePaths} from "./MerklePaths.sol";
import {Payments} from "./Payments.sol";
import {ReceiptVerifier} from "./ReceiptVerifier.sol";
import {AccountTotals, Settlement, Settlements} from "./Settlements.sol";
import {StakeRegistry} from "./StakeRegistry.sol";

/// @title Deposits, settlements and payments of a market
/// @notice See the interface.
contract Escrow is IEscrow, Payments {
    using MerklePaths for MerklePath;

    /// @notice Shorter epochs end before the signatures of a committee are together and a transaction is in a block.
    uint64 public constant EPOCH_LENGTH_MIN = 1 minutes;

    /// @notice Evidence of a vote is found while the vote counts (its epoch and the one after), or in the two epochs that follow.
    uint64 public constant UNBONDING_EPOCHS_MIN = 4;

    /// @notice An owner that wants its stake or its money back has it within these times, whatever a market chooses.
    uint64 public constant UNBONDING_DELAY_MAX = 365 days;
    uint64 public constant WITHDRAWAL_DELAY_MAX = 30 days;
    uint64 public constant EXIT_DELAY_MAX = 90 days;

    /// @notice Fewer are no committee: one of them could settle alone, or prevent it.
    uint64 public constant COMMITTEE_MIN = 3;

    /// @notice So many first deposits together are one least stake. A settlement has a row for each account, at most 100,000: who takes
    /// all rows to stop settlements deposits as much as a hundred members stake, and a client begins with a thousandth of one.
    uint128 public constant FIRST_DEPOSITS_PER_STAKE = 1_000;

    /// @notice The market's Ed25519 public key.
    bytes32 public immutable market;
    StakeRegistry public immutable registry;
    ReceiptVerifier public immutable receiptVerifier;

    /// @notice The block in which the contracts were created: no event is earlier.
    uint64 public immutable createdIn = uint64(block.number);
    uint64 public immutable withdrawalDelay;
    uint64 public immutable exitDelay;

    /// @inheritdoc IEscrow
    uint128 public immutable depositMin;

    /// @notice Who sends settlements. It can neither sign for the committee nor take anything.
    address public operator;
    address public proposedOperator;

    /// @notice When the last settlement came, or the escrow was created, in seconds since 1970.
    uint64 public settledAt;

    /// @notice No settlement comes any more.
    bool public isClosed;

    /// @notice What the escrow owes in all: deposits and compensations that were not paid out. It has at least as many tokens.
    uint128 public held;

    /// @notice What was slashed and came here, in all.
    uint128 public compensated;

    /// @notice What was claimed by all accounts.
    uint128 public claimed;

    Settlement private _last;
    mapping(address account => Balance) private _balances;
    mapping(uint64 number => bytes32) private _receipts;

    modifier onlyOperator() {
        require(msg.sender == operator, NotTheOperator(msg.sender, operator));
        _;
    }

    modifier whileOpen() {
        require(!isClosed, EscrowIsClosed());
        _;
    }

    /// @param token_ What is staked and paid with; without fees on transfers.
    /// @param market_ The market's Ed25519 public key.
    /// @param operator_ Who sends settlements.
    /// @param terms For ever.
    constructor(IERC20 token_, bytes32 market_, address operator_, Terms memory terms) Payments(token_) {
        require(terms.epochLength >= EPOCH_LENGTH_MIN, TermsInvalid("epochLength"));
        require(
            terms.unbondingDelay >= UNBONDING_EPOCHS_MIN * terms.epochLength && terms.unbondingDelay <= UNBONDING_DELAY_MAX,
            TermsInvalid("unbondingDelay")
        );
        require(terms.withdrawalDelay <= WITHDRAWAL_DELAY_MAX, TermsInvalid("withdrawalDelay"));
        // A settlement that misses its epoch is made anew in the next.
        require(
            terms.exitDelay >= 4 * terms.epochLength && terms.exitDelay <= EXIT_DELAY_MAX, TermsInvalid("exitDelay")
        );
        require(terms.stakeMin > 0 && terms.stakeMin <= type(uint96).max, TermsInvalid("stakeMin"));
        require(terms.committeeMin >= COMMITTEE_MIN, TermsInvalid("committeeMin"));
        require(market_ != 0, TermsInvalid("market"));
        require(operator_ != address(0), TermsInvalid("operator"));
        market = market_;
        operator = operator_;
        withdrawalDelay = terms.withdrawalDelay;
        exitDelay = terms.exitDelay;
        depositMin = terms.stakeMin / FIRST_DEPOSITS_PER_STAKE;
        settledAt = uint64(block.timestamp);
        registry = new StakeRegistry(token_, market_, terms);
        receiptVerifier = new ReceiptVerifier();
        emit OperatorChanged(operator_, address(0));
    }

    /// @inheritdoc IEscrow
    function deposit(address account, uint128 amount) external nonReentrant whileOpen {
        require(amount > 0, AmountZero());
        uint128 deposited = _credit(account, amount);
        held += amount;
        _pull(msg.sender, amount);
        emit Deposited(account, msg.sender, amount, deposited);
    }

    /// @inheritdoc IEscrow
    function requestWithdrawal(uint128 amount) external whileOpen {
        Balance storage balance = _balances[msg.sender];
        require(balance.requested == 0, RequestOpen(msg.sender, balance.requested));
        uint128 most = balance.deposited - balance.withdrawn;
        require(amount > 0, AmountZero());
        require(amount <= most, RequestTooLarge(amount, most));
        balance.requested = amount;
        balance.requestedOf = balance.deposited;
        balance.requestedBlock = uint64(block.number);
        balance.requestedAt = uint64(block.timestamp);
        emit WithdrawalRequested(msg.sender, amount, uint64(block.timestamp) + withdrawalDelay);
    }

    /// @inheritdoc IEscrow
    function cancelWithdrawal() external {
        uint128 amount = _endRequest(msg.sender);
        emit WithdrawalCancelled(msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function withdraw(AccountTotals calldata totals, MerklePath calldata path) external nonReentrant {
        _requireSettled(totals, path);
        Balance storage balance = _balances[totals.owner];
        require(balance.requested > 0, NoRequest(totals.owner));
        uint256 payableAt = uint256(balance.requestedAt) + withdrawalDelay;
        require(block.timestamp >= payableAt, TooEarly(payableAt));
        require(balance.requestedBlock <= _last.chainBlock, RequestNotCounted(balance.requestedBlock, _last.chainBlock));
        uint256 gone = uint256(balance.withdrawn) + totals.spent + totals.held;
        uint256 free = Math.saturatingSub(balance.requestedOf, gone);
        uint128 asked = _endRequest(totals.owner);
        uint128 paid = _return(totals.owner, Math.min(asked, free));
        require(paid == asked || msg.sender == totals.owner, NotTheOwnerOf(totals.owner, msg.sender));
    }

    /// @inheritdoc IEscrow
    function claim(AccountTotals calldata totals, MerklePath calldata path) external nonReentrant {
        uint128 amount = _claim(totals, path);
        held -= amount;
        _pay(totals.owner, amount);
        emit Claimed(totals.owner, amount, _balances[totals.owner].claimed, false);
    }

    /// @inheritdoc IEscrow
    function claimToDeposit(AccountTotals calldata totals, MerklePath calldata path) external nonReentrant whileOpen {
        require(msg.sender == totals.owner, NotTheOwnerOf(totals.owner, msg.sender));
        uint128 amount = _claim(totals, path);
        uint128 deposited = _credit(totals.owner, amount);
        emit Claimed(totals.owner, amount, _balances[totals.owner].claimed, true);
        emit Deposited(totals.owner, address(this), amount, deposited);
    }

    /// @inheritdoc IEscrow
    function settle(Settlement calldata settlement, bytes32[] calldata absentees, G2Point calldata signature)
        external
        onlyOperator
        whileOpen
    {
        require(settlement.number == _last.number + 1, SettlementOutOfOrder(settlement.number, _last.number + 1));
        uint64 current = registry.currentEpoch();
        require(
            settlement.epoch == current || settlement.epoch + 1 == current, EpochNotServing(settlement.epoch, current)
        );
        require(
            settlement.chainBlock >= _last.chainBlock && settlement.chainBlock < block.number,
            BlockOutOfOrder(settlement.chainBlock, _last.chainBlock, uint64(block.number) - 1)
        );
        require(
            settlement.earned >= _last.earned && settlement.spent >= _last.spent,
            TotalsDecrease(settlement.earned, settlement.spent, _last.earned, _last.spent)
        );
        uint256 covered = uint256(settlement.spent) + compensated;
        require(settlement.earned <= covered, EarnedExceedsSpent(settlement.earned, covered));
        registry.requireSignedByCommittee(settlement.epoch, settlementDigest(settlement), absentees, signature);
        _last = settlement;
        settledAt = uint64(block.timestamp);
        if (settlement.receipts != 0) {
            _receipts[settlement.number] = settlement.receipts;
        }
        emit Settled(settlement.number, settlement.epoch, settlement);
    }

    /// @inheritdoc IEscrow
    function close() external whileOpen {
        uint256 closableAt = uint256(settledAt) + exitDelay;
        require(block.timestamp >= closableAt, TooEarly(closableAt));
        isClosed = true;
        emit EscrowClosed(_last.number);
    }

    /// @inheritdoc IEscrow
    function exit(AccountTotals calldata totals, MerklePath calldata path) external nonReentrant {
        require(isClosed, EscrowIsOpen());
        _requireSettled(totals, path);
        Balance storage balance = _balances[totals.owner];
        // What is on hold goes back: nobody will ever settle it.
        _return(totals.owner, Math.saturatingSub(balance.deposited, uint256(balance.withdrawn) + totals.spent));
    }

    /// @inheritdoc IEscrow
    function exitUnsettled(address account) external nonReentrant {
        require(isClosed, EscrowIsOpen());
        Balance storage balance = _balances[account];
        require(balance.firstBlock > _last.chainBlock, DepositCounted(balance.firstBlock, _last.chainBlock));
        _return(account, balance.deposited - balance.withdrawn);
    }

    /// @inheritdoc IEscrow
    function compensate(bytes32 harmedAccount, uint128 amount) external nonReentrant {
        require(msg.sender == address(registry), NotTheRegistry(msg.sender));
        compensated += amount;
        held += amount;
        _pull(msg.sender, amount);
        emit Compensated(harmedAccount, amount);
    }

    /// @inheritdoc IEscrow
    function proposeOperator(address next) external onlyOperator {
        proposedOperator = next;
        emit OperatorProposed(operator, next);
    }

    /// @inheritdoc IEscrow
    function acceptOperator() external {
        require(msg.sender == proposedOperator, NotTheProposed(msg.sender, proposedOperator));
        emit OperatorChanged(msg.sender, operator);
        operator = msg.sender;
        proposedOperator = address(0);
    }

    /// @inheritdoc IEscrow
    function balanceOf(address account) external view returns (Balance memory) {
        return _balances[account];
    }

    /// @inheritdoc IEscrow
    function lastSettlement() external view returns (Settlement memory) {
        return _last;
    }

    /// @inheritdoc IEscrow
    function receiptsOf(uint64 number) external view returns (bytes32) {
        return _receipts[number];
    }

    /// @inheritdoc IEscrow
    function settlementDigest(Settlement calldata settlement) public view returns (bytes32) {
        return Domain.digest(address(this), market, Settlements.hash(settlement));
    }

    function _requireSettled(AccountTotals calldata totals, MerklePath calldata path) private view {
        bytes32 root = path.rootOf(Settlements.hash(totals));
        require(root == _last.accounts, NotInSettlement(root, _last.accounts));
    }

    /// @dev Counts a deposit. The first gives the account its row in every settlement to come.
    function _credit(address account, uint128 amount) private returns (uint128 deposited) {
        Balance storage balance = _balances[account];
        if (balance.firstBlock == 0) {
            require(amount >= depositMin, DepositTooSmall(amount, depositMin));
            balance.firstBlock = uint64(block.number);
        }
        deposited = balance.deposited + amount;
        balance.deposited = deposited;
    }

    /// @dev Counts as claimed what an account has earned and not claimed; never more than all accounts together have earned.
    function _claim(AccountTotals calldata totals, MerklePath calldata path) private returns (uint128 amount) {
        _requireSettled(totals, path);
        Balance storage balance = _balances[totals.owner];
        uint256 owed = Math.saturatingSub(totals.earned, balance.claimed);
        amount = uint128(Math.min(Math.min(owed, _last.earned - claimed), held));
        require(amount > 0, NothingToPay(totals.owner));
        balance.claimed += amount;
        claimed += amount;
    }

    function _endRequest(address account) private returns (uint128 amount) {
        Balance storage balance = _balances[account];
        amount = balance.requested;
        require(amount > 0, NoRequest(account));
        balance.requested = 0;
        balance.requestedOf = 0;
        balance.requestedBlock = 0;
        balance.requestedAt = 0;
    }

    /// @dev Pays a deposit back. What others have earned comes first, should the books ever say more than there is.
    function _return(address account, uint256 amount) private returns (uint128 paid) {
        uint256 owed = _last.earned - claimed;
        paid = uint128(Math.min(amount, Math.saturatingSub(held, owed)));
        require(paid > 0, NothingToPay(account));
        Balance storage balance = _balances[account];
        balance.withdrawn += paid;
        held -= paid;
        _pay(account, paid);
        emit Withdrawn(account, paid, balance.withdrawn);
    }
}
