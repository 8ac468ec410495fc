using System.Collections;

namespace Marketplace.Engine.Decode;

/// <summary>The sections of a module as lists, each index space with its imports first.</summary>
internal sealed class ModuleContent
{
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    public required EngineLimits Limits { get; init; }

    public List<FunctionType> Types { get; } = [];

    public List<ModuleImport> Imports { get; } = [];

    /// <summary>Type index of each function, imports first.</summary>
    public List<int> FunctionTypes { get; } = [];

    public int ImportedFunctions { get; set; }

    public List<TableType> Tables { get; } = [];

    public int ImportedTables { get; set; }

    public List<MemoryType> Memories { get; } = [];

    public int ImportedMemories { get; set; }

    /// <summary>What memory 0 has at least, whatever it is linked to: memories never shrink.</summary>
    public long MemoryBytesMin => Memories.Count == 0 ? 0 : (long)Memories[0].Limits.Min * EnginePolicy.PageBytes;

    public List<GlobalType> Globals { get; } = [];

    public int ImportedGlobals { get; set; }

    /// <summary>First values of the globals that are not imported.</summary>
    public List<ConstantExpression> GlobalValues { get; } = [];

    public List<ModuleExport> Exports { get; } = [];

    public int? Start { get; set; }

    public List<ElementSegment> Elements { get; } = [];

    public List<DataSegment> Data { get; } = [];

    /// <summary>Null where the module has no data count section.</summary>
    public int? DataCount { get; set; }

    /// <summary>Bodies of the functions that are not imported.</summary>
    public List<FunctionBody> Bodies { get; } = [];

    /// <summary>By function: whether its reference may be taken (core specification, 3.4.10: C.refs).</summary>
    public BitArray DeclaredReferences { get; } = new(0);

    /// <summary>Where the first name section is in the module's bytes, behind its name.</summary>
    public (int Offset, int End)? NameSection { get; set; }

    public FunctionType TypeOfFunction(int function) => Types[FunctionTypes[function]];
}

/// <summary>Where a function's code is in the module's bytes, and its declared locals after the parameters.</summary>
/// <param name="Offset">Of the first instruction.</param>
/// <param name="End">Behind the last byte.</param>
/// <param name="Locals">Runs of one type.</param>
/// <param name="LocalCount">Sum of the runs.</param>
internal sealed record FunctionBody(int Offset, int End, LocalRun[] Locals, int LocalCount)
{
    /// <summary>Most slots that operands take at once, two for a vector; found by the validator, charged with the frame.</summary>
    public int OperandSlotsMax { get; set; }
}

internal readonly record struct LocalRun(int Count, WasmType Type);

internal enum ConstantKind
{
    Number,
    GlobalGet,
    RefNull,
    RefFunc,
}

/// <summary>A constant expression (core specification, 3.3.10): in core 2.0 always a single instruction.</summary>
/// <param name="Kind">The instruction.</param>
/// <param name="Type">Of its value.</param>
/// <param name="Bits">The number, or the index of the global or function.</param>
/// <param name="Offset">In the module's bytes, for errors.</param>
internal readonly record struct ConstantExpression(ConstantKind Kind, WasmType Type, long Bits, int Offset)
{
    /// <summary>The upper half of a vector.</summary>
    public long HighBits { get; init; }

    /// <summary>Of a number.</summary>
    public Value Value => Type == WasmType.V128 ? Value.FromV128(Bits, HighBits) : Value.FromBits(Type, Bits);
}

internal enum SegmentMode
{
    Active,
    Passive,
    Declarative,
}

/// <summary>Element segment; active ones are written to <paramref name="Table"/> at <paramref name="Address"/>.</summary>
internal sealed record ElementSegment(
    SegmentMode Mode,
    WasmType Type,
    int Table,
    ConstantExpression Address,
    ElementItem[] Items,
    int Offset
);

/// <summary>A reference in an element segment, in four bytes, because a program may have one for each of its functions.</summary>
internal readonly record struct ElementItem
{
    private const int NullBits = -1;

    /// <summary>A function's index; else null, or below it an imported global's.</summary>
    private readonly int _bits;

    private ElementItem(int bits) => _bits = bits;

    public static ElementItem Null { get; } = new(NullBits);

    public static ElementItem OfFunction(int function) => new(function);

    public static ElementItem OfGlobal(int global) => new(NullBits - 1 - global);

    public bool IsFunction => _bits >= 0;

    public bool IsNull => _bits == NullBits;

    public int Function => _bits;

    public int Global => NullBits - 1 - _bits;
}

/// <summary>Data segment; active ones are written to memory 0 at <paramref name="Address"/>.</summary>
internal sealed record DataSegment(SegmentMode Mode, ConstantExpression Address, ReadOnlyMemory<byte> Bytes, int Offset);
