using System.Collections.Immutable;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// A number for a function type, equal exactly when the types are equal, so that an indirect call compares two words.
/// Short types are their own number: four bits for each parameter and result. Longer ones get the next number from a
/// table that holds its entries weakly. A type keeps its number as long as something holds the key, and no number is given twice.
/// </summary>
internal sealed class SignatureKey
{
    private const int InlineTypesMax = 13;

    /// <summary>Entries after which dead ones are swept, doubled when most are alive.</summary>
    private const int SweepAt = 1_024;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<FunctionType, WeakReference<SignatureKey>> Long = [];
    private static long _next = long.MinValue;
    private static int _sweepAt = SweepAt;

    /// <summary>The bits of no type.</summary>
    public const long Unknown = -1;

    private SignatureKey(long bits) => Bits = bits;

    public long Bits { get; }

    public static SignatureKey Of(FunctionType type) =>
        type.Parameters.Length + type.Results.Length <= InlineTypesMax ? new SignatureKey(Pack(type)) : FromTable(type);

    private static long Pack(FunctionType type)
    {
        // 4 + 4 bits of counts and 13 x 4 bits of types leave the sign bit clear, which marks the numbers of the table.
        var bits = ((long)type.Parameters.Length << 4) | (long)type.Results.Length;
        bits = Append(bits, type.Parameters);
        return Append(bits, type.Results);

        static long Append(long bits, ImmutableArray<WasmType> types)
        {
            foreach (var type in types)
            {
                bits = (bits << 4) | Code(type);
            }

            return bits;
        }
    }

    private static long Code(WasmType type) =>
        type switch
        {
            WasmType.I32 => 0,
            WasmType.I64 => 1,
            WasmType.F32 => 2,
            WasmType.F64 => 3,
            WasmType.V128 => 4,
            WasmType.FuncRef => 5,
            WasmType.ExternRef => 6,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a value type; this is a bug in the decoder."),
        };

    private static SignatureKey FromTable(FunctionType type)
    {
        lock (Gate)
        {
            if (Long.TryGetValue(type, out var weak) && weak.TryGetTarget(out var key))
            {
                return key;
            }

            if (Long.Count >= _sweepAt)
            {
                foreach (var dead in Long.Where(e => !e.Value.TryGetTarget(out _)).Select(e => e.Key).ToArray())
                {
                    Long.Remove(dead);
                }

                _sweepAt = Math.Max(SweepAt, Long.Count * 2);
            }

            key = new SignatureKey(_next++);
            Long[type] = new WeakReference<SignatureKey>(key);
            return key;
        }
    }
}
