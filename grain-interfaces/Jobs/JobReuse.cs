using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>The receipt that a job was answered from, and who is paid for that.</summary>
/// <param name="Job">The earlier job.</param>
/// <param name="Receipt">The hash of its receipt.</param>
/// <param name="Percent">How much of the earlier price is paid.</param>
/// <param name="Price">The earlier price.</param>
/// <param name="Executors">Whom it was paid to: one for each seat of the earlier receipt, in their order.</param>
/// <param name="Author">The account that has deployed the program.</param>
[GenerateSerializer, Immutable, Alias("JobReuse")]
public sealed record JobReuse(
    [property: Id(0)] JobId Job,
    [property: Id(1)] Bytes32 Receipt,
    [property: Id(2)] int Percent,
    [property: Id(3)] TokenAmount Price,
    [property: Id(4)] ImmutableArray<AccountId> Executors,
    [property: Id(5)] AccountId Author
);

/// <summary>What of an ended job a later one may be answered from.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Account">Who paid for it.</param>
/// <param name="Spec">What was asked for.</param>
/// <param name="Module">What was run.</param>
/// <param name="End">How it ended, without log, history and explanation.</param>
/// <param name="Charge">What it cost.</param>
/// <param name="EndedAt">When.</param>
/// <param name="ReceiptHash">The hash of its receipt.</param>
/// <param name="Receipt">The receipt: a file by receipts/RECEIPT.md.</param>
[GenerateSerializer, Immutable, Alias("ReusableRun")]
public sealed record ReusableRun(
    [property: Id(0)] JobId Job,
    [property: Id(1)] AccountId Account,
    [property: Id(2)] JobSpec Spec,
    [property: Id(3)] BlobId Module,
    [property: Id(4)] JobEnd End,
    [property: Id(5)] TokenAmount Charge,
    [property: Id(6)] DateTimeOffset EndedAt,
    [property: Id(7)] Bytes32 ReceiptHash,
    [property: Id(8)] ReadOnlyMemory<byte> Receipt
);
