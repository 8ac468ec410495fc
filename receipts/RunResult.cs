using System.Collections.Frozen;
using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>What came of a run. A member that there is nothing to say of is zero or empty.</summary>
public sealed record RunResult
{
    /// <summary>In the place of an outcome: nothing was run to its end.</summary>
    public const string NotRun = "not_run";

    internal const string Type =
        "Result(bytes32 profile,string outcome,int32 exitCode,uint64 fuel,bytes32 output,File[] outputFiles,"
        + "bytes32 stateBefore,bytes32 stateAfter,bytes32 writes)";

    private const int WordCount = 10;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type + NamedContent.Type);

    private static readonly string[] OutcomeNames =
    [
        .. Enum.GetValues<RunOutcome>().Order().Select(outcome => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString())),
    ];

    private static readonly FrozenDictionary<string, Bytes32> OutcomeHashes = Enum.GetValues<RunOutcome>()
        .Where(outcome => outcome.IsEnd())
        .Select(NameOf)
        .Append(NotRun)
        .ToFrozenDictionary(name => name, TypedWords.HashOf, StringComparer.Ordinal);

    /// <summary>The hash of the rules by which programs are run and fuel is counted; zero where nothing was run.</summary>
    public required Bytes32 Profile { get; init; }

    /// <summary>How the run ended: a <see cref="RunOutcome"/> that is an end, in snake_case, or <see cref="NotRun"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>What the program exited with; 0 also where it did not exit.</summary>
    public required int ExitCode { get; init; }

    public required ulong Fuel { get; init; }

    /// <summary>BLAKE3 of the output's bytes; zero: the run gave none.</summary>
    public required BlobId Output { get; init; }

    /// <summary>What the program left under <c>/out</c>, ascending by name.</summary>
    public required IReadOnlyList<NamedContent> OutputFiles { get; init; }

    /// <summary>The root of the program's state that the run began from.</summary>
    public required StateRoot StateBefore { get; init; }

    /// <summary>The root that its writes give; the same as before where it wrote nothing.</summary>
    public required StateRoot StateAfter { get; init; }

    /// <summary>What it wrote: see <see cref="WritesDigest"/>.</summary>
    public required Bytes32 Writes { get; init; }

    /// <summary>Nothing came of it.</summary>
    public static RunResult Nothing { get; } =
        new()
        {
            Profile = default,
            Outcome = NotRun,
            ExitCode = 0,
            Fuel = 0,
            Output = default,
            OutputFiles = [],
            StateBefore = default,
            StateAfter = default,
            Writes = default,
        };

    /// <summary>The hash of the struct by EIP-712.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(Profile);
        words.Add(OutcomeHashes.TryGetValue(Outcome, out var known) ? known : TypedWords.HashOf(Outcome));
        words.AddSigned(ExitCode);
        words.Add((UInt128)Fuel);
        words.Add(Output.Value);
        words.Add(TypedWords.HashOf(OutputFiles, NamedContent.Hash));
        words.Add(StateBefore.Value);
        words.Add(StateAfter.Value);
        words.Add(Writes);
        return words.Hash();
    }

    public static string NameOf(RunOutcome outcome) => OutcomeNames[(int)outcome];

    internal static bool IsOutcome(string name) => OutcomeHashes.ContainsKey(name);
}
