using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Frames;

/// <summary>Code that a function repeats, so that its frame shows what each repetition adds to it.</summary>
/// <param name="Name">The instruction and how it is used.</param>
/// <param name="Before">Once, before all of it.</param>
/// <param name="Body">Leaves the operand stack as it was. Uses a group's worth of repetitions at once.</param>
/// <param name="Group">So many repetitions are one <paramref name="Body"/>.</param>
internal sealed record FrameCase(string Name, Action<Code> Before, Action<Code> Body, Action<Code> After, int Group = 1)
{
    /// <summary>Results that wait for each other; no more than the emitter leaves on the evaluation stack.</summary>
    private const int Kept = 20;

    private static readonly Dictionary<WasmType, int> Locals = new()
    {
        [WasmType.I32] = 1,
        [WasmType.I64] = 2,
        [WasmType.F32] = 3,
        [WasmType.F64] = 4,
        [WasmType.V128] = 5,
        [WasmType.FuncRef] = 6,
    };

    /// <summary>Of each type one, in the order of the locals; the first parameter is before them.</summary>
    public static IReadOnlyList<WasmType> LocalTypes => [.. Locals.Keys];

    /// <summary>Every instruction that leaves something, in every way of using what it leaves.</summary>
    public static IReadOnlyList<FrameCase> All { get; } =
    [.. Enum.GetValues<Opcode>().SelectMany(Fixed), .. Moves(), .. Conversions(), .. Calls(), .. RuntimeCalls()];

    private static IEnumerable<FrameCase> Fixed(Opcode opcode)
    {
        if (OpcodeTable.SignatureOf(opcode) is not { } signature)
        {
            yield break;
        }

        var write = Instruction(opcode, signature);
        foreach (var use in Uses($"{opcode}", signature.Operands, signature.Result, write))
        {
            yield return use;
        }
    }

    /// <summary>What is only moved, and what depends on the module.</summary>
    private static IEnumerable<FrameCase> Moves()
    {
        WasmType[] types = [WasmType.I32, WasmType.I64, WasmType.F32, WasmType.F64, WasmType.V128, WasmType.FuncRef];
        for (var i = 0; i < types.Length; i++)
        {
            var (type, index) = (types[i], i);
            foreach (
                var use in new[]
                {
                    Uses($"select {type}", [type, type, WasmType.I32], type, c => c.Op(Opcode.SelectTyped).U32(1).Raw((byte)type)),
                    Uses($"local.tee {type}", [type], type, c => c.LocalTee(Locals[type])),
                    Uses($"global.get {type}", [], type, c => c.GlobalGet(1 + index)),
                    Uses($"global.set {type}", [type], null, c => c.GlobalSet(1 + index)),
                    Uses($"block {type}", [], type, c => c.Block((byte)type).LocalGet(Locals[type]).GlobalGet(0).BrIf(0).End()),
                    Uses(
                        $"if {type}",
                        [],
                        type,
                        c => c.GlobalGet(0).If((byte)type).LocalGet(Locals[type]).Else().LocalGet(Locals[type]).End()
                    ),
                    Uses($"call {type}", [type], type, c => c.Call(FrameModule.CalleeOf(index))),
                    Uses($"call_indirect {type}", [type, WasmType.I32], type, c => c.CallIndirect(FrameModule.TypeOf(index))),
                }.SelectMany(all => all)
            )
            {
                yield return use;
            }
        }
    }

    /// <summary>Two bytes for two conversions, the densest there are.</summary>
    private static IEnumerable<FrameCase> Conversions()
    {
        foreach (
            var (there, back, type) in new[]
            {
                (Opcode.I32TruncF32S, Opcode.F32ConvertI32S, WasmType.F32),
                (Opcode.I32TruncF32U, Opcode.F32ConvertI32U, WasmType.F32),
                (Opcode.I32TruncF64S, Opcode.F64ConvertI32S, WasmType.F64),
                (Opcode.I32TruncF64U, Opcode.F64ConvertI32U, WasmType.F64),
                (Opcode.I64TruncF32S, Opcode.F32ConvertI64S, WasmType.F32),
                (Opcode.I64TruncF32U, Opcode.F32ConvertI64U, WasmType.F32),
                (Opcode.I64TruncF64S, Opcode.F64ConvertI64S, WasmType.F64),
                (Opcode.I64TruncF64U, Opcode.F64ConvertI64U, WasmType.F64),
                (Opcode.I64TruncSatF32U, Opcode.F32ConvertI64U, WasmType.F32),
                (Opcode.I64TruncSatF64U, Opcode.F64ConvertI64U, WasmType.F64),
                (Opcode.I32ReinterpretF32, Opcode.F32ReinterpretI32, WasmType.F32),
                (Opcode.I64ReinterpretF64, Opcode.F64ReinterpretI64, WasmType.F64),
                (Opcode.F32DemoteF64, Opcode.F64PromoteF32, WasmType.F64),
            }
        )
        {
            yield return new FrameCase(
                $"{there} and {back}, chained",
                c => c.LocalGet(Locals[type]),
                c => c.Op(there).Op(back),
                c => c.LocalSet(Locals[type])
            );
        }
    }

    private static IEnumerable<FrameCase> Calls()
    {
        yield return Alone("call of the function itself", c => c.I32Const(0).Call(FrameModule.Run));
        yield return Alone("call of the host", c => c.Call(FrameModule.Mark));
        yield return Alone("call with many results", c => c.Call(FrameModule.ManyResults).Drop().Drop().Drop().Drop().Drop());
        yield return Alone("loop", c => c.Loop().GlobalGet(0).BrIf(0).End());
        yield return Alone("br_table", c => c.Block().Block().GlobalGet(0).BrTable([0, 1], 0).End().End());
    }

    private static IEnumerable<FrameCase> RuntimeCalls()
    {
        foreach (
            var use in new[]
            {
                Uses("memory.size", [], WasmType.I32, c => c.MemorySize()),
                Uses("memory.grow", [WasmType.I32], WasmType.I32, c => c.MemoryGrow()),
                Uses("memory.fill", [WasmType.I32, WasmType.I32, WasmType.I32], null, c => c.MemoryFill()),
                Uses("memory.copy", [WasmType.I32, WasmType.I32, WasmType.I32], null, c => c.MemoryCopy()),
                Uses("memory.init", [WasmType.I32, WasmType.I32, WasmType.I32], null, c => c.Raw(0xFC, 8, 0, 0)),
                Uses("data.drop", [], null, c => c.Raw(0xFC, 9, 0)),
                Uses("table.get", [WasmType.I32], WasmType.FuncRef, c => c.Raw(0x25, 0)),
                Uses("table.get, ref.is_null", [WasmType.I32], WasmType.I32, c => c.Raw(0x25, 0, 0xD1)),
                Uses("table.set", [WasmType.I32, WasmType.FuncRef], null, c => c.Raw(0x26, 0)),
                Uses("table.size", [], WasmType.I32, c => c.Raw(0xFC, 16, 0)),
                Uses("table.grow", [WasmType.FuncRef, WasmType.I32], WasmType.I32, c => c.TableGrow(0)),
                Uses("table.fill", [WasmType.I32, WasmType.FuncRef, WasmType.I32], null, c => c.Raw(0xFC, 17, 0)),
                Uses("table.copy", [WasmType.I32, WasmType.I32, WasmType.I32], null, c => c.Raw(0xFC, 14, 0, 0)),
                Uses("table.init", [WasmType.I32, WasmType.I32, WasmType.I32], null, c => c.Raw(0xFC, 12, 0, 0)),
                Uses("elem.drop", [], null, c => c.Raw(0xFC, 13, 0)),
                Uses("ref.is_null", [WasmType.FuncRef], WasmType.I32, c => c.Raw(0xD1)),
                Uses("ref.func", [], WasmType.FuncRef, c => c.Raw(0xD2).U32(FrameModule.Run)),
            }.SelectMany(all => all)
        )
        {
            yield return use;
        }
    }

    private static IEnumerable<FrameCase> Uses(string name, WasmType[] operands, WasmType? result, Action<Code> write)
    {
        if (result is not { } type)
        {
            yield return Alone(name, c => write(Load(c, operands)));
            yield break;
        }

        yield return Alone($"{name}, dropped", c => Applied(c).Drop());
        yield return Alone($"{name}, set", c => Applied(c).LocalSet(Locals[type]));
        yield return new FrameCase(
            $"{name}, kept",
            Nothing,
            c => c.Times(Kept, each => Applied(each)).Times(Kept, each => each.Drop()),
            Nothing,
            Kept
        );
        if (operands.Length > 0 && operands[0] == type)
        {
            yield return new FrameCase(
                $"{name}, chained",
                c => c.LocalGet(Locals[type]),
                c => write(Load(c, operands.AsSpan(1))),
                c => c.Drop()
            );
        }

        Code Applied(Code code)
        {
            write(Load(code, operands));
            return code;
        }
    }

    private static FrameCase Alone(string name, Action<Code> body) => new(name, Nothing, body, Nothing);

    private static void Nothing(Code code) { }

    private static Code Load(Code code, ReadOnlySpan<WasmType> operands)
    {
        foreach (var operand in operands)
        {
            code.LocalGet(Locals[operand]);
        }

        return code;
    }

    private static Action<Code> Instruction(Opcode opcode, OpcodeTable.Signature signature)
    {
        var align = signature.Atomic ? (byte)int.Log2(signature.AccessBytes) : (byte)0;
        return OpcodeTable.ImmediateOf(opcode) switch
        {
            Immediate.Memory => c => c.Op(opcode).Raw(align, 0),
            Immediate.MemoryAndLane => c => c.Op(opcode).Raw(0, 0, 0),
            Immediate.Lane => c => c.Op(opcode).Raw(0),
            Immediate.ZeroByte => c => c.Op(opcode).Raw(0),
            Immediate.Lanes => c => c.Op(opcode).Raw(0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31),
            Immediate.V128 => c => c.Op(opcode).Raw(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            _ => c => c.Op(opcode),
        };
    }
}
