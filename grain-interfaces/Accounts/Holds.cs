using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>What money is set aside for.</summary>
public enum HoldPurpose
{
    /// <summary>A job's price limit; the hold's id is the job's.</summary>
    Job = 0,

    /// <summary>A worker's stake.</summary>
    Stake = 1,

    /// <summary>Storage that is paid by the period.</summary>
    Deal = 2,

    /// <summary>On its way out of the marketplace.</summary>
    Withdrawal = 3,
}

/// <summary>One hold of an account: holds of different purposes never meet, even with equal numbers.</summary>
[GenerateSerializer, Immutable, Alias("HoldId")]
public readonly record struct HoldId([property: Id(0)] HoldPurpose Purpose, [property: Id(1)] Bytes32 Value)
{
    public static HoldId Of(JobId job) => new(HoldPurpose.Job, job.Value);

    public override string ToString() => $"{Purpose} {Value}";
}

/// <summary>
/// The end of a hold that is paid to several: first those with amounts, in their order and as far as the charge goes; of the rest each
/// payee gets its part, rounded down.
/// </summary>
/// <param name="Hold">Released with this.</param>
/// <param name="HeldAt">The moment of the hold; a later hold of the same id is released and costs nothing.</param>
/// <param name="Charge">At most what is held; the rest goes back.</param>
/// <param name="Shares">Who gets which part of the charge.</param>
/// <param name="RemainderTo">Gets what the rounding leaves, less than one base unit for each share; all of the rest where there are
/// amounts and no shares.</param>
[GenerateSerializer, Immutable, Alias("SharedSettlement")]
public sealed record SharedSettlement(
    [property: Id(0)] HoldId Hold,
    [property: Id(1)] DateTimeOffset HeldAt,
    [property: Id(2)] TokenAmount Charge,
    [property: Id(3)] ImmutableArray<PayeeShare> Shares,
    [property: Id(4)] AccountId RemainderTo
)
{
    /// <summary>Who gets how much before anything is divided; default is none.</summary>
    [Id(5)]
    public ImmutableArray<PayeeAmount> Amounts { get; init; }
}

/// <summary>A part of a hold that is paid while the rest stays on hold.</summary>
/// <param name="Hold">Whose.</param>
/// <param name="HeldAt">The moment of the hold; a later hold of the same id pays nothing.</param>
/// <param name="Number">Counts the parts of the hold: 1, 2, 3 … Each is paid once, and after the one before it.</param>
/// <param name="Amounts">Who gets how much, in their order and as far as the hold goes.</param>
[GenerateSerializer, Immutable, Alias("HoldCharge")]
public sealed record HoldCharge(
    [property: Id(0)] HoldId Hold,
    [property: Id(1)] DateTimeOffset HeldAt,
    [property: Id(2)] int Number,
    [property: Id(3)] ImmutableArray<PayeeAmount> Amounts
);

/// <param name="Payee">Null: the share leaves the marketplace.</param>
/// <param name="Parts">Of the sum of all parts.</param>
[GenerateSerializer, Immutable, Alias("PayeeShare")]
public readonly record struct PayeeShare([property: Id(0)] AccountId? Payee, [property: Id(1)] uint Parts);
