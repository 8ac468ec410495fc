using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What happened to an account. <see cref="AccountState"/> is the only reader; <see cref="AccountEventCodec"/> gives the stored form.
/// </summary>
internal abstract record AccountEvent;

/// <summary>
/// The first event of every account of a market that settles on a chain: what the account earns is claimed there, and never becomes
/// available here.
/// </summary>
internal sealed record EarningsGoToChain : AccountEvent;

/// <summary>Money came in from outside.</summary>
/// <param name="Operation">Its id.</param>
/// <param name="Amount">How much.</param>
/// <param name="At">The operation's moment; null: its id is remembered for ever.</param>
/// <param name="Noted">When the account heard of it; null with <paramref name="At"/>.</param>
internal sealed record Credited(string Operation, TokenAmount Amount, DateTimeOffset? At, DateTimeOffset? Noted) : AccountEvent;

/// <summary>Money went out.</summary>
internal sealed record Debited(string Operation, TokenAmount Amount, DateTimeOffset At, DateTimeOffset Noted) : AccountEvent;

/// <summary>A credit is taken back; where it has not come yet, it never will.</summary>
internal sealed record CreditReversed(string Operation, TokenAmount Amount, DateTimeOffset At, DateTimeOffset Noted) : AccountEvent;

/// <summary>What the chain holds of a liar's stake is to be claimed there by the account.</summary>
internal sealed record Compensated(string Operation, TokenAmount Amount, DateTimeOffset At, DateTimeOffset Noted) : AccountEvent;

/// <summary>A compensation was taken back: the chain has lost it.</summary>
internal sealed record CompensationReversed(string Operation, TokenAmount Amount, DateTimeOffset At, DateTimeOffset Noted) : AccountEvent;

/// <summary>A hold that is not for a job.</summary>
internal sealed record FundsSetAside(HoldId Hold, string KeyId, TokenAmount Amount, DateTimeOffset At) : AccountEvent;

/// <summary>A hold of any purpose that was released, with what it cost, and the transfers that carry the shares to the payees.</summary>
internal sealed record Divided(
    HoldId Hold,
    TokenAmount Charge,
    ImmutableArray<OutgoingCharge> Transfers,
    TokenAmount ToSelf,
    TokenAmount ToOutside
) : AccountEvent;

/// <summary>A part of a hold was paid; the hold stays, with what is left.</summary>
/// <param name="Hold">Whose.</param>
/// <param name="Number">Counts the parts of the hold: 1, 2, 3 …</param>
/// <param name="Charge">How much.</param>
/// <param name="Transfers">They carry it to the payees.</param>
/// <param name="ToSelf">What of it is the account's own.</param>
internal sealed record HoldCharged(
    HoldId Hold,
    int Number,
    TokenAmount Charge,
    ImmutableArray<OutgoingCharge> Transfers,
    TokenAmount ToSelf
) : AccountEvent;

/// <summary>Holds for new jobs under one key.</summary>
internal sealed record Held(DateTimeOffset At, string KeyId, ImmutableArray<HoldItem> Items) : AccountEvent;

/// <summary>Jobs that were held already were asked to be held again: the hold is valid for submissions of this moment as well.</summary>
internal sealed record HoldsRenewed(DateTimeOffset At, ImmutableArray<JobId> Jobs) : AccountEvent;

/// <summary>Holds that were released, with what each job cost, and the transfers that carry the charges to the payees.</summary>
internal sealed record Settled(ImmutableArray<SettledJob> Jobs, ImmutableArray<OutgoingCharge> Transfers, TokenAmount ToSelf)
    : AccountEvent;

internal readonly record struct SettledJob(JobId Job, TokenAmount Charge);

/// <summary>Adds to the transfer of this sequence; a transfer grows until it is first sent.</summary>
internal readonly record struct OutgoingCharge(AccountId Payee, long Sequence, TokenAmount Amount);

/// <summary>The payee has all transfers up to this sequence.</summary>
internal sealed record Delivered(AccountId Payee, long Sequence) : AccountEvent;

/// <summary>
/// A new activation goes on with the transfers that it found. The event changes no money; what counts is the append itself: after it an
/// older activation can append nothing, so it cannot add to a transfer that this one is about to send.
/// </summary>
internal sealed record Resumed : AccountEvent;

/// <summary>A transfer came in.</summary>
internal sealed record Received(AccountId Payer, long Sequence, TokenAmount Amount) : AccountEvent;

/// <summary>An order of the account's own: the money leaves by the transfer of this sequence.</summary>
internal sealed record Transferred(
    string Request,
    string KeyId,
    AccountId To,
    long Sequence,
    TokenAmount Amount,
    DateTimeOffset At,
    DateTimeOffset Noted
) : AccountEvent;

internal sealed record KeyCreated(string Id, string Name, Scopes Scopes, TokenAmount? SpendLimit, DateTimeOffset At) : AccountEvent
{
    /// <summary>The moment of the challenge that the account's owner signed for it; null where another key or the silo asked.</summary>
    public DateTimeOffset? Challenge { get; init; }
}

/// <summary>Which workers and owners get no jobs of the account from here on.</summary>
internal sealed record RefusalsSet(RefusalList Refusals) : AccountEvent;

internal sealed record KeyRevoked(string Id, DateTimeOffset At) : AccountEvent;

/// <summary>What the account kept, as builds before <see cref="StorageQuotaGrain"/> wrote it. Read for ever, never written.</summary>
internal sealed record StorageChanged(StorageEvent Change) : AccountEvent;
