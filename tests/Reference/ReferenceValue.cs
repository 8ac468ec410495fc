using Marketplace.Engine;

namespace Marketplace.Reference;

/// <summary>A value with its type, as the interpreter's callers see it.</summary>
/// <param name="Bits">Of a number, zero-extended.</param>
/// <param name="Reference">A <see cref="ReferenceFunction"/>, any object of the host, or null for the null reference.</param>
public readonly record struct ReferenceValue(WasmType Type, UInt128 Bits, object? Reference = null)
{
    internal Cell Cell => new(Bits, Reference);

    public override string ToString() => Reference is null ? $"{Type}:0x{Bits:x}" : $"{Type}:{Reference}";
}

/// <summary>A place for a value of any type.</summary>
internal readonly record struct Cell(UInt128 Bits, object? Reference = null)
{
    public uint U32 => (uint)Bits;

    public ReferenceValue As(WasmType type) => new(type, Bits, Reference);
}
