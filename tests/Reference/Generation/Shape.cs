using Marketplace.Engine;

namespace Marketplace.Reference.Generation;

/// <summary>What the bodies of a module may refer to.</summary>
internal sealed class Shape
{
    /// <summary>Tables have at least as many elements, and indices are masked by one less.</summary>
    public const int TableElementsMin = 16;

    /// <summary>Bytes of each data segment, and elements of each element segment.</summary>
    public const int SegmentSize = 24;

    public List<FunctionType> Types { get; } = [];

    /// <summary>Type index of each function, imports first.</summary>
    public List<int> FunctionTypes { get; } = [];

    public int ImportedFunctions { get; set; }

    public List<GlobalType> Globals { get; } = [];

    public List<WasmType> Tables { get; } = [];

    /// <summary>Functions at the first elements of table 0.</summary>
    public List<int> Slots { get; } = [];

    public int DataSegments { get; set; }

    public List<WasmType> ElementSegments { get; } = [];

    public FunctionType TypeOf(int function) => Types[FunctionTypes[function]];
}
