using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>An account's money.</summary>
/// <param name="Id">The account.</param>
/// <param name="Available">Can be held for new jobs.</param>
/// <param name="Held">Held for open jobs.</param>
/// <param name="UnderWay">Charged, not yet arrived at the payee.</param>
/// <param name="Earned">Received from other accounts in all.</param>
/// <param name="Spent">Charged in all.</param>
/// <param name="OpenJobs">Jobs with a hold.</param>
/// <param name="Debt">Owed for credits that were taken back after they were spent; what comes in pays it first. Absent: nothing.</param>
public sealed record Account(
    AccountId Id,
    TokenAmount Available,
    TokenAmount Held,
    TokenAmount UnderWay,
    TokenAmount Earned,
    TokenAmount Spent,
    int OpenJobs,
    TokenAmount? Debt = null
);

/// <summary>What an API key allows.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Scope>))]
public enum Scope
{
    /// <summary>Look at jobs, blobs, programs, the account and the market.</summary>
    Read = 1,

    /// <summary>Submit and cancel jobs, upload and remove blobs.</summary>
    Submit = 2,

    /// <summary>Deploy programs.</summary>
    Deploy = 4,

    /// <summary>Create, list and revoke keys.</summary>
    Admin = 8,
}

/// <summary>The body of <c>POST /v1/keys</c>.</summary>
/// <param name="Name">For people, at most 128 bytes.</param>
/// <param name="Scopes">What the key allows: no more than the key that creates it.</param>
/// <param name="SpendLimit">What jobs of the key may cost in all; left out: no limit but the account's balance.</param>
public sealed record KeyRequest(string Name, IReadOnlyList<Scope> Scopes, TokenAmount? SpendLimit = null);

/// <summary>A new key, with its secret, which is shown only here.</summary>
/// <param name="Key">What requests carry as <c>Authorization: Bearer KEY</c>: id and secret.</param>
/// <param name="Details">The key without its secret, as lists show it.</param>
public sealed record CreatedKey(string Key, AccessKey Details);

/// <summary>A key of the account, without its secret.</summary>
/// <param name="Id">Names the key; the first part of what requests carry.</param>
/// <param name="Name">For people.</param>
/// <param name="Scopes">What the key allows.</param>
/// <param name="SpendLimit">What jobs of the key may cost in all; absent: no limit but the account's balance.</param>
/// <param name="Spent">What counts against the spend limit.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="RevokedAt">Since when it is refused; absent: it is good.</param>
public sealed record AccessKey(
    string Id,
    string Name,
    IReadOnlyList<Scope> Scopes,
    TokenAmount? SpendLimit,
    TokenAmount Spent,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RevokedAt
);

/// <summary>The market at a glance.</summary>
/// <param name="QueuedJobs">Jobs that wait for a worker.</param>
/// <param name="RunningJobs">Jobs that a worker has.</param>
/// <param name="Workers">Workers with an offer.</param>
/// <param name="Slots">Jobs that all workers together can run at a time.</param>
/// <param name="LowestPricePerMillionFuel">The cheapest offer; absent while there is no worker.</param>
/// <param name="ReadModelLag">Writes that lists do not show yet.</param>
public sealed record MarketStatus(
    int QueuedJobs,
    int RunningJobs,
    int Workers,
    int Slots,
    TokenAmount? LowestPricePerMillionFuel,
    long ReadModelLag
);

/// <summary>The answer of the health routes.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>starting</c>, <c>stopping</c>, <c>failed</c> or <c>unavailable</c>.</param>
/// <param name="Version">The silo's version.</param>
/// <param name="Reason">Why it is not ready.</param>
public sealed record Health(string Status, string Version, string? Reason);

/// <summary>A single-use ticket for <c>GET /v1/events?ticket=…</c>, for clients that cannot send a header.</summary>
/// <param name="Ticket">Stands for the key, once.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record EventTicket(string Ticket, DateTimeOffset ExpiresAt);
