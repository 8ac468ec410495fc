namespace Marketplace.Engine.Guests;

/// <summary>
/// What can be said of a module without running it: what it asks for, what it uses, what it will cost to compile, and every reason for
/// which it is refused. Where a part could not be read, it is empty, and a refusal says why.
/// </summary>
public sealed record ModuleReport
{
    /// <summary>The largest functions that a report lists.</summary>
    public const int LargestMax = 10;

    /// <summary>
    /// What machine code takes for a byte of IL, and emitting for a byte of the module: measured on usual code, one core; code of nothing
    /// but tiny loops takes up to nine times that.
    /// </summary>
    public const double CodeMicrosecondsPerByte = 0.65;

    public const double EmitMicrosecondsPerByte = 0.2;

    public required int Bytes { get; init; }

    /// <summary>
    /// What it is instead of a program, by the marks of the tools that made it; null where it can be deployed and where none is known.
    /// </summary>
    public ModuleOrigin? Origin { get; init; }

    /// <summary>Null where it is no program.</summary>
    public GuestAbi? Abi { get; init; }

    public IReadOnlyList<string> EntryPoints { get; init; } = [];

    public bool UsesState { get; init; }

    /// <summary>
    /// Whether all that run it truthfully on the same input get the same result, apart from runs that the time limit ends; null where it
    /// is no program.
    /// </summary>
    public bool? Deterministic { get; init; }

    /// <summary>Why it is not deterministic.</summary>
    public string? Nondeterminism { get; init; }

    public IReadOnlyList<ReportedName> Imports { get; init; } = [];

    public IReadOnlyList<ReportedName> Exports { get; init; } = [];

    /// <summary>Memories in pages of 64 KiB, imported ones included.</summary>
    public IReadOnlyList<ReportedSize> Memories { get; init; } = [];

    /// <summary>Tables in elements, imported ones included.</summary>
    public IReadOnlyList<ReportedSize> Tables { get; init; } = [];

    public int Globals { get; init; }

    public int DataSegments { get; init; }

    public ModuleFeatures Features { get; init; } = new();

    /// <summary>Functions with a body.</summary>
    public int Functions { get; init; }

    public long Instructions { get; init; }

    /// <summary>Bytes of IL that all functions become.</summary>
    public long CodeBytes { get; init; }

    /// <summary>The functions with the most code, largest first.</summary>
    public IReadOnlyList<ReportedFunction> Largest { get; init; } = [];

    /// <summary>Functions that the machine-code compiler will not optimise because of their size; in the module's order.</summary>
    public IReadOnlyList<ReportedFunction> NotOptimised { get; init; } = [];

    /// <summary>Milliseconds for the IL of all functions. Emitted when they are first wanted, so most runs need a part.</summary>
    public double EmitMillisecondsEstimate { get; init; }

    /// <summary>
    /// Milliseconds for the machine code of all functions. Made function by function at the first call, so most runs need a part.
    /// </summary>
    public double CodeMillisecondsEstimate { get; init; }

    /// <summary>Empty where the module can be deployed.</summary>
    public IReadOnlyList<ReportedRefusal> Refusals { get; init; } = [];

    /// <summary>Reads a module. Whatever the bytes, there is a report. Takes about as long as compiling to IL.</summary>
    public static ModuleReport Of(ReadOnlyMemory<byte> module)
    {
        try
        {
            return ModuleReports.Describe(GuestProgram.Decode(module, EngineLimits.Default), module, []);
        }
        catch (InvalidModuleException refusal)
        {
            return OfRefused(module, refusal);
        }
    }

    // What is only too large can be described all the same.
    private static ModuleReport OfRefused(ReadOnlyMemory<byte> module, InvalidModuleException refusal)
    {
        var refusals = new[] { ReportedRefusal.Of(refusal) };
        if (refusal.Fault != ModuleFault.LimitExceeded)
        {
            return new ModuleReport
            {
                Bytes = module.Length,
                Origin = ModuleOrigins.OfFile(module.Span),
                Refusals = refusals,
            };
        }
        try
        {
            return ModuleReports.Describe(WasmModule.Decode(module, ModuleReports.WideLimits), module, refusals);
        }
        catch (InvalidModuleException)
        {
            return new ModuleReport { Bytes = module.Length, Refusals = refusals };
        }
    }
}

/// <summary>An import, as <c>module.name</c>, or an export, with its type.</summary>
public sealed record ReportedName(string Name, ExternalKind Kind, string Type);

/// <summary>Least and greatest size; null where there is no greatest.</summary>
public sealed record ReportedSize(uint Min, uint? Max);

/// <summary>A function, by its index in the module; the counts that decide how it is compiled.</summary>
/// <param name="Index">Imports come first.</param>
/// <param name="Export">The first name by which it is exported; null where it is not.</param>
/// <param name="BodyBytes">In the module.</param>
/// <param name="Instructions">WebAssembly instructions.</param>
/// <param name="Blocks">Places where the flow of control splits or meets.</param>
/// <param name="CodeBytes">Of IL.</param>
/// <param name="Locals">Of IL.</param>
public sealed record ReportedFunction(int Index, string? Export, int BodyBytes, int Instructions, int Blocks, int CodeBytes, int Locals)
{
    /// <summary>Over an edge of the machine-code compiler, which then does not optimise it.</summary>
    public bool IsTooLargeToOptimise =>
        CodeBytes > EnginePolicy.OptimisedCodeBytesMax
        || Instructions > EnginePolicy.OptimisedInstructionsMax
        || Blocks > EnginePolicy.OptimisedBlocksMax
        || Locals > EnginePolicy.OptimisedLocalsMax;
}

/// <summary>Why a module is refused, and where in its bytes.</summary>
public sealed record ReportedRefusal(ModuleFault Fault, string Reason, long Offset)
{
    internal static ReportedRefusal Of(InvalidModuleException refusal) => new(refusal.Fault, refusal.Reason, refusal.Offset);
}

/// <summary>What the functions use beyond integers.</summary>
/// <param name="Float">Arithmetic on floating-point numbers, in vectors too.</param>
/// <param name="Vectors">Fixed-width SIMD.</param>
/// <param name="Threads">Atomic instructions or a shared memory.</param>
/// <param name="TailCalls">return_call.</param>
public sealed record ModuleFeatures(bool Float = false, bool Vectors = false, bool Threads = false, bool TailCalls = false);
