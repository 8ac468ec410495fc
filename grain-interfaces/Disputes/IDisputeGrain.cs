using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// What is known of a job that workers ran with different results: who signed what, what a jury found, and who lost what. Key: the
/// <see cref="JobId"/>.
/// </summary>
[Alias("IDisputeGrain")]
public interface IDisputeGrain : IGrainWithStringKey
{
    /// <summary>
    /// Keeps the evidence, once for the job: another case of it, of another market, changes nothing. Where enough is at stake it asks for a
    /// jury, until there is a verdict or its time is over. Durable when it returns.
    /// </summary>
    /// <returns>
    /// The votes' workers that no jury judges and that nothing at stake speaks for: against these it counts if they were outvoted. What the
    /// others gave is for a jury alone to find wrong.
    /// </returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>; <see cref="ErrorCode.MalformedRequest"/>: no two of the votes
    /// contradict each other, a worker is there twice, or a signature is not the worker's.</exception>
    [Effect(Effect.Deduplicated), Alias("Open")]
    Task<ImmutableArray<WorkerId>> Open(DisputeCase dispute, Authority by);

    /// <summary>
    /// Takes the jury's verdict, once, and slashes those that lost. Durable when it returns; what is not done then the reminder does.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>; <see cref="ErrorCode.DisputeNotFound"/>;
    /// <see cref="ErrorCode.MalformedRequest"/>: the jury is none, another one decided before, or the votes do not say what the verdict
    /// says.</exception>
    [Effect(Effect.Deduplicated), Alias("Decide")]
    Task Decide(JuryVerdict verdict, Authority by);

    /// <summary>
    /// Whether the result that ended the job is beyond doubt: no two workers gave different ones, or a jury found the one that counts
    /// right.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("IsBeyondDoubt")]
    Task<bool> IsBeyondDoubt();

    /// <summary>
    /// What of the losers' stakes the job's payer has got, or is sure to get; zero where there is no dispute. Null while that is open: a
    /// jury is asked, or losers are slashed still.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetRepaid")]
    Task<TokenAmount?> GetRepaid();

    /// <summary>
    /// The evidence as it is now, signed by the market: a <c>.dispute.json</c> by receipts/DISPUTE.md. While a jury is asked it tells
    /// neither results nor signatures of workers: a juror may read it too.
    /// </summary>
    /// <param name="caller">Any key with <see cref="Scopes.Read"/>: it names hashes, and no bytes of the buyer's.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>; <see cref="ErrorCode.DisputeNotFound"/>.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetFile")]
    Task<ReadOnlyMemory<byte>> GetFile(Caller caller);
}

/// <param name="Ticket">The job.</param>
/// <param name="Root">Where its runs began; null: the program keeps no state.</param>
/// <param name="Votes">What all seats gave, in the order in which they told it.</param>
/// <param name="Accepted">The execution on which they agreed; null: they did not.</param>
[GenerateSerializer, Immutable, Alias("DisputeCase")]
public sealed record DisputeCase(
    [property: Id(0)] JobTicket Ticket,
    [property: Id(1)] StateRoot? Root,
    [property: Id(2)] ImmutableArray<CastVote> Votes,
    [property: Id(3)] Bytes32? Accepted
);

/// <summary>What one worker gave.</summary>
/// <param name="Worker">Its key.</param>
/// <param name="PayTo">Which account earns.</param>
/// <param name="Price">What it is paid per million fuel.</param>
/// <param name="Execution">The hash that it signed.</param>
/// <param name="Result">What came of its run; null where an earlier vote has the same execution.</param>
/// <param name="Signed">The signature.</param>
[GenerateSerializer, Immutable, Alias("CastVote")]
public sealed record CastVote(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AccountId PayTo,
    [property: Id(2)] TokenAmount Price,
    [property: Id(3)] Bytes32 Execution,
    [property: Id(4)] CastResult? Result,
    [property: Id(5)] RunSignature Signed
);

/// <summary>The result of a run, beside what its worker's signature says of it.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="ExitCode">0 where the program did not fail by exiting.</param>
/// <param name="FuelUsed">At most the job's limit.</param>
/// <param name="Output">The hash of the output's bytes; null where the run did not complete.</param>
/// <param name="Files">What stood beside it, ascending by name.</param>
/// <param name="Writes">The digest of the changes of state; zero: there are none.</param>
[GenerateSerializer, Immutable, Alias("CastResult")]
public sealed record CastResult(
    [property: Id(0)] RunOutcome Outcome,
    [property: Id(1)] int ExitCode,
    [property: Id(2)] long FuelUsed,
    [property: Id(3)] BlobId? Output,
    [property: Id(4)] ImmutableArray<OutputFile> Files,
    [property: Id(5)] Bytes32 Writes
);

/// <param name="Jurors">What they gave, in the order in which they told it.</param>
/// <param name="WhyNone">Why there is no verdict, in words for people; null: a result leads each other by the trial's lead.</param>
[GenerateSerializer, Immutable, Alias("JuryVerdict")]
public sealed record JuryVerdict([property: Id(0)] ImmutableArray<CastVote> Jurors, [property: Id(1)] string? WhyNone);

/// <summary>What a jury is asked: to run a job of which several results are known, without knowing them.</summary>
/// <param name="Ticket">The job.</param>
/// <param name="Root">Where its runs begin; null: the program keeps no state.</param>
/// <param name="Results">The executions of which one may be right; jurors may give another one.</param>
/// <param name="Voters">Workers that are no jurors.</param>
/// <param name="Owners">Accounts whose workers are none.</param>
/// <param name="SeatPriceMax">The most that one juror's run may cost.</param>
/// <param name="Lead">A result that leads each other by so many votes ends the trial.</param>
/// <param name="SeatsMax">So does this number of votes.</param>
[GenerateSerializer, Immutable, Alias("Trial")]
public sealed record Trial(
    [property: Id(0)] JobTicket Ticket,
    [property: Id(1)] StateRoot? Root,
    [property: Id(2)] ImmutableArray<Bytes32> Results,
    [property: Id(3)] ImmutableArray<WorkerId> Voters,
    [property: Id(4)] ImmutableArray<AccountId> Owners,
    [property: Id(5)] TokenAmount SeatPriceMax,
    [property: Id(6)] int Lead,
    [property: Id(7)] int SeatsMax
);
