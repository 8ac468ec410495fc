using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Who pays or earns: balance, holds, keys, spend limits. Key: <see cref="AccountId"/>. Kept as an event log. At every moment, summed over
/// all accounts, balance + holds + transfers under way = credits from outside - what was taken out + debts. A debt is what an account owes
/// for a credit that was taken back after it had been spent. In a market that settles on a chain credits are deposits there, and what an
/// account earns is claimed there: it is added to the left side, and never becomes balance.
/// </summary>
[Alias("IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <exception cref="MarketException"><see cref="ErrorCode.AccountNotFound"/>.</exception>
    [Effect(Effect.None), Alias("Get")]
    Task<AccountView> Get();

    /// <summary>
    /// What the account has earned and spent since the market's beginning, for a settlement on a chain. All of it is durable when the
    /// call returns, as is all that was durable when it began. So claims of all accounts that are read before the spendings of all
    /// accounts are never more than those.
    /// </summary>
    /// <returns>Zeros for an account that was never opened.</returns>
    [Effect(Effect.None), Alias("GetTotals")]
    Task<LifetimeTotals> GetTotals(Authority by);

    /// <summary>Brings money in from outside, once per <paramref name="operation"/>; opens the account.</summary>
    /// <param name="operation">Its id.</param>
    /// <param name="amount">How much.</param>
    /// <param name="at">The operation's moment, the same in each repetition. The id is remembered for a month after it; an operation of
    /// an older moment is refused. Null: the id is remembered for ever, and few such are taken.</param>
    /// <param name="by">Who asks.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.RequestIdReused"/>; <see cref="ErrorCode.LimitExceeded"/>;
    /// <see cref="ErrorCode.Forbidden"/>: in a market that settles on a chain, one that is no deposit: by the silo, or without a
    /// moment.</exception>
    [Effect(Effect.Deduplicated), Alias("Credit")]
    Task Credit(string operation, TokenAmount amount, DateTimeOffset? at, Authority by);

    /// <summary>
    /// Brings money in as the operator does, once per <paramref name="operation"/>; opens the account. The ids are apart from those of
    /// <see cref="Credit"/>.
    /// </summary>
    /// <param name="caller">The operator's key, with <see cref="Scopes.Admin"/> and without a spend limit; its account is asked.</param>
    /// <param name="operation">Its id.</param>
    /// <param name="amount">How much, more than nothing.</param>
    /// <param name="at">When the operator first asked. Null: when the account hears of it; the id is then remembered for a month, and a
    /// later repetition is a new credit.</param>
    /// <exception cref="MarketException">See <see cref="Credit"/>; <see cref="ErrorCode.Forbidden"/>: the market settles on a
    /// chain.</exception>
    [Effect(Effect.Deduplicated), Alias("Grant")]
    Task<AccountView> Grant(Caller caller, string operation, TokenAmount amount, DateTimeOffset? at);

    /// <summary>
    /// Sends money to another account, once per request id of this account. The amount counts against the key's spend limit. It is under
    /// way from the return of this on, and arrives by itself. An account that was never opened nor paid is refused: a mistyped id would
    /// lock the money for ever.
    /// </summary>
    /// <param name="caller">The account's key that pays, with <see cref="Scopes.Transfer"/>.</param>
    /// <param name="order">What to send.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.RequestIdReused"/>, <see cref="ErrorCode.InsufficientFunds"/>,
    /// <see cref="ErrorCode.SpendLimitReached"/>, <see cref="ErrorCode.AccountNotFound"/>,
    /// <see cref="ErrorCode.LimitExceeded"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("Transfer")]
    Task<AccountView> Transfer(Caller caller, TransferOrder order);

    /// <summary>Takes money out of the marketplace, once per <paramref name="operation"/>, all or nothing.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.InsufficientFunds"/>; see <see cref="Credit"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("Debit")]
    Task Debit(string operation, TokenAmount amount, DateTimeOffset at, Authority by);

    /// <summary>
    /// Takes back a credit, named by its operation, amount and moment: a deposit that did not stay. What the account no longer has becomes
    /// its debt, and later income pays the debt first. A reversal that comes before its credit leaves the credit without effect.
    /// </summary>
    /// <exception cref="MarketException">See <see cref="Credit"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("ReverseCredit")]
    Task ReverseCredit(string operation, TokenAmount amount, DateTimeOffset at, Authority by);

    /// <summary>
    /// Gives the account what the chain holds for it of a liar's stake, once per <paramref name="operation"/>: it is claimed on the chain
    /// as what was earned is, and never spent here. Only in a market that settles on a chain.
    /// </summary>
    /// <exception cref="MarketException">See <see cref="Credit"/>; <see cref="ErrorCode.Forbidden"/>: it settles nowhere.</exception>
    [Effect(Effect.Deduplicated), Alias("Compensate")]
    Task Compensate(string operation, TokenAmount amount, DateTimeOffset at, Authority by);

    /// <summary>
    /// Takes back a compensation, named by its operation, amount and moment: the chain has lost it. One that comes before its compensation
    /// leaves that without effect.
    /// </summary>
    /// <exception cref="MarketException">See <see cref="Compensate"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("ReverseCompensation")]
    Task ReverseCompensation(string operation, TokenAmount amount, DateTimeOffset at, Authority by);

    /// <summary>
    /// Sets money aside for another purpose than a job, once per hold id: an id whose hold has ended is not held again. The hold counts
    /// against the key's spend limit and stays until <see cref="SettleShared"/>.
    /// </summary>
    /// <param name="caller">The account's key that pays, with <see cref="Scopes.Submit"/>.</param>
    /// <param name="hold">Its id and purpose.</param>
    /// <param name="amount">How much.</param>
    /// <param name="at">The hold's moment, the same in each repetition; see <see cref="Credit"/>.</param>
    [Effect(Effect.Deduplicated), Alias("SetAside")]
    Task<HoldOutcome> SetAside(Caller caller, HoldId hold, TokenAmount amount, DateTimeOffset at);

    /// <summary>
    /// Ends a hold of any purpose, once: each payee gets its share, the named account gets the remainder of the division, and what is not
    /// charged returns to the balance.
    /// </summary>
    [Effect(Effect.Deduplicated), Alias("SettleShared")]
    Task SettleShared(SharedSettlement settlement, Authority by);

    /// <summary>
    /// Pays a part of a stake's hold, once per number; what is left stays on hold. A hold that has ended, or is of another moment, pays
    /// nothing.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>; <see cref="ErrorCode.LimitExceeded"/>: too many payees, or
    /// none; <see cref="ErrorCode.MalformedRequest"/>: a hold for another purpose.</exception>
    [Effect(Effect.Deduplicated), Alias("ChargeHold")]
    Task ChargeHold(HoldCharge charge, Authority by);

    /// <summary>
    /// Holds the price limits of a batch in one durable write, in the items' order, as far as balance and spend limits reach. A job that
    /// has a hold gets no second one. A repetition that comes after the job was settled makes a new hold; no job stands on it, so it goes
    /// back whole.
    /// </summary>
    [Effect(Effect.Deduplicated), Alias("Hold")]
    Task<HoldResult> Hold(Caller caller, ImmutableArray<HoldItem> items);

    /// <summary>Applies how jobs ended, each once: releases the hold, moves the charge on its way to the payee.</summary>
    [Effect(Effect.Deduplicated), Alias("Settle")]
    Task Settle(ImmutableArray<JobSettlement> settlements, Authority by);

    /// <summary>Takes a transfer in. <paramref name="sequence"/> counts the transfers from one payer to this account: 1, 2, 3 …</summary>
    [Effect(Effect.Deduplicated), Alias("Receive")]
    Task Receive(AccountId payer, long sequence, TokenAmount amount, Authority by);

    /// <summary>Makes a key. The secret is in the answer and nowhere else.</summary>
    /// <param name="request">What the key allows.</param>
    /// <param name="caller">A key with <see cref="Scopes.Admin"/> and without a spend limit, which gives at most its own scopes; null:
    /// <paramref name="by"/> asks, as it does for an account's first key.</param>
    /// <param name="by">Who asks where no key does.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.TooManyKeys"/>, <see cref="ErrorCode.Forbidden"/>,
    /// <see cref="ErrorCode.Unauthenticated"/>.</exception>
    [Effect(Effect.NeverRetry), Alias("CreateKey")]
    Task<CreatedKey> CreateKey(KeyRequest request, Caller? caller, Authority by);

    /// <summary>
    /// Makes a key for the owner of the account's own key pair, once per challenge; opens the account. Not with <see cref="Scopes.Admin"/>.
    /// A challenge that is older than one that was used counts as used.
    /// </summary>
    /// <param name="proof">What the owner has signed.</param>
    /// <param name="mayBeFirst">Whether an account without keys may get its first.</param>
    /// <param name="by">The gateway: the signature is the right.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.ChallengeRefused"/>, <see cref="ErrorCode.SignatureRefused"/>,
    /// <see cref="ErrorCode.TooManyAccounts"/>; see <see cref="CreateKey"/>.</exception>
    [Effect(Effect.NeverRetry), Alias("Open")]
    Task<CreatedKey> Open(OwnerProof proof, bool mayBeFirst, Authority by);

    /// <summary>Refuses a caller whose key is not a valid key of this account with <see cref="Scopes.Admin"/> and no spend limit.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Unauthenticated"/>, <see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.None), Alias("RequireOperator")]
    Task RequireOperator(Caller caller);

    /// <summary>Which workers and owners get no jobs of the account.</summary>
    /// <param name="caller">A key of the account, with <see cref="Scopes.Read"/>.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.AccountNotFound"/>.</exception>
    [Effect(Effect.None), Alias("GetRefusals")]
    Task<RefusalList> GetRefusals(Caller caller);

    /// <summary>
    /// Sets them, all at once. Jobs that are submitted from now on have the list; those that are there keep the one that they have.
    /// </summary>
    /// <param name="caller">A key of the account, with <see cref="Scopes.Submit"/>.</param>
    /// <param name="refusals">At most <see cref="JobLimits.AccountRefusalsMax"/>, in any order.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>,
    /// <see cref="ErrorCode.AccountNotFound"/>.</exception>
    [Effect(Effect.Idempotent), Alias("SetRefusals")]
    Task<RefusalList> SetRefusals(Caller caller, RefusalList refusals);

    [Effect(Effect.None), Alias("ListKeys")]
    Task<ImmutableArray<KeyView>> ListKeys();

    /// <param name="keyId">The key that ends.</param>
    /// <param name="caller">A key with <see cref="Scopes.Admin"/>, also the one that ends; null: <paramref name="by"/> asks.</param>
    /// <param name="by">Who asks where no key does.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.KeyNotFound"/>, <see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.Idempotent), Alias("RevokeKey")]
    Task RevokeKey(string keyId, Caller? caller, Authority by);
}

/// <summary>One API key, found by its id: what the gateway asks for each request that it does not know yet. Key: the key's id.</summary>
[Alias("IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>Stores the key under its account, unless it was revoked already. Called by the account, which keeps the list.</summary>
    [Effect(Effect.Idempotent), Alias("Register")]
    Task Register(AccountId account, Scopes scopes, Bytes32 secretHash, Authority by);

    /// <summary>Ends the key for good: also one whose registration is still on its way.</summary>
    [Effect(Effect.Idempotent), Alias("Revoke")]
    Task Revoke(Authority by);

    /// <returns>Null where the key does not exist, is revoked, or <paramref name="secretHash"/> is not its own (compared in constant
    /// time).</returns>
    [Effect(Effect.None), Alias("Verify")]
    Task<Caller?> Verify(Bytes32 secretHash);
}

[GenerateSerializer, Immutable, Alias("HoldItem")]
public readonly record struct HoldItem([property: Id(0)] JobId Job, [property: Id(1)] TokenAmount Amount);

public enum HoldOutcome
{
    Held = 0,

    /// <summary>An earlier call holds for this job.</summary>
    AlreadyHeld = 1,
    InsufficientFunds = 2,
    SpendLimitReached = 3,
    TooManyOpenJobs = 4,

    /// <summary>An earlier call holds another amount for this job: its request id belongs to another spec.</summary>
    HeldDifferently = 5,

    /// <summary>The hold was there and has ended; nothing is held again.</summary>
    Ended = 6,

    /// <summary>The account has as many holds beside those for jobs as it may.</summary>
    TooManyHolds = 7,
}

/// <param name="HeldAt">The moment of the hold, which <see cref="JobSubmission.HeldAt"/> repeats.</param>
/// <param name="Outcomes">One per item, in order.</param>
/// <param name="Available">What is left to hold.</param>
/// <param name="Refusals">Which workers and owners get no jobs of the account; null: none, or the account does not know of such.</param>
[GenerateSerializer, Immutable, Alias("HoldResult")]
public sealed record HoldResult(
    [property: Id(0)] DateTimeOffset HeldAt,
    [property: Id(1)] ImmutableArray<HoldOutcome> Outcomes,
    [property: Id(2)] TokenAmount Available,
    [property: Id(3)] RefusalList? Refusals = null
);

/// <param name="Id">The account.</param>
/// <param name="Available">Balance that can be held.</param>
/// <param name="Held">Held for open jobs and set aside.</param>
/// <param name="UnderWay">Charged, not yet arrived at the payee.</param>
/// <param name="Earned">Received from other accounts in all.</param>
/// <param name="Spent">Charged in all.</param>
/// <param name="OpenJobs">Jobs with a hold.</param>
/// <param name="Debt">What is owed for credits that were taken back after they had been spent.</param>
/// <param name="Claimable">Of what was earned, what is claimed on the chain: all, where the market settles there, whether it was claimed
/// or not; else nothing.</param>
/// <param name="EarnsOnChain">The market settles there.</param>
[GenerateSerializer, Immutable, Alias("AccountView")]
public sealed record AccountView(
    [property: Id(0)] AccountId Id,
    [property: Id(1)] TokenAmount Available,
    [property: Id(2)] TokenAmount Held,
    [property: Id(3)] TokenAmount UnderWay,
    [property: Id(4)] TokenAmount Earned,
    [property: Id(5)] TokenAmount Spent,
    [property: Id(6)] int OpenJobs,
    [property: Id(7)] TokenAmount Debt = default,
    [property: Id(8)] TokenAmount Claimable = default,
    [property: Id(9)] bool EarnsOnChain = false
);

/// <summary>An account's part of a settlement on a chain; the first two are sums since the market's beginning.</summary>
/// <param name="Claimable">Earned to be claimed on the chain, what the account paid itself included.</param>
/// <param name="Spent">Paid to accounts, itself included; not what was taken out of the marketplace.</param>
/// <param name="Held">On hold at the moment, for any purpose.</param>
/// <param name="Available">Deposited and neither spent, held nor taken out.</param>
[GenerateSerializer, Immutable, Alias("LifetimeTotals")]
public sealed record LifetimeTotals(
    [property: Id(0)] TokenAmount Claimable,
    [property: Id(1)] TokenAmount Spent,
    [property: Id(2)] TokenAmount Held,
    [property: Id(3)] TokenAmount Available
);

/// <param name="Name">For people.</param>
/// <param name="Scopes">What the key allows.</param>
/// <param name="SpendLimit">What jobs under this key may cost in all; null: no limit but the balance.</param>
[GenerateSerializer, Immutable, Alias("KeyRequest")]
public sealed record KeyRequest([property: Id(0)] string Name, [property: Id(1)] Scopes Scopes, [property: Id(2)] TokenAmount? SpendLimit);

/// <summary>What the owner of an account's key pair signs to get an API key, and the signature.</summary>
/// <param name="Challenge">From this market.</param>
/// <param name="Signature">By the account's key, of the message of <c>AccountOpening</c>.</param>
/// <param name="Request">The key that is wanted.</param>
/// <param name="RevokeOthers">All other keys of the account end.</param>
[GenerateSerializer, Immutable, Alias("OwnerProof")]
public sealed record OwnerProof(
    [property: Id(0)] ImmutableArray<byte> Challenge,
    [property: Id(1)] ImmutableArray<byte> Signature,
    [property: Id(2)] KeyRequest Request,
    [property: Id(3)] bool RevokeOthers
);

/// <param name="RequestId">The client's own.</param>
/// <param name="To">Who gets the money.</param>
/// <param name="Amount">More than nothing.</param>
/// <param name="At">When the client first ordered it. Null: when the account hears of it; the id is then remembered for a month, and a
/// later repetition is a new transfer.</param>
[GenerateSerializer, Immutable, Alias("TransferOrder")]
public sealed record TransferOrder(
    [property: Id(0)] string RequestId,
    [property: Id(1)] AccountId To,
    [property: Id(2)] TokenAmount Amount,
    [property: Id(3)] DateTimeOffset? At
);

/// <param name="Key">The whole key, <c>id_secret</c>: shown once.</param>
/// <param name="View">The key as lists show it.</param>
[GenerateSerializer, Immutable, Alias("CreatedKey")]
public sealed record CreatedKey([property: Id(0)] string Key, [property: Id(1)] KeyView View);

[GenerateSerializer, Immutable, Alias("KeyView")]
public sealed record KeyView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] Scopes Scopes,
    [property: Id(3)] TokenAmount? SpendLimit,
    [property: Id(4)] TokenAmount Spent,
    [property: Id(5)] DateTimeOffset CreatedAt,
    [property: Id(6)] DateTimeOffset? RevokedAt
);
