// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G2Point} from "./Bls12381.sol";
import {MerklePath} from "./MerklePaths.sol";
import {AccountTotals, Settlement} from "./Settlements.sol";

/// @notice What a market chooses when it creates its contracts, for ever.
/// @param epochLength How long an epoch of the committee lasts, in seconds.
/// @param unbondingDelay How long a stake that was taken back can still be slashed, in seconds.
/// @param withdrawalDelay How long a withdrawal of a deposit waits at least, in seconds.
/// @param exitDelay After how long without a settlement the escrow can be closed, in seconds.
/// @param stakeMin The least stake of a member, in base units of the token.
/// @param committeeMin The fewest members of a committee that can settle.
struct Terms {
    uint64 epochLength;
    uint64 unbondingDelay;
    uint64 withdrawalDelay;
    uint64 exitDelay;
    uint128 stakeMin;
    uint64 committeeMin;
}

/// @notice What the escrow knows of an account.
/// @param deposited All that was ever deposited.
/// @param withdrawn What of the deposits went back.
/// @param claimed What of the earnings was paid out.
/// @param requested What the open request asks for; 0: there is none.
/// @param requestedOf What was deposited when it was made: later deposits are not counted into it.
/// @param requestedBlock Its block. A settlement that has counted this block has counted the request.
/// @param requestedAt Its moment, in seconds since 1970.
/// @param firstBlock The block of the first deposit.
struct Balance {
    uint128 deposited;
    uint128 withdrawn;
    uint128 claimed;
    uint128 requested;
    uint128 requestedOf;
    uint64 requestedBlock;
    uint64 requestedAt;
    uint64 firstBlock;
}

/// @title Deposits, settlements and payments of a market
/// @notice An account is an address here. Its books are kept by the market and come to the chain as settlements: a Merkle root over
/// what each account has earned and spent since the first one. A settlement takes both the market's operator, who sends it, and members
/// with over two thirds of the committee's weight, who sign it. What was earned can be claimed as soon as it is settled;
/// what was deposited and not spent can be withdrawn after a delay; and if settlements stop, everybody closes the escrow and leaves
/// by the last one. Nobody can stop, upgrade or seize anything.
interface IEscrow {
    event Deposited(address indexed account, address indexed payer, uint128 amount, uint128 deposited);
    event WithdrawalRequested(address indexed account, uint128 amount, uint64 payableAt);
    event WithdrawalCancelled(address indexed account, uint128 amount);
    event Withdrawn(address indexed account, uint128 amount, uint128 withdrawn);
    event Claimed(address indexed account, uint128 amount, uint128 claimed, bool isDeposited);
    event Settled(uint64 indexed number, uint64 indexed epoch, Settlement settlement);
    event Compensated(bytes32 indexed harmedAccount, uint128 amount);
    event OperatorProposed(address indexed operator, address indexed proposed);
    event OperatorChanged(address indexed operator, address indexed previous);
    event EscrowClosed(uint64 lastNumber);

    error TermsInvalid(string reason);
    error AmountZero();
    error DepositTooSmall(uint128 amount, uint128 least);
    error NotTheOperator(address caller, address operator);
    error NotTheProposed(address caller, address proposed);
    error NotTheRegistry(address caller);
    error NotTheOwnerOf(address account, address caller);
    error EscrowIsClosed();
    error EscrowIsOpen();
    error SettlementOutOfOrder(uint64 number, uint64 expected);
    error EpochNotServing(uint64 epoch, uint64 current);
    error BlockOutOfOrder(uint64 chainBlock, uint64 least, uint64 most);
    error TotalsDecrease(uint128 earned, uint128 spent, uint128 lastEarned, uint128 lastSpent);
    error EarnedExceedsSpent(uint128 earned, uint256 covered);
    error NotInSettlement(bytes32 root, bytes32 settled);
    error NothingToPay(address account);
    error NoRequest(address account);
    error RequestOpen(address account, uint128 amount);
    error RequestTooLarge(uint128 amount, uint128 most);
    error TooEarly(uint256 payableAt);
    error RequestNotCounted(uint64 requestedBlock, uint64 settledBlock);
    error DepositCounted(uint64 firstBlock, uint64 settledBlock);

    /// @notice Deposits for an account, whose owner alone can withdraw it. Anybody may pay.
    /// @param amount More than 0, in base units, and the account's first at least `depositMin`; the caller has allowed this contract to take it.
    function deposit(address account, uint128 amount) external;

    /// @notice Asks for a part of the caller's deposits back. There is at most one open request.
    function requestWithdrawal(uint128 amount) external;

    function cancelWithdrawal() external;

    /// @notice Pays the account's request, as far as its deposits were neither spent nor held by the market at the last settlement. The account is
    /// paid, and its request ends. Anybody may call it where all is paid; where it is a part, only the owner, who may rather wait.
    /// @param totals What the last settlement says of the account.
    /// @param path From it to the settlement's root.
    function withdraw(AccountTotals calldata totals, MerklePath calldata path) external;

    /// @notice Pays what the account has earned and not claimed yet. Anybody may call it; the account is paid.
    /// @param totals What the last settlement says of the account.
    /// @param path From it to the settlement's root.
    function claim(AccountTotals calldata totals, MerklePath calldata path) external;

    /// @notice Turns what the caller has earned and not claimed yet into a deposit: its first is at least `depositMin`.
    function claimToDeposit(AccountTotals calldata totals, MerklePath calldata path) external;

    /// @notice Settles, once per number. Only for the operator.
    /// @param settlement What the committee has signed.
    /// @param absentees The ids of the members that have not signed, ascending.
    /// @param signature The sum of the signatures of all others.
    function settle(Settlement calldata settlement, bytes32[] calldata absentees, G2Point calldata signature) external;

    /// @notice Ends settlements and deposits for ever, once there was no settlement for `exitDelay`. Anybody may.
    function close() external;

    /// @notice Pays all that the account had deposited and not spent by the last settlement; only after `close`. Anybody may
    /// call it; the account is paid.
    function exit(AccountTotals calldata totals, MerklePath calldata path) external;

    /// @notice The same for an account that deposited after the last settlement was made, and so is not in it.
    function exitUnsettled(address account) external;

    /// @notice Takes what was slashed. Only for the registry.
    /// @param harmedAccount The market's account that the evidence names as harmed; 0: all. Who lies can make evidence that names a
    /// friend, so a market credits it with what it lost at most, and all with the rest.
    function compensate(bytes32 harmedAccount, uint128 amount) external;

    /// @notice Names the next operator, who takes over with `acceptOperator`. Only for the operator.
    function proposeOperator(address next) external;

    function acceptOperator() external;

    /// @notice The market's Ed25519 public key.
    function market() external view returns (bytes32);

    /// @notice The least first deposit of an account, in base units: `stakeMin` / 1,000, rounded down. Later ones may be smaller.
    function depositMin() external view returns (uint128);

    function balanceOf(address account) external view returns (Balance memory);

    /// @notice The last settlement; its number is 0 before the first.
    function lastSettlement() external view returns (Settlement memory);

    /// @notice The root over the receipts of a settlement; zero: it has none, or there was no such settlement.
    function receiptsOf(uint64 number) external view returns (bytes32);

    /// @return What the committee signs of a settlement.
    function settlementDigest(Settlement calldata settlement) external view returns (bytes32);
}
