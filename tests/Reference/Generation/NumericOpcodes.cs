using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Instructions that only compute, by what a generator wants of them.</summary>
internal static class NumericOpcodes
{
    /// <summary>Instructions that only compute: their operands and result never change and they touch no memory.</summary>
    private static readonly Opcode[] All =
    [
        .. Enum.GetValues<Opcode>()
            .Where(opcode =>
                OpcodeTable.SignatureOf(opcode) is { AccessBytes: 0, Result: not null }
                && OpcodeTable.ImmediateOf(opcode) is Immediate.None or Immediate.Lane or Immediate.Lanes
            ),
    ];

    public static readonly Opcode[] Scalars = [.. All.Where(opcode => opcode < Opcode.V128Load)];

    public static readonly Opcode[] Vectors = [.. All.Where(IsVector)];

    public static readonly Dictionary<WasmType, Opcode[]> ByResult = GroupByResult(Scalars.Concat(Vectors));

    public static readonly Dictionary<WasmType, Opcode[]> ScalarsByResult = GroupByResult(Scalars);

    private static Dictionary<WasmType, Opcode[]> GroupByResult(IEnumerable<Opcode> opcodes) =>
        opcodes
            .GroupBy(opcode => OpcodeTable.SignatureOf(opcode)!.Result!.Value)
            .ToDictionary(group => group.Key, group => group.ToArray());

    private static bool IsVector(Opcode opcode) => opcode is >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U;

    /// <returns>The format of a result whose NaN bits the specification leaves to the engine, or null.</returns>
    public static WasmType? NaNOf(Opcode opcode) =>
        opcode switch
        {
            >= Opcode.F32Ceil and <= Opcode.F32Max or Opcode.F32DemoteF64 => WasmType.F32,
            >= Opcode.F64Ceil and <= Opcode.F64Max or Opcode.F64PromoteF32 => WasmType.F64,
            >= Opcode.F32x4Ceil and <= Opcode.F32x4Nearest or >= Opcode.F32x4Sqrt and <= Opcode.F32x4Max or Opcode.F32x4DemoteF64x2Zero =>
                WasmType.F32,
            Opcode.F64x2Ceil
            or Opcode.F64x2Floor
            or Opcode.F64x2Trunc
            or Opcode.F64x2Nearest
            or >= Opcode.F64x2Sqrt
            and <= Opcode.F64x2Max
            or Opcode.F64x2PromoteLowF32x4 => WasmType.F64,
            _ => null,
        };
}
