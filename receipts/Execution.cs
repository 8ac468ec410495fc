using System.Collections.Frozen;
using System.Text.Json;

namespace Marketplace.Receipts;

/// <summary>
/// What was run on what, and what came out: all that the outcome depends on, and nothing else, so that all who run it truthfully get the
/// same hash. What a run reads beyond its input is fixed here: the clock that it sees, its randomness (seeded by the job's id), its files,
/// and the state that it begins from. A member that there is nothing to say of is zero or empty.
/// </summary>
public sealed record Execution
{
    /// <summary>In the place of an outcome: nothing was run to its end.</summary>
    public const string NotRun = "not_run";

    internal const string Type =
        "Execution(bytes32 job,bytes32 program,bytes32 module,string entryPoint,string[] arguments,Variable[] environment,"
        + "bytes32 input,File[] files,uint64 clock,uint64 fuelLimit,uint32 memoryPages,uint64 timeLimit,bytes32 profile,"
        + "string outcome,int32 exitCode,uint64 fuel,bytes32 output,File[] outputFiles,"
        + "bytes32 stateBefore,bytes32 stateAfter,bytes32 writes)";

    private const int WordCount = 22;

    /// <summary>A tick is the unit of <see cref="DateTimeOffset"/> and <see cref="TimeSpan"/>.</summary>
    public const int NanosecondsPerTick = 100;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type + NamedContent.Type + NamedValue.Type);

    private static readonly string[] OutcomeNames =
    [
        .. Enum.GetValues<RunOutcome>().Order().Select(outcome => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString())),
    ];

    private static readonly FrozenDictionary<string, Bytes32> OutcomeHashes = OutcomeNames
        .Append(NotRun)
        .ToFrozenDictionary(name => name, TypedWords.HashOf, StringComparer.Ordinal);

    public required JobId Job { get; init; }

    public required ProgramId Program { get; init; }

    /// <summary>The program's module.</summary>
    public required BlobId Module { get; init; }

    /// <summary>The export that is called; empty: the program's only one.</summary>
    public required string EntryPoint { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Ascending by name.</summary>
    public required IReadOnlyList<NamedValue> Environment { get; init; }

    /// <summary>BLAKE3 of the input's bytes.</summary>
    public required BlobId Input { get; init; }

    /// <summary>What the program finds under <c>/in</c>, ascending by name.</summary>
    public required IReadOnlyList<NamedContent> Files { get; init; }

    /// <summary>What the program's clock shows, which is when the job was submitted: nanoseconds since 1970, UTC.</summary>
    public required ulong Clock { get; init; }

    public required ulong FuelLimit { get; init; }

    /// <summary>Pages of 64 KiB that the run may use.</summary>
    public required uint MemoryPages { get; init; }

    /// <summary>Wall time that the run may take, in nanoseconds.</summary>
    public required ulong TimeLimit { get; init; }

    /// <summary>The hash of the rules by which programs are run and fuel is counted; zero where nothing was run.</summary>
    public required Bytes32 Profile { get; init; }

    /// <summary>How the run ended: a <see cref="RunOutcome"/> in snake_case, or <see cref="NotRun"/>.</summary>
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

    /// <summary>The hash of the struct by EIP-712.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(Job.Value);
        words.Add(Program.Value);
        words.Add(Module.Value);
        words.Add(EntryPoint);
        words.Add(TypedWords.HashOf(Arguments, TypedWords.HashOf));
        words.Add(TypedWords.HashOf(Environment, NamedValue.Hash));
        words.Add(Input.Value);
        words.Add(TypedWords.HashOf(Files, NamedContent.Hash));
        words.Add((UInt128)Clock);
        words.Add((UInt128)FuelLimit);
        words.Add((UInt128)MemoryPages);
        words.Add((UInt128)TimeLimit);
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

    /// <exception cref="OverflowException">The time is before 1970, or after 2554.</exception>
    public static ulong Nanoseconds(DateTimeOffset time) =>
        checked((ulong)(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * NanosecondsPerTick);

    /// <exception cref="OverflowException">The time is negative, or over 584 years.</exception>
    public static ulong Nanoseconds(TimeSpan time) => checked((ulong)time.Ticks * NanosecondsPerTick);
}
