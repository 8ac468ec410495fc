namespace Marketplace.GrainInterfaces;

/// <summary>One of several workers that ran a job with the same result.</summary>
/// <param name="Worker">Its key.</param>
/// <param name="Payee">Which account earns.</param>
/// <param name="PricePerMillionFuel">What it is paid.</param>
/// <param name="Signed">What it signed; null where its run was cancelled.</param>
[GenerateSerializer, Immutable, Alias("JobSeat")]
public sealed record JobSeat(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AccountId Payee,
    [property: Id(2)] TokenAmount PricePerMillionFuel,
    [property: Id(3)] RunSignature? Signed = null
);

/// <summary>A result that its worker has and keeps to itself, until all who run the job have one.</summary>
/// <param name="Lease">Whose result.</param>
/// <param name="Commitment">The hash of worker, execution and salt (receipts/RECEIPT.md).</param>
[GenerateSerializer, Immutable, Alias("SealedResult")]
public readonly record struct SealedResult([property: Id(0)] LeaseId Lease, [property: Id(1)] Bytes32 Commitment);

/// <summary>What one payee gets of a job's charge.</summary>
[GenerateSerializer, Immutable, Alias("PayeeAmount")]
public readonly record struct PayeeAmount([property: Id(0)] AccountId Payee, [property: Id(1)] TokenAmount Amount);
