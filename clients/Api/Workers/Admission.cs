using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>A worker of another machine that asked to be let in, or of which the operator has decided.</summary>
/// <param name="Worker">Which.</param>
/// <param name="State">Where it stands.</param>
public sealed record Admission(WorkerId Worker, AdmissionState State)
{
    /// <summary>What it asks to do here, while it waits; absent: it is decided.</summary>
    public AdmissionOffer? Offer { get; init; }

    /// <summary>What the operator has decided last; absent: nothing.</summary>
    public AdmissionDecision? Decision { get; init; }
}

/// <summary>Where a worker stands with the operator.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AdmissionState>))]
public enum AdmissionState
{
    /// <summary>It has asked; the operator has not decided.</summary>
    Waiting = 0,

    /// <summary>It is let in.</summary>
    Admitted = 1,

    /// <summary>It is not let in, whatever else would let it in.</summary>
    Refused = 2,
}

/// <summary>What a worker that waits has said of itself, with its key; nobody has checked it.</summary>
/// <param name="PayTo">The account that would earn.</param>
/// <param name="PricePerMillionFuel">What it would ask, in base units.</param>
/// <param name="Slots">Jobs that it would run at a time.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that one job could have.</param>
/// <param name="Committee">Whether it has a key for committees: with enough at stake it could be drawn.</param>
/// <param name="Address">Where it came from last: an IPv4 address, or the network of an IPv6 address.</param>
/// <param name="FirstAt">When it asked first.</param>
/// <param name="LastAt">When it asked last, to the minute.</param>
/// <param name="Times">In how many minutes it asked.</param>
public sealed record AdmissionOffer(
    AccountId PayTo,
    TokenAmount PricePerMillionFuel,
    int Slots,
    int MemoryPagesMax,
    bool Committee,
    string Address,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    long Times
)
{
    /// <summary>What it says of its region; absent: nothing.</summary>
    public string? Region { get; init; }
}

/// <summary>What the operator has decided of a worker.</summary>
/// <param name="RequestId">The decision's own.</param>
/// <param name="Reason">Why. A worker that is refused hears it.</param>
/// <param name="At">When.</param>
/// <param name="By">The account of the key that decided.</param>
public sealed record AdmissionDecision(string RequestId, string Reason, DateTimeOffset At, AccountId By);

/// <summary>The body of <c>POST /v1/admissions/{worker}/decisions</c>.</summary>
/// <param name="RequestId">The operator's own: the same again, for the same worker, is the same decision.</param>
/// <param name="Admitted">Whether the worker is let in. False also takes an admission back: the worker is disconnected.</param>
/// <param name="Reason">Why, at most 500 bytes. A worker that is refused hears it.</param>
public sealed record AdmissionRequest(string RequestId, bool Admitted, string Reason);
