namespace Marketplace.Receipts;

/// <summary>Workers that ran one job gave different results: what each gave, what a jury found, and who lost what.</summary>
public sealed record Dispute
{
    internal const string Type =
        "Dispute(Invocation invocation,bytes32 payer,uint128 priceLimit,string assurance,Result[] results,Vote[] votes,"
        + "bytes32 accepted,string state,string reason,uint64 lead,bytes32 verdict,Slashing[] slashings,uint64 openedAt,uint64 decidedAt)";

    private const int HashedWords = 15;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(
        Type + NamedContent.Type + Invocation.Type + RunResult.Type + PaidShare.Type + Slashing.Type + NamedValue.Type + DisputeVote.Type
    );

    /// <summary>What was run on what.</summary>
    public required Invocation Invocation { get; init; }

    /// <summary>Who ordered the job, and is harmed by a wrong result.</summary>
    public required AccountId Payer { get; init; }

    /// <summary>The most that the job was allowed to cost.</summary>
    public required TokenAmount PriceLimit { get; init; }

    /// <summary>The certainty that was bought.</summary>
    public required string Assurance { get; init; }

    /// <summary>What came out, by those that ran it: each result once, in the order in which it was first given.</summary>
    public required IReadOnlyList<RunResult> Results { get; init; }

    /// <summary>Who gave which: first the job's seats, then the jurors, each in the order in which they told it.</summary>
    public required IReadOnlyList<DisputeVote> Votes { get; init; }

    /// <summary>The execution with the result that the job's seats agreed on; zero where they did not.</summary>
    public required Bytes32 Accepted { get; init; }

    /// <summary>One of <see cref="DisputeStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why there was no jury, or no verdict; else empty.</summary>
    public required string Reason { get; init; }

    /// <summary>By how many jurors' votes a result must lead each other to be the verdict.</summary>
    public required ulong Lead { get; init; }

    /// <summary>The execution with the result that the jury found right; zero while there is none.</summary>
    public required Bytes32 Verdict { get; init; }

    /// <summary>What the losers lost, ascending by worker.</summary>
    public required IReadOnlyList<Slashing> Slashings { get; init; }

    /// <summary>Nanoseconds since 1970, UTC.</summary>
    public required ulong OpenedAt { get; init; }

    /// <summary>The same, of the verdict, or of there being none; 0 while it is open.</summary>
    public required ulong DecidedAt { get; init; }

    /// <summary>The hash of the struct by EIP-712: the dispute's id.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[HashedWords * Bytes32.Size], TypeHash);
        words.Add(Invocation.Hash());
        words.Add(Payer.Value);
        words.Add(PriceLimit.BaseUnits);
        words.Add(Assurance);
        words.Add(TypedWords.HashOf(Results, result => result.Hash()));
        words.Add(TypedWords.HashOf(Votes, DisputeVote.Hash));
        words.Add(Accepted);
        words.Add(State);
        words.Add(Reason);
        words.Add((UInt128)Lead);
        words.Add(Verdict);
        words.Add(TypedWords.HashOf(Slashings, Slashing.Hash));
        words.Add((UInt128)OpenedAt);
        words.Add((UInt128)DecidedAt);
        return words.Hash();
    }
}

/// <summary>How far a dispute is.</summary>
public static class DisputeStates
{
    /// <summary>It is evidence, and no jury was asked.</summary>
    public const string Kept = "kept";

    /// <summary>A jury is asked.</summary>
    public const string Open = "open";

    /// <summary>The jury brought no verdict.</summary>
    public const string Undecided = "undecided";

    /// <summary>There is a verdict; not all that lost have been slashed yet.</summary>
    public const string Decided = "decided";

    /// <summary>There is a verdict, and all that lost have been slashed.</summary>
    public const string Settled = "settled";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [Kept, Open, Undecided, Decided, Settled];
}

/// <summary>What one worker gave.</summary>
/// <param name="Worker">Its key.</param>
/// <param name="Role">One of <see cref="Seat"/> and <see cref="Juror"/>.</param>
/// <param name="UnitPrice">What was agreed with it for a million fuel.</param>
/// <param name="Execution">The execution that it signed.</param>
public sealed record DisputeVote(WorkerId Worker, string Role, TokenAmount UnitPrice, Bytes32 Execution)
{
    /// <summary>It ran the job for its payer.</summary>
    public const string Seat = "seat";

    /// <summary>It ran the job because others disagreed.</summary>
    public const string Juror = "juror";

    internal const string Type = "Vote(bytes32 worker,string role,uint128 unitPrice,bytes32 execution)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(DisputeVote vote)
    {
        var words = new TypedWords(stackalloc byte[5 * Bytes32.Size], TypeHash);
        words.Add(vote.Worker.Value);
        words.Add(vote.Role);
        words.Add(vote.UnitPrice.BaseUnits);
        words.Add(vote.Execution);
        return words.Hash();
    }
}

/// <summary>What a worker lost.</summary>
/// <param name="Worker">Whose result was wrong.</param>
/// <param name="Amount">What there was to take, at most what it owed; 0 where nothing was at stake.</param>
/// <param name="Shares">Who got it: jurors, and the payer.</param>
public sealed record Slashing(WorkerId Worker, TokenAmount Amount, IReadOnlyList<PaidShare> Shares)
{
    internal const string Type = "Slashing(bytes32 worker,uint128 amount,Share[] shares)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(Slashing slashing)
    {
        var words = new TypedWords(stackalloc byte[4 * Bytes32.Size], TypeHash);
        words.Add(slashing.Worker.Value);
        words.Add(slashing.Amount.BaseUnits);
        words.Add(TypedWords.HashOf(slashing.Shares, PaidShare.Hash));
        return words.Hash();
    }
}
