using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How far a dispute is; the numbers are stored. The words are those of receipts/DISPUTE.md.</summary>
internal enum DisputeStage
{
    Kept = 0,
    Open = 1,
    Undecided = 2,
    Decided = 3,
    Settled = 4,

    /// <summary>Open, and what is at stake is not frozen yet: no jury is asked.</summary>
    Opening = 5,
}

/// <summary>What is kept of a dispute.</summary>
/// <param name="Ticket">The job. Once no jury needs it, its input is only a hash.</param>
/// <param name="Root">Where its runs began.</param>
/// <param name="Results">By the execution with which they were signed, each once.</param>
/// <param name="Seats">What the job's seats gave; none has a result of its own.</param>
/// <param name="Accepted">The execution on which they agreed.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="OpenedAt">When.</param>
internal sealed record DisputeState(
    JobTicket Ticket,
    StateRoot? Root,
    ImmutableArray<KnownResult> Results,
    ImmutableArray<CastVote> Seats,
    Bytes32? Accepted,
    DisputeStage Stage,
    DateTimeOffset OpenedAt
)
{
    /// <summary>The kind of the documents and of their rows.</summary>
    public const string Kind = "dispute";

    /// <summary>Why there was no jury, or no verdict; else empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What jurors gave; none has a result of its own.</summary>
    public ImmutableArray<CastVote> Jurors { get; init; } = [];

    /// <summary>The execution that the jury found right.</summary>
    public Bytes32? Verdict { get; init; }

    /// <summary>Null while it is open.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Those that lost, in the order in which they are slashed.</summary>
    public ImmutableArray<Loss> Losses { get; init; } = [];

    /// <summary>Those that were counted as wrong, and were right, as far as their reputations have not heard of it.</summary>
    public ImmutableArray<WorkerId> Uncleared { get; init; } = [];
}

/// <summary>A result, and the hash of the execution with it.</summary>
/// <param name="Execution">The hash.</param>
/// <param name="Result">What came of the run.</param>
/// <param name="Profile">The rules by which it was made.</param>
/// <param name="RootAfter">The root that its changes give; null: it changed nothing.</param>
internal sealed record KnownResult(Bytes32 Execution, CastResult Result, Bytes32 Profile, StateRoot? RootAfter);

/// <summary>What one worker loses.</summary>
/// <param name="Worker">Its key.</param>
/// <param name="Taken">What there was to take; null: it was not slashed yet.</param>
/// <param name="Paid">Who got it; the payer's part is the rest.</param>
internal sealed record Loss(WorkerId Worker, TokenAmount? Taken, ImmutableArray<PayeeAmount> Paid)
{
    public TokenAmount ToPayer => (Taken ?? TokenAmount.Zero) - Paid.Aggregate(TokenAmount.Zero, (sum, payee) => sum + payee.Amount);
}
