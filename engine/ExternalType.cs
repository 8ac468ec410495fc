using System.Collections.Immutable;

namespace Marketplace.Engine;

/// <summary>The type of something that a module imports or exports.</summary>
public abstract record ExternalType
{
    private protected ExternalType() { }
}

/// <summary>Parameters and results of a function; equal when both lists are equal.</summary>
public sealed record FunctionType(ImmutableArray<WasmType> Parameters, ImmutableArray<WasmType> Results) : ExternalType
{
    public bool Equals(FunctionType? other) =>
        other is not null
        && Parameters.AsSpan().SequenceEqual(other.Parameters.AsSpan())
        && Results.AsSpan().SequenceEqual(other.Results.AsSpan());

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var type in Parameters)
        {
            hash.Add((byte)type);
        }

        hash.Add(-1);
        foreach (var type in Results)
        {
            hash.Add((byte)type);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{Join(Parameters)}] -> [{Join(Results)}]";

    private static string Join(ImmutableArray<WasmType> types) => string.Join(' ', types.Select(t => t.Text()));
}

/// <summary>Least and, where given, greatest size of a table (elements) or memory (pages).</summary>
public readonly record struct SizeLimits(uint Min, uint? Max);

public sealed record TableType(WasmType Element, SizeLimits Limits) : ExternalType;

/// <param name="Limits">In pages.</param>
/// <param name="Shared">Declared for several threads; guests have only one, which may wait for others all the same.</param>
public sealed record MemoryType(SizeLimits Limits, bool Shared = false) : ExternalType;

public sealed record GlobalType(WasmType Content, bool Mutable) : ExternalType;

/// <summary>What an import or export is; the values are those of the binary format.</summary>
public enum ExternalKind : byte
{
    Function = 0,
    Table = 1,
    Memory = 2,
    Global = 3,
}

public sealed record ModuleImport(string Module, string Name, ExternalKind Kind, ExternalType Type);

/// <param name="Name">Unique among the module's exports.</param>
/// <param name="Kind">What is exported.</param>
/// <param name="Index">Into the module's index space of that kind, imports first.</param>
/// <param name="Type">The exported thing's type.</param>
public sealed record ModuleExport(string Name, ExternalKind Kind, int Index, ExternalType Type);
