namespace Marketplace.Receipts;

/// <summary>
/// What a run is given: the program, and all that its outcome depends on. What it reads beyond its input is fixed here: the clock that it
/// sees, its randomness (seeded by the job's id), and its files. A member that there is nothing to say of is zero or empty.
/// </summary>
public sealed record Invocation
{
    internal const string Type =
        "Invocation(bytes32 job,bytes32 program,bytes32 module,string entryPoint,string[] arguments,Variable[] environment,"
        + "bytes32 input,File[] files,uint64 clock,uint64 fuelLimit,uint32 memoryPages,uint64 timeLimit)";

    /// <summary>A tick is the unit of <see cref="DateTimeOffset"/> and <see cref="TimeSpan"/>.</summary>
    public const int NanosecondsPerTick = 100;

    private const int WordCount = 13;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type + NamedContent.Type + NamedValue.Type);

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
        return words.Hash();
    }

    /// <exception cref="OverflowException">The time is before 1970, or after 2554.</exception>
    public static ulong Nanoseconds(DateTimeOffset time) =>
        checked((ulong)(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * NanosecondsPerTick);

    /// <exception cref="OverflowException">The time is negative, or over 584 years.</exception>
    public static ulong Nanoseconds(TimeSpan time) => checked((ulong)time.Ticks * NanosecondsPerTick);
}
