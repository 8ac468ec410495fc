using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>
/// The record of one job that has ended, which is also its invoice: what was executed, who ran it, who pays what to whom, and why.
/// </summary>
public sealed record Receipt
{
    internal const string Type =
        "Receipt(Execution execution,bytes32 payer,Seat[] seats,string assurance,string state,string fault,"
        + "uint128 priceLimit,uint128 price,Share[] shares,uint64 epoch,uint64 endedAt)";

    private const int HashedWords = 12;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(
        Type + Execution.Type + NamedContent.Type + Invocation.Type + RunResult.Type + Seat.Type + PaidShare.Type + NamedValue.Type
    );

    private static readonly string[] FaultNames =
    [
        .. Enum.GetValues<JobFault>().Order().Select(fault => JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString())),
    ];

    public required Execution Execution { get; init; }

    public static string NameOf(JobFault fault) => FaultNames[(int)fault];

    /// <summary>Who pays.</summary>
    public required AccountId Payer { get; init; }

    /// <summary>Who ran it with this result, and for how much each, ascending by worker; none: no worker did.</summary>
    public required IReadOnlyList<Seat> Seats { get; init; }

    /// <summary>The certainty that was bought: the canonical text of an <see cref="Marketplace.Assurance"/>.</summary>
    public required string Assurance { get; init; }

    /// <summary>How the job ended: <c>completed</c>, <c>failed</c>, <c>cancelled</c>, <c>timed_out</c> or <c>expired</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whose the end is, which decides who pays: a <see cref="JobFault"/> in snake_case.</summary>
    public required string Fault { get; init; }

    /// <summary>The most that the job was allowed to cost.</summary>
    public required TokenAmount PriceLimit { get; init; }

    /// <summary>What the payer pays.</summary>
    public required TokenAmount Price { get; init; }

    /// <summary>Who gets how much of the price.</summary>
    public required IReadOnlyList<PaidShare> Shares { get; init; }

    /// <summary>The epoch of the committee; 0: there was none.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>When the market wrote the end: nanoseconds since 1970, UTC.</summary>
    public required ulong EndedAt { get; init; }

    internal static bool IsFault(string name) => FaultNames.Contains(name);

    /// <summary>The hash of the struct by EIP-712: the receipt's id.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[HashedWords * Bytes32.Size], TypeHash);
        words.Add(Execution.Hash());
        words.Add(Payer.Value);
        words.Add(TypedWords.HashOf(Seats, Seat.Hash));
        words.Add(Assurance);
        words.Add(State);
        words.Add(Fault);
        words.Add(PriceLimit.BaseUnits);
        words.Add(Price.BaseUnits);
        words.Add(TypedWords.HashOf(Shares, PaidShare.Hash));
        words.Add((UInt128)Epoch);
        words.Add((UInt128)EndedAt);
        return words.Hash();
    }
}

/// <summary>What one account gets of a price.</summary>
public sealed record PaidShare(AccountId Account, TokenAmount Amount)
{
    internal const string Type = "Share(bytes32 account,uint128 amount)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(PaidShare share)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(share.Account.Value);
        words.Add(share.Amount.BaseUnits);
        return words.Hash();
    }
}
