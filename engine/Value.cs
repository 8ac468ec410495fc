namespace Marketplace.Engine;

/// <summary>One WebAssembly value as the host sees it: bits for numbers, an object for references.</summary>
public readonly record struct Value
{
    private Value(WasmType type, long bits, object? reference)
    {
        Type = type;
        Bits = bits;
        Reference = reference;
    }

    public WasmType Type { get; }

    /// <summary>The number's bits, those of 32-bit types zero-extended; 0 for references.</summary>
    public long Bits { get; }

    /// <summary>A <see cref="Function"/> for funcref, any host object for externref, null for the null reference.</summary>
    public object? Reference { get; }

    public int I32 => (int)Bits;

    public long I64 => Bits;

    public float F32 => BitConverter.Int32BitsToSingle((int)Bits);

    public double F64 => BitConverter.Int64BitsToDouble(Bits);

    public static Value FromI32(int value) => new(WasmType.I32, (uint)value, null);

    public static Value FromI64(long value) => new(WasmType.I64, value, null);

    public static Value FromF32(float value) => new(WasmType.F32, BitConverter.SingleToUInt32Bits(value), null);

    public static Value FromF64(double value) => new(WasmType.F64, BitConverter.DoubleToInt64Bits(value), null);

    public static Value FromFunction(Function? function) => new(WasmType.FuncRef, 0, function);

    public static Value FromExternal(object? reference) => new(WasmType.ExternRef, 0, reference);

    /// <summary>A number from its bits. Keeps signalling NaNs, which a float argument may lose.</summary>
    public static Value FromBits(WasmType type, long bits) => type switch
    {
        WasmType.I32 or WasmType.F32 => new(type, (uint)bits, null),
        WasmType.I64 or WasmType.F64 => new(type, bits, null),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only i32, i64, f32 and f64 have 64 bits or less."),
    };

    /// <summary>Zero, or the null reference.</summary>
    public static Value Default(WasmType type) => new(type, 0, null);

    internal static Value FromSlot(WasmType type, long bits, object? reference) =>
        type.IsReference() ? new(type, 0, reference) : FromBits(type, bits);

    public override string ToString() => Type switch
    {
        WasmType.I32 => $"i32:{I32}",
        WasmType.I64 => $"i64:{I64}",
        WasmType.F32 => $"f32:{F32:R} (0x{Bits:x8})",
        WasmType.F64 => $"f64:{F64:R} (0x{Bits:x16})",
        _ => $"{Type.Text()}:{Reference ?? "null"}",
    };
}
