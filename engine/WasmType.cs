namespace Marketplace.Engine;

/// <summary>A value type, by its byte in the binary format (core specification, 5.3.1 to 5.3.4).</summary>
public enum WasmType : byte
{
    I32 = 0x7F,
    I64 = 0x7E,
    F32 = 0x7D,
    F64 = 0x7C,
    V128 = 0x7B,
    FuncRef = 0x70,
    ExternRef = 0x6F,
}

internal static class WasmTypes
{
    public static bool IsReference(this WasmType type) => type is WasmType.FuncRef or WasmType.ExternRef;

    public static bool IsFloat(this WasmType type) => type is WasmType.F32 or WasmType.F64;

    /// <summary>The type's name in the text format.</summary>
    public static string Text(this WasmType type) =>
        type switch
        {
            WasmType.I32 => "i32",
            WasmType.I64 => "i64",
            WasmType.F32 => "f32",
            WasmType.F64 => "f64",
            WasmType.V128 => "v128",
            WasmType.FuncRef => "funcref",
            WasmType.ExternRef => "externref",
            _ => "unknown",
        };
}
