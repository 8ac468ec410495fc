using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Whether the money of all accounts adds up, as this silo has last found. Not a grain: nothing of it travels between silos. Thread-safe.
/// </summary>
public interface IBookCheck
{
    BookStatus Status { get; }

    /// <summary>Has a check made in the background that begins after the call: one under way may have read too much already.</summary>
    void Begin();
}

/// <param name="IsRunning">A check is under way, or waits for the end of another one.</param>
/// <param name="Last">The last one that came to an end; null before the first has.</param>
/// <param name="EndedAt">When it did, or failed.</param>
/// <param name="Failure">Why the newest check came to no result; null where it did.</param>
public sealed record BookStatus(bool IsRunning, BookReport? Last, DateTimeOffset? EndedAt, string? Failure);

/// <summary>
/// The sums of a check. What was credited, and is owed, is available, held, under way, withdrawn or to be claimed on a chain: else
/// <see cref="Violations"/> says what was seen and what was expected.
/// </summary>
public sealed record BookReport
{
    /// <summary>Of broken books: enough to see what is wrong.</summary>
    public const int ViolationsMax = 20;

    public required int Accounts { get; init; }

    /// <summary>Accounts that were read once more, because money moved meanwhile.</summary>
    public required int ReadAgain { get; init; }

    /// <summary>All that came in from outside.</summary>
    public required TokenAmount Credited { get; init; }

    /// <summary>All that went out.</summary>
    public required TokenAmount Withdrawn { get; init; }

    /// <summary>What accounts owe for credits that were taken back.</summary>
    public required TokenAmount Debt { get; init; }

    public required TokenAmount Available { get; init; }
    public required TokenAmount Held { get; init; }
    public required TokenAmount UnderWay { get; init; }

    /// <summary>All that was earned to be claimed on the chain; nothing where the market does not settle there.</summary>
    public required TokenAmount Claimable { get; init; }
    public required int ViolationCount { get; init; }

    /// <summary>The first ones.</summary>
    public required ImmutableArray<string> Violations { get; init; }
}
