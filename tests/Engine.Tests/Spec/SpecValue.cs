using System.Globalization;
using System.Text.Json;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>Values as wast2json writes them: bits in decimal, NaN patterns and host references by number.</summary>
internal static class SpecValue
{
    public static Value Parse(JsonElement element)
    {
        var text = element.GetProperty("value").GetString()!;
        return element.GetProperty("type").GetString() switch
        {
            "i32" => Value.FromBits(WasmType.I32, Bits(text)),
            "i64" => Value.FromBits(WasmType.I64, Bits(text)),
            "f32" => Value.FromBits(WasmType.F32, Bits(text)),
            "f64" => Value.FromBits(WasmType.F64, Bits(text)),
            "externref" => Value.FromExternal(text == "null" ? null : text),
            "funcref" when text == "null" => Value.FromFunction(null),
            var type => throw new NotSupportedException($"argument of type {type}"),
        };
    }

    public static bool Matches(JsonElement expected, Value actual)
    {
        var type = expected.GetProperty("type").GetString();
        if (actual.Type != TypeNamed(type))
        {
            return false;
        }

        // Without a value: any reference that is not null.
        if (!expected.TryGetProperty("value", out var value) || value.GetString() is not { } text)
        {
            return actual.Reference is not null;
        }

        return (type, text) switch
        {
            ("externref" or "funcref", "null") => actual.Reference is null,
            ("externref", _) => actual.Reference as string == text,
            ("f32", "nan:canonical") => (actual.Bits & 0x7FFF_FFFF) == 0x7FC0_0000,
            ("f32", "nan:arithmetic") => (actual.Bits & 0x7FC0_0000) == 0x7FC0_0000,
            ("f64", "nan:canonical") => (actual.Bits & long.MaxValue) == 0x7FF8_0000_0000_0000,
            ("f64", "nan:arithmetic") => (actual.Bits & 0x7FF8_0000_0000_0000) == 0x7FF8_0000_0000_0000,
            _ => actual.Bits == Bits(text),
        };
    }

    private static long Bits(string text) => (long)ulong.Parse(text, CultureInfo.InvariantCulture);

    private static WasmType TypeNamed(string? name) => name switch
    {
        "i32" => WasmType.I32,
        "i64" => WasmType.I64,
        "f32" => WasmType.F32,
        "f64" => WasmType.F64,
        "funcref" => WasmType.FuncRef,
        "externref" => WasmType.ExternRef,
        _ => throw new NotSupportedException($"type {name}"),
    };
}
