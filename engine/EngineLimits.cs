namespace Marketplace.Engine;

/// <summary>
/// What a module may be, checked while it is decoded and validated. Each bound keeps the time and memory of decoding,
/// compiling or linking in proportion; where browsers have one (WebAssembly JavaScript interface, "Limits"), ours is not
/// above it, so that what runs here runs there.
/// </summary>
public sealed record EngineLimits
{
    public static EngineLimits Default { get; } = new();

    /// <summary>
    /// Language interpreters with their libraries and compilers have 10 to 50 MiB. Decoding and validating takes 5 to 20 ms a MiB; only
    /// functions that are called are compiled, and what that takes is bounded for each run.
    /// </summary>
    public int ModuleBytesMax { get; init; } = ProgramLimits.ModuleBytesMax;

    /// <summary>Types are compared by structure at every import and indirect call.</summary>
    public int TypesMax { get; init; } = 20_000;

    /// <summary>
    /// The limit of browsers: a document converter written in Haskell has 620,000. So many, which 4 MB can declare, take 0.1 s and 55 MB to
    /// decode, and where tables name all of them 60 MB for each instance; only those that are called become methods.
    /// </summary>
    public int FunctionsMax { get; init; } = 1_000_000;

    /// <summary>Each import is looked up by name for each instance.</summary>
    public int ImportsMax { get; init; } = 2_000;

    public int ExportsMax { get; init; } = 100_000;

    /// <summary>Created for each instance.</summary>
    public int GlobalsMax { get; init; } = 10_000;

    /// <summary>Created for each instance.</summary>
    public int TablesMax { get; init; } = 100;

    /// <summary>Core 2.0 allows one memory.</summary>
    public int MemoriesMax { get; init; } = 1;

    /// <summary>
    /// The limit of browsers: some linkers make one of each run of bytes that are not zero, 60,000 for a large interpreter. Active
    /// ones are copied for each instance.
    /// </summary>
    public int DataSegmentsMax { get; init; } = 100_000;

    /// <summary>Active segments are copied for each instance.</summary>
    public int ElementSegmentsMax { get; init; } = 20_000;

    /// <summary>Elements of all segments together; each is a word of memory, whatever the instance needs.</summary>
    public int ElementsMax { get; init; } = 1_000_000;

    /// <summary>The limit of browsers; the runtime's own calling convention has no trouble with it.</summary>
    public int ParametersMax { get; init; } = 1_000;

    /// <summary>The limit of browsers.</summary>
    public int ResultsMax { get; init; } = 1_000;

    /// <summary>
    /// Bytes of one function, which <see cref="CompilationWorkMax"/> bounds as well. Instructions of a few bytes become thirty times as
    /// much IL: a larger function could take more than a run may have made (<see cref="EnginePolicy.CodeBytesMax"/>).
    /// </summary>
    public int BodyBytesMax { get; init; } = 1 << 20;

    /// <summary>Parameters and locals of one function. The limit of browsers; with the operands below IL's 65,535 locals.</summary>
    public int LocalsMax { get; init; } = 50_000;

    /// <summary>
    /// Declared locals of all functions together. Five bytes declare 50,000, and each takes time to emit (90 ns) whether it is used or not.
    /// The most that was seen: 230,000 in the 30 MB of clang.
    /// </summary>
    public int ModuleLocalsMax { get; init; } = 2_000_000;

    /// <summary>Operands at once in one function: each height and type takes a local of IL.</summary>
    public int OperandsMax { get; init; } = 2_000;

    /// <summary>
    /// What one function may be to the machine-code compiler, in units of 2 KB of its memory: it works on one function at a time and holds
    /// all of it until the function is done, up to 270 MB with this. Bytes alone say little: a loop of three bytes is 12 KB, an indirect
    /// call 22 KB, and a call of two bytes may pass on 2,000 operands, 2 KB each. The most that was seen in a program: 107,000 in one of
    /// Ruby.
    /// </summary>
    public int CompilationWorkMax { get; init; } = 131_072;

    /// <summary>
    /// Operands that the calls, blocks and branches of all functions pass on, together: 7 ns each to validate, of which two bytes may ask
    /// for 2,000. The most that was seen: 2.8 million in the 58 MB of pandoc.
    /// </summary>
    public int ModuleOperandMovesMax { get; init; } = 4_000_000;

    /// <summary>
    /// Blocks within blocks. Neither decoder nor compiler recurses; this bounds their tables and what nested loops cost the machine-code
    /// compiler (5,000 of them 50 MiB for a moment). The compiler of C and the interpreter of Ruby stay below 2,000.
    /// </summary>
    public int NestingMax { get; init; } = 5_000;

    /// <summary>Targets of one br_table. The limit of browsers.</summary>
    public int BranchTargetsMax { get; init; } = 65_520;

    /// <summary>Bytes of one import or export name, which may be shown to people and kept in indexes.</summary>
    public int NameBytesMax { get; init; } = 100_000;
}
