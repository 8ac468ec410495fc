using System.Runtime.Intrinsics;

namespace Marketplace.Engine;

/// <summary>One WebAssembly value as the host sees it: bits for numbers, an object for references.</summary>
public readonly record struct Value
{
    private Value(WasmType type, long bits, object? reference, long highBits = 0)
    {
        Type = type;
        Bits = bits;
        HighBits = highBits;
        Reference = reference;
    }

    public WasmType Type { get; }

    /// <summary>The number's bits, those of 32-bit types zero-extended; the lower half of a vector; 0 for references.</summary>
    public long Bits { get; }

    /// <summary>The upper half of a vector; 0 for all others.</summary>
    public long HighBits { get; }

    /// <summary>A <see cref="Function"/> for funcref, any host object for externref, null for the null reference.</summary>
    public object? Reference { get; }

    public int I32 => (int)Bits;

    public long I64 => Bits;

    public float F32 => BitConverter.Int32BitsToSingle((int)Bits);

    public double F64 => BitConverter.Int64BitsToDouble(Bits);

    /// <summary>Lane 0 is the lowest byte of <see cref="Bits"/>.</summary>
    public Vector128<byte> V128 => Vector128.Create(Bits, HighBits).AsByte();

    public static Value FromI32(int value) => new(WasmType.I32, (uint)value, null);

    public static Value FromI64(long value) => new(WasmType.I64, value, null);

    public static Value FromF32(float value) => new(WasmType.F32, BitConverter.SingleToUInt32Bits(value), null);

    public static Value FromF64(double value) => new(WasmType.F64, BitConverter.DoubleToInt64Bits(value), null);

    public static Value FromV128(Vector128<byte> value) => FromV128(value.AsInt64().GetElement(0), value.AsInt64().GetElement(1));

    /// <summary>A vector from its halves, the one with lane 0 first.</summary>
    public static Value FromV128(long bits, long highBits) => new(WasmType.V128, bits, null, highBits);

    public static Value FromFunction(Function? function) => new(WasmType.FuncRef, 0, function);

    public static Value FromExternal(object? reference) => new(WasmType.ExternRef, 0, reference);

    /// <summary>A number from its bits. Keeps signalling NaNs, which a float argument may lose.</summary>
    public static Value FromBits(WasmType type, long bits) =>
        type switch
        {
            WasmType.I32 or WasmType.F32 => new(type, (uint)bits, null),
            WasmType.I64 or WasmType.F64 => new(type, bits, null),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only i32, i64, f32 and f64 have 64 bits or less."),
        };

    /// <summary>Zero, or the null reference.</summary>
    public static Value Default(WasmType type) => new(type, 0, null);

    internal static Value FromCell(WasmType type, Cell cell, object? reference) => FromSlot(type, cell.Low, reference, cell.High);

    internal static Value FromSlot(WasmType type, long bits, object? reference, long highBits = 0) =>
        type.IsReference() ? new(type, 0, reference)
        : type == WasmType.V128 ? FromV128(bits, highBits)
        : FromBits(type, bits);

    internal Cell ToCell() => new() { Low = Bits, High = HighBits };

    public override string ToString() =>
        Type switch
        {
            WasmType.I32 => $"i32:{I32}",
            WasmType.I64 => $"i64:{I64}",
            WasmType.F32 => $"f32:{F32:R} (0x{Bits:x8})",
            WasmType.F64 => $"f64:{F64:R} (0x{Bits:x16})",
            WasmType.V128 => $"v128:0x{HighBits:x16}{Bits:x16}",
            _ => $"{Type.Text()}:{Reference ?? "null"}",
        };
}
