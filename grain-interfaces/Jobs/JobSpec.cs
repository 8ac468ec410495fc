using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>What a client wants run, and what it pays at most.</summary>
/// <param name="Program">A deployed program.</param>
/// <param name="EntryPoint">The export to call; null: the program's only one.</param>
/// <param name="Input">The input inline, at most <see cref="MarketLimits.InlineBytesMax"/> bytes; empty when <paramref name="InputBlob"/>
/// is set.</param>
/// <param name="InputBlob">The input as a blob of the account.</param>
/// <param name="Arguments">Arguments of a WASI command.</param>
/// <param name="FuelMax">Instructions that the run may use.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that the run may use.</param>
/// <param name="TimeMax">Wall time of the run.</param>
/// <param name="PriceMax">Base units that the job may cost in all; held from submission to settlement.</param>
/// <param name="RetriesMax">How often a worker's failure is followed by another attempt.</param>
/// <param name="ExpiresAfter">How long the job may wait for a worker.</param>
/// <param name="Files">Blobs that the program finds under <c>/in</c>, ascending by name; default is none.</param>
/// <param name="Environment">What the program finds in its environment, ascending by name; default is nothing.</param>
/// <param name="Needs">What the worker must be, beside price and memory; null: any will do.</param>
/// <param name="Priority">It pays so many times what the worker asks, and its account's turn moves on by the same part of its fuel; 0 is
/// 1.</param>
/// <param name="Auction">How long workers may bid for it; zero: it is matched by posted prices.</param>
/// <param name="Group">Jobs of the account that it does not run beside; null: it runs beside any.</param>
/// <param name="Assurance">How sure the client wants to be of the result; the default is none: one worker's word.</param>
/// <param name="Reuse">The job may be answered from the receipt of an earlier one, and later ones from its own.</param>
[GenerateSerializer, Immutable, Alias("JobSpec")]
public sealed record JobSpec(
    [property: Id(0)] ProgramId Program,
    [property: Id(1)] string? EntryPoint,
    [property: Id(2)] ReadOnlyMemory<byte> Input,
    [property: Id(3)] BlobId? InputBlob,
    [property: Id(4)] ImmutableArray<string> Arguments,
    [property: Id(5)] long FuelMax,
    [property: Id(6)] int MemoryPagesMax,
    [property: Id(7)] TimeSpan TimeMax,
    [property: Id(8)] TokenAmount PriceMax,
    [property: Id(9)] int RetriesMax,
    [property: Id(10)] TimeSpan ExpiresAfter,
    [property: Id(11)] ImmutableArray<InputFile> Files = default,
    [property: Id(12)] ImmutableArray<EnvironmentVariable> Environment = default,
    [property: Id(13)] JobNeeds? Needs = null,
    [property: Id(14)] int Priority = 0,
    [property: Id(15)] TimeSpan Auction = default,
    [property: Id(16)] JobGroupTerms? Group = null,
    [property: Id(17)] Assurance Assurance = default,
    [property: Id(18)] bool Reuse = false
);

/// <summary>Jobs of one account with the same terms do not run at the same time on one worker, or on workers of one owner.</summary>
/// <param name="Name">The account's own name of it.</param>
/// <param name="Spread">What two of its jobs do not share.</param>
[GenerateSerializer, Immutable, Alias("JobGroupTerms")]
public sealed record JobGroupTerms([property: Id(0)] string Name, [property: Id(1)] GroupSpread Spread);

/// <summary>What a job needs of its worker, and which workers it does not go to.</summary>
/// <param name="Labels">Labels that the worker must have, ascending; default is none.</param>
/// <param name="ReputationMin">The least reputation, in thousandths; 0: any.</param>
/// <param name="StakeMin">What the worker must have at stake; zero: nothing.</param>
/// <param name="RefusedWorkers">Workers that do not get the job, ascending; default is none.</param>
/// <param name="RefusedOwners">Accounts whose workers do not get the job, ascending; default is none.</param>
/// <param name="AllowsNewcomers">It may go to a worker that has no reputation yet, although others are cheaper.</param>
[GenerateSerializer, Immutable, Alias("JobNeeds")]
public sealed record JobNeeds(
    [property: Id(0)] ImmutableArray<string> Labels = default,
    [property: Id(1)] int ReputationMin = 0,
    [property: Id(2)] TokenAmount StakeMin = default,
    [property: Id(3)] ImmutableArray<WorkerId> RefusedWorkers = default,
    [property: Id(4)] ImmutableArray<AccountId> RefusedOwners = default,
    [property: Id(5)] bool AllowsNewcomers = false
)
{
    /// <summary>Whether nothing is needed and no worker refused: then it is as no needs.</summary>
    public bool IsEmpty =>
        Labels.IsDefaultOrEmpty
        && ReputationMin == 0
        && StakeMin.IsZero
        && RefusedWorkers.IsDefaultOrEmpty
        && RefusedOwners.IsDefaultOrEmpty
        && !AllowsNewcomers;
}
