namespace Marketplace.Receipts;

/// <summary>
/// What was run on what, and what came out: all that the outcome depends on, and nothing else, so that all who run it truthfully get the
/// same hash.
/// </summary>
public sealed record Execution
{
    internal const string Type = "Execution(Invocation invocation,Result result)";

    private const int WordCount = 3;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(
        Type + NamedContent.Type + Invocation.Type + RunResult.Type + NamedValue.Type
    );

    public required Invocation Invocation { get; init; }

    public required RunResult Result { get; init; }

    /// <summary>The hash of the struct by EIP-712.</summary>
    public Bytes32 Hash() => Hash(Invocation.Hash(), Result);

    /// <summary>Its hash, where that of the invocation is known.</summary>
    public static Bytes32 Hash(Bytes32 invocation, RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(invocation);
        words.Add(result.Hash());
        return words.Hash();
    }
}
