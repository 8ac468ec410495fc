namespace Marketplace.Engine.Emit;

/// <summary>Where a value is while a function is being emitted.</summary>
internal enum OperandPlace : byte
{
    /// <summary>On the evaluation stack of IL, above all other operands that are there.</summary>
    Stack,

    /// <summary>In the IL local of its height and type.</summary>
    Spilled,

    /// <summary>Still in a WebAssembly local: nothing has been emitted for it.</summary>
    Local,

    /// <summary>A constant: nothing has been emitted for it.</summary>
    Constant,
}

/// <summary>One entry of the emitter's operand stack.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Bits">The local's index, or the constant, of a vector the lower half.</param>
/// <param name="AnyNaN">
/// The lanes that may hold a NaN which arithmetic made and whose bits differ between machines: it must become canonical before its
/// bits can be seen. NaNs that the guest loaded or wrote as constants keep their bits, as the specification demands.
/// </param>
/// <param name="Depth">Height of the expression tree on the evaluation stack.</param>
internal readonly record struct Operand(WasmType Type, OperandPlace Place, long Bits, NaNLanes AnyNaN, int Depth)
{
    /// <summary>The upper half of a constant vector.</summary>
    public long HighBits { get; init; }

    /// <summary>Of a vector on the evaluation stack.</summary>
    public VectorLane Lane { get; init; }

    /// <summary>Of an i32: it is not above this, unsigned.</summary>
    public uint Max { get; init; } = uint.MaxValue;

    public bool IsVectorOfOther(VectorLane lane) => Type == WasmType.V128 && Lane != lane;
}
