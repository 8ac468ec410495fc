using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Which workers of other machines asked to be let in, and what the operator has decided of each. Requests are bounded, because strangers
/// make them; decisions are the operator's. Key: <see cref="MarketLimits.AdmissionsKey"/>.
/// </summary>
[Alias("IAdmissionGrain")]
public interface IAdmissionGrain : IGrainWithStringKey
{
    /// <summary>What the operator has decided last; null: nothing.</summary>
    [Effect(Effect.None), Alias("FindDecision")]
    Task<AdmissionDecision?> FindDecision(WorkerId worker);

    /// <summary>
    /// A worker that has proved its key asks to be let in. A request that is repeated within a minute is the same one. Nothing happens
    /// where the operator has decided.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: as many requests wait as are kept, of its address or in
    /// all, or the offer breaks a rule; <see cref="ErrorCode.MalformedRequest"/>: likewise.</exception>
    [Effect(Effect.Idempotent), Alias("Ask")]
    Task Ask(AdmissionRequest request, Authority by);

    /// <summary>Requests that wait, those that came first before the others; or decided ones, the newest first.</summary>
    /// <param name="caller">A key with <see cref="Scopes.Admin"/>.</param>
    /// <param name="state">Which.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.None), Alias("List")]
    Task<ImmutableArray<AdmissionView>> List(Caller caller, AdmissionState state);

    /// <summary>
    /// The operator lets a worker in or refuses it, once per request id of the worker; a later decision takes the place of the one before.
    /// The worker need not have asked.
    /// </summary>
    /// <param name="caller">A key with <see cref="Scopes.Admin"/>.</param>
    /// <param name="worker">Which.</param>
    /// <param name="order">How, and why.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.RequestIdReused"/>,
    /// <see cref="ErrorCode.LimitExceeded"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("Decide")]
    Task<AdmissionView> Decide(Caller caller, WorkerId worker, AdmissionOrder order);

    /// <summary>The workers that are refused, for those who end their connections.</summary>
    /// <param name="known">The revision that the caller has; 0: none.</param>
    /// <returns>Null where nothing was decided since.</returns>
    [Effect(Effect.None), Alias("FindRefused")]
    Task<RefusedWorkers?> FindRefused(long known);
}

/// <summary>Where a worker stands with the operator.</summary>
public enum AdmissionState
{
    /// <summary>It has asked, and the operator has not decided.</summary>
    Waiting = 0,

    /// <summary>It is let in.</summary>
    Admitted = 1,

    /// <summary>It is not let in, whatever else would let it in.</summary>
    Refused = 2,
}

/// <summary>What a worker that is not let in says of itself.</summary>
/// <param name="Offer">What it would ask.</param>
/// <param name="Address">Where it comes from, in words.</param>
[GenerateSerializer, Immutable, Alias("AdmissionRequest")]
public sealed record AdmissionRequest([property: Id(0)] WorkerOffer Offer, [property: Id(1)] string Address);

/// <summary>What the operator wants.</summary>
/// <param name="RequestId">The same again, for the same worker, is the same decision.</param>
/// <param name="Admitted">Whether it is let in.</param>
/// <param name="Reason">Why: the worker hears it where it is refused.</param>
[GenerateSerializer, Immutable, Alias("AdmissionOrder")]
public sealed record AdmissionOrder([property: Id(0)] string RequestId, [property: Id(1)] bool Admitted, [property: Id(2)] string Reason);

/// <summary>What the operator has decided.</summary>
/// <param name="Order">What it wanted.</param>
/// <param name="At">When.</param>
/// <param name="By">The account of the key that decided.</param>
[GenerateSerializer, Immutable, Alias("AdmissionDecision")]
public sealed record AdmissionDecision(
    [property: Id(0)] AdmissionOrder Order,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] AccountId By
);

/// <summary>What is kept of a request: the newest of what the worker said.</summary>
/// <param name="Worker">Whose.</param>
/// <param name="PayTo">Which account would earn.</param>
/// <param name="PricePerMillionFuel">What it would ask.</param>
/// <param name="Slots">Jobs that it would run at a time.</param>
/// <param name="MemoryPagesMax">The largest guest memory that it would allow.</param>
/// <param name="Region">What it says of its region; null: nothing.</param>
/// <param name="HasCommitteeKey">Whether committees could draw it.</param>
/// <param name="Address">Where it came from last.</param>
/// <param name="FirstAt">When it asked first.</param>
/// <param name="LastAt">When it asked last, to the minute.</param>
/// <param name="Times">In how many minutes it asked.</param>
[GenerateSerializer, Immutable, Alias("AdmissionFacts")]
public sealed record AdmissionFacts(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AccountId PayTo,
    [property: Id(2)] TokenAmount PricePerMillionFuel,
    [property: Id(3)] int Slots,
    [property: Id(4)] int MemoryPagesMax,
    [property: Id(5)] string? Region,
    [property: Id(6)] bool HasCommitteeKey,
    [property: Id(7)] string Address,
    [property: Id(8)] DateTimeOffset FirstAt,
    [property: Id(9)] DateTimeOffset LastAt,
    [property: Id(10)] long Times
);

/// <param name="Worker">Which.</param>
/// <param name="Facts">What it asked, while it waits; else null.</param>
/// <param name="Decision">Null while it waits.</param>
[GenerateSerializer, Immutable, Alias("AdmissionView")]
public sealed record AdmissionView(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AdmissionFacts? Facts,
    [property: Id(2)] AdmissionDecision? Decision
);

/// <param name="Revision">Of the decisions that this is of.</param>
/// <param name="Workers">All that are refused.</param>
[GenerateSerializer, Immutable, Alias("RefusedWorkers")]
public sealed record RefusedWorkers([property: Id(0)] long Revision, [property: Id(1)] ImmutableArray<WorkerId> Workers);
