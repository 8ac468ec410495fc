using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>What the last check of the books came to.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BooksState>))]
public enum BooksState
{
    /// <summary>None has come to an end since the service started.</summary>
    Unchecked = 0,

    /// <summary>The money of all accounts adds up.</summary>
    Sound = 1,

    /// <summary>It does not.</summary>
    Broken = 2,

    /// <summary>The check came to no result.</summary>
    Failed = 3,
}

/// <summary>Whether the money of all accounts adds up, as the asked silo has last checked.</summary>
/// <param name="State">What the last check came to.</param>
/// <param name="Checking">A check is under way.</param>
/// <param name="CheckedAt">When the last one ended; absent before the first has.</param>
/// <param name="Accounts">How many accounts it looked at; absent before the first has ended.</param>
/// <param name="Sums">What it found; absent before the first has ended.</param>
/// <param name="Violations">What is wrong, the first items of it; absent where nothing is.</param>
/// <param name="Reason">Why the last check came to no result; absent where it did.</param>
public sealed record CheckedBooks(
    BooksState State,
    bool Checking,
    DateTimeOffset? CheckedAt,
    int? Accounts,
    MoneySums? Sums,
    IReadOnlyList<string>? Violations,
    string? Reason
);

/// <summary>Sums over all accounts: credited and debt together are available, held, under way, withdrawn and claimable.</summary>
/// <param name="Credited">All that came in from outside.</param>
/// <param name="Withdrawn">All that went out.</param>
/// <param name="Debt">Owed for credits that were taken back after they had been spent.</param>
/// <param name="Available">Can be held for new jobs.</param>
/// <param name="Held">Held for open jobs and set aside.</param>
/// <param name="UnderWay">Charged, not yet arrived at the payee.</param>
/// <param name="Claimable">Earned to be claimed on the chain that the market settles on, claimed or not. Absent: nothing.</param>
public sealed record MoneySums(
    TokenAmount Credited,
    TokenAmount Withdrawn,
    TokenAmount Debt,
    TokenAmount Available,
    TokenAmount Held,
    TokenAmount UnderWay,
    TokenAmount? Claimable = null
);
