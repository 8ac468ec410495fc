using System.Text.Json.Serialization;

namespace Marketplace.Api;

/// <summary>An account's money.</summary>
/// <param name="Id">The account.</param>
/// <param name="Available">Can be held for new jobs.</param>
/// <param name="Held">Held for open jobs.</param>
/// <param name="UnderWay">Charged, not yet arrived at the payee.</param>
/// <param name="Earned">Received from other accounts in all.</param>
/// <param name="Spent">Charged in all.</param>
/// <param name="OpenJobs">Jobs with a hold.</param>
public sealed record Account(
    AccountId Id, TokenAmount Available, TokenAmount Held, TokenAmount UnderWay, TokenAmount Earned, TokenAmount Spent, int OpenJobs);

/// <summary>What an API key allows.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Scope>))]
public enum Scope
{
    Read = 1,
    Submit = 2,
    Deploy = 4,
    Admin = 8,
}

/// <summary>The body of <c>POST /v1/keys</c>.</summary>
public sealed record KeyRequest(string Name, IReadOnlyList<Scope> Scopes, TokenAmount? SpendLimit = null);

/// <summary>A new key. <paramref name="Key"/> is the secret; it is shown only here.</summary>
public sealed record CreatedKey(string Key, AccessKey Details);

public sealed record AccessKey(
    string Id, string Name, IReadOnlyList<Scope> Scopes, TokenAmount? SpendLimit, TokenAmount Spent, DateTimeOffset CreatedAt,
    DateTimeOffset? RevokedAt);

/// <summary>The market at a glance.</summary>
public sealed record MarketStatus(
    int QueuedJobs, int RunningJobs, int Workers, int Slots, TokenAmount? LowestPricePerMillionFuel, long ReadModelLag);

/// <summary>The answer of the health routes.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>starting</c>, <c>stopping</c> or <c>failed</c>.</param>
/// <param name="Version">The silo's version.</param>
/// <param name="Reason">Why it is not ready.</param>
public sealed record Health(string Status, string Version, string? Reason);

/// <summary>A single-use ticket for <c>GET /v1/events?ticket=…</c>, for clients that cannot send a header.</summary>
public sealed record EventTicket(string Ticket, DateTimeOffset ExpiresAt);
