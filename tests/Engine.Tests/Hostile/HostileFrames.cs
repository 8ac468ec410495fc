using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>
/// Modules that once ended the process by using up the native stack, alone or together with the machine-code compiler. Must end the same
/// with any set of instructions of the processor.
/// </summary>
internal static class HostileFrames
{
    /// <summary>How deep the functions with the largest frames get before their slots are used up.</summary>
    private const int Depth = 195;

    private static readonly WasmType[] I32 = [WasmType.I32];

    public static IReadOnlyList<HostileCase> All { get; } =
    [
        // Taught that what one instruction of two takes of the frame is measured and not guessed: 187 bytes a slot without AVX-512.
        new(
            "recursion-with-3900-truncations",
            "trap CallStackExhausted",
            () => Recursion(Opcode.I64TruncF64U, Opcode.F64ConvertI64U, 3_900)
        ),
        new(
            "recursion-with-14000-truncations",
            "trap CallStackExhausted",
            () => Recursion(Opcode.I64TruncF64S, Opcode.F64ConvertI64S, 14_000)
        ),
        // Taught that machine code is never made on the guest's own stack.
        new("growths-wanted-at-depth", $"returns {Depth + 7}", () => WantedAtDepth(4_000, c => c.MemoryGrow()))
        {
            Arguments = [Value.FromI32(0)],
        },
        new(
            "nested-blocks-wanted-at-depth",
            $"returns {Depth + 7}",
            () => WantedAtDepth(1, c => c.Times(4_000, b => b.Loop()).Times(4_000, b => b.End()))
        )
        {
            Arguments = [Value.FromI32(0)],
        },
        // Taught that each push says how deep the expression is that it is on top of.
        new("table-reads-wanted-at-depth", $"returns {Depth + 7}", () => WantedAtDepth(1_000, c => c.Raw(0x25, 0, 0xD1)))
        {
            Arguments = [Value.FromI32(0)],
        },
        // The same: 15 KB took 6.4 s to compile for 2 of fuel.
        new("growths-7400", "returns 0", Growths),
        // Larger than all slots together: the frame must not even be begun.
        new("frame-beyond-the-budget", "trap CallStackExhausted", FrameBeyondTheBudget)
        {
            Limits = new RunLimits
            {
                FuelMax = 1_000_000,
                MemoryPagesMax = 1,
                StackSlotsMax = 200_000,
            },
        },
    ];

    private static TestModule Recursion(Opcode there, Opcode back, int pairs)
    {
        var module = new TestModule().Memory(0).Global(WasmType.F64, true, new Code().F64Const(1));
        module.Function(module.Type([], I32), "run", Conversions(there, back, pairs).Call(0).I32Const(1).I32Add());
        return module;
    }

    /// <summary>Never done, since the memory is empty: what counts is the frame of the function.</summary>
    private static Code Conversions(Opcode there, Opcode back, int pairs) =>
        new Code().MemorySize().If().GlobalGet(0).Times(pairs, c => c.Op(there).Op(back)).GlobalSet(0).End();

    /// <summary>Large frames until the slots are almost used up, then a call of a function that nothing has called before.</summary>
    private static TestModule WantedAtDepth(int times, Action<Code> body)
    {
        var module = new TestModule().Memory(0).Table(4).Global(WasmType.F64, true, new Code().F64Const(1));
        var type = module.Type(I32, I32);
        var conversions = Conversions(Opcode.I64TruncF64S, Opcode.F64ConvertI64S, 10_500);
        module.Function(
            type,
            "run",
            conversions
                .LocalGet(0)
                .I32Const(Depth)
                .I32LtS()
                .If((byte)WasmType.I32)
                .LocalGet(0)
                .I32Const(1)
                .I32Add()
                .Call(0)
                .I32Const(1)
                .I32Add()
                .Else()
                .I32Const(0)
                .Call(1)
                .End()
        );
        module.Function(type, null, new Code().LocalGet(0).If().LocalGet(0).Times(times, body).Drop().End().I32Const(7));
        return module;
    }

    private static TestModule Growths()
    {
        var module = new TestModule().Memory(1).Global(WasmType.I32, true, new Code().I32Const(0));
        module.Function(
            module.Type([], I32),
            "run",
            new Code().GlobalGet(0).If().GlobalGet(0).Times(7_400, c => c.MemoryGrow()).GlobalSet(0).End().I32Const(0)
        );
        return module;
    }

    private static TestModule FrameBeyondTheBudget()
    {
        var module = new TestModule().Memory(1);
        module.Function(module.Type([], I32), "run", new Code().Call(1));
        module.Function(0, null, new Code().Times(60_000, c => c.LocalGet(0).Drop()).I32Const(1), (50_000, WasmType.V128));
        return module;
    }
}
