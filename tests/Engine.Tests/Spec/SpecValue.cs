using System.Globalization;
using System.Text.Json;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>Values as wast2json writes them: bits in decimal, NaN patterns and host references by number.</summary>
internal static class SpecValue
{
    public static Value Parse(JsonElement element)
    {
        if (element.GetProperty("type").GetString() == "v128")
        {
            return Vector(element);
        }

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

        if (type == "v128")
        {
            return LanesMatch(expected, actual);
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
            _ => BitsMatch(type!, text, actual.Bits),
        };
    }

    private static bool BitsMatch(string type, string text, long bits) =>
        (type, text) switch
        {
            ("f32", "nan:canonical") => (bits & 0x7FFF_FFFF) == 0x7FC0_0000,
            ("f32", "nan:arithmetic") => (bits & 0x7FC0_0000) == 0x7FC0_0000,
            ("f64", "nan:canonical") => (bits & long.MaxValue) == 0x7FF8_0000_0000_0000,
            ("f64", "nan:arithmetic") => (bits & 0x7FF8_0000_0000_0000) == 0x7FF8_0000_0000_0000,
            _ => bits == Bits(text),
        };

    /// <summary>The lanes' bits, lane 0 lowest.</summary>
    private static Value Vector(JsonElement element)
    {
        var halves = new long[2];
        var width = LaneBits(element);
        var at = 0;
        foreach (var lane in element.GetProperty("value").EnumerateArray())
        {
            halves[at / 64] |= Bits(lane.GetString()!) << (at % 64);
            at += width;
        }

        return Value.FromV128(halves[0], halves[1]);
    }

    private static bool LanesMatch(JsonElement expected, Value actual)
    {
        var width = LaneBits(expected);
        var type = expected.GetProperty("lane_type").GetString()!;
        var mask = width == 64 ? -1L : (1L << width) - 1;
        var at = 0;
        foreach (var lane in expected.GetProperty("value").EnumerateArray())
        {
            var bits = ((at < 64 ? actual.Bits : actual.HighBits) >> (at % 64)) & mask;
            if (!BitsMatch(type, lane.GetString()!, bits))
            {
                return false;
            }

            at += width;
        }

        return at == 128;
    }

    /// <summary>The type's name ends with it.</summary>
    private static int LaneBits(JsonElement element) =>
        int.Parse(element.GetProperty("lane_type").GetString().AsSpan(1), CultureInfo.InvariantCulture);

    private static long Bits(string text) => (long)ulong.Parse(text, CultureInfo.InvariantCulture);

    private static WasmType TypeNamed(string? name) =>
        name switch
        {
            "i32" => WasmType.I32,
            "i64" => WasmType.I64,
            "f32" => WasmType.F32,
            "f64" => WasmType.F64,
            "v128" => WasmType.V128,
            "funcref" => WasmType.FuncRef,
            "externref" => WasmType.ExternRef,
            _ => throw new NotSupportedException($"type {name}"),
        };
}
