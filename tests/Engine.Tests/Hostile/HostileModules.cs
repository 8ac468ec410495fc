using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>All hostile modules: those that never end, those that want too much, and those at and just above a limit.</summary>
public static class HostileModules
{
    private const string Exhausted = "trap CallStackExhausted";
    private const string OutOfFuel = "trap OutOfFuel";
    private const string TooLarge = "refused LimitExceeded";

    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly RunLimits Small = new() { FuelMax = 1_000, MemoryPagesMax = 64 };
    private static readonly RunLimits Endless = Small with { FuelMax = long.MaxValue };

    public static IReadOnlyList<HostileCase> All { get; } =
    [
        .. Loops(),
        .. Recursions(),
        .. Bombs(),
        .. Limits(),
        .. HostileShapes.All,
        .. HostileTables.All,
        .. HostileTiers.All,
        .. HostileFrames.All,
    ];

    public static HostileCase Named(string name) => All.Single(hostile => hostile.Name == name);

    private static IEnumerable<HostileCase> Loops()
    {
        yield return new("loop", OutOfFuel, EndlessLoop) { Limits = Small with { FuelMax = 25_000_000 } };
        yield return new("loop-in-start", OutOfFuel, () => EndlessLoop().Start(0)) { Limits = Small };
        yield return new("loop-of-bulk-instructions", OutOfFuel, BulkLoop)
        {
            Limits = Small with { FuelMax = 100 * 16 * 65_536 / EnginePolicy.BulkBytesPerFuel },
        };
        yield return new("loop-until-deadline", "trap TimedOut", EndlessLoop)
        {
            Limits = Endless with { TimeMax = TimeSpan.FromMilliseconds(20) },
        };
        yield return new("loop-until-cancelled", "trap Cancelled", LoopAfterACallOfTheHost)
        {
            Limits = Endless,
            Host = cancel => new Imports().Add("host", "call", (Action<Instance>)(_ => cancel.Cancel())),
        };
    }

    private static IEnumerable<HostileCase> Recursions()
    {
        foreach (var locals in (int[])[0, 100, 3_000, 40_000])
        {
            yield return new($"recursion-with-{locals}-locals", Exhausted, () => Recursion(locals));
        }
        yield return new("recursion-through-a-table", Exhausted, RecursionThroughATable);
        yield return new("recursion-through-the-host", Exhausted, RecursionThroughTheHost)
        {
            Host = _ => new Imports().Add("host", "call", (Action<Instance>)(caller => caller.Invoke("run"))),
        };
        // Every call leaves a temporary in the frame when the machine-code compiler does not optimise.
        yield return new("recursion-in-a-function-too-large-to-optimise", Exhausted, RecursionTooLargeToOptimise)
        {
            Arguments = [Value.FromI32(1)],
        };
        yield return new("recursion-with-20000-vector-locals", Exhausted, () => Recursion(20_000, WasmType.V128));
        foreach (var opcode in (Opcode[])[Opcode.I8x16Popcnt, Opcode.I32x4Neg, Opcode.F32x4Sqrt])
        {
            yield return new($"recursion-in-a-function-of-10000-{opcode}", Exhausted, () => RecursionWithVectors(10_000, opcode));
        }

        yield return new("recursion-in-a-function-of-30000-vector-calls", Exhausted, RecursionWithAChain);
        yield return new("recursion-in-a-function-of-15000-calls-with-vectors", Exhausted, RecursionWithVectorResults);
        yield return new(
            "recursion-in-a-function-of-12000-canonical-vectors",
            Exhausted,
            () => RecursionWithVectors(3_000, Opcode.F32x4Sqrt, Opcode.V128Not, Opcode.F64x2Sqrt, Opcode.V128Not)
        );
    }

    private static IEnumerable<HostileCase> Bombs()
    {
        yield return new("memory-bomb", "returns 100, memory refused", MemoryBomb) { Limits = Bomb with { MemoryPagesMax = 100 } };
        yield return new("table-bomb", "returns 10000", TableBomb) { Limits = Bomb with { TableElementsMax = 10_500 } };
        yield return new("fills-of-constant-lengths", "trap OutOfBoundsMemoryAccess", FillsOfConstantLengths);
        // Nothing but making its machine code would take it a second, for 300 of fuel.
        yield return new("machine-code-bomb", "trap TimedOut", MachineCodeBomb)
        {
            Limits = Endless with { TimeMax = TimeSpan.FromMilliseconds(20), CompilationTimeMax = TimeSpan.FromMilliseconds(100) },
            IsMachineCode = true,
        };
        // Its IL is thirty times as large as it is.
        yield return new("code-bomb", "trap TimedOut", MachineCodeBomb)
        {
            Limits = Endless with { CodeBytesMax = 1 << 20 },
            IsMachineCode = true,
        };
        yield return new("memory-over-the-limit", "not linked LimitExceeded", () => Plain(new TestModule().Memory(65)));
        yield return new("table-over-the-limit", "not linked LimitExceeded", () => Plain(new TestModule().Table(uint.MaxValue)));
    }

    private static IEnumerable<HostileCase> Limits()
    {
        yield return new("locals-50000", "returns 7", () => WithLocals(50_000));
        yield return new("locals-50001", TooLarge, () => WithLocals(50_001));
        foreach (var (name, opcode) in ((string, byte)[])[("block", 0x02), ("loop", 0x03), ("if", 0x04)])
        {
            yield return new($"nested-{name}-5000", "returns 7", () => Nested(opcode, 5_000));
            yield return new($"nested-{name}-5001", TooLarge, () => Nested(opcode, 5_001));
        }

        yield return new("branch-table-65520-last", "returns 1", () => BranchTable(65_520)) { Arguments = [Value.FromI32(65_519)] };
        yield return new("branch-table-65520-other", "returns 2", () => BranchTable(65_520)) { Arguments = [Value.FromI32(65_520)] };
        yield return new("branch-table-65521", TooLarge, () => BranchTable(65_521));
        yield return new("operands-2000", "returns 2000", () => Operands(2_000));
        yield return new("operands-2001", TooLarge, () => Operands(2_001));
        yield return new("expression-of-50000", "returns 50001", Expression) { Arguments = [Value.FromI32(1)] };
    }

    /// <summary>
    /// Functions that are called once each, one after the other, and do nothing; what they are made of is the worst there is.
    /// </summary>
    public static TestModule MachineCodeBomb()
    {
        const int functions = 100;
        const int loops = 1_000;
        var module = new TestModule();
        module.Type(None, None);
        var all = new Code();
        for (var i = 1; i <= functions; i++)
        {
            all.Call(i);
        }

        module.Function(0, "run", all);
        var nothing = new Code().LocalGet(0).If().Times(loops, code => code.Loop().End()).End();
        for (var i = 0; i < functions; i++)
        {
            module.Function(0, null, nothing, (1, WasmType.I32));
        }

        return module;
    }

    private static RunLimits Bomb => Small with { FuelMax = 1_000_000_000 };

    public static TestModule EndlessLoop()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code().Loop().Br(0).End());
        return module;
    }

    public static TestModule WithLocals(int count)
    {
        var module = new TestModule();
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().I32Const(7).LocalSet(count - 1).LocalGet(count - 1),
            (count, WasmType.I32)
        );
        return module;
    }

    public static TestModule LoopAfterACallOfTheHost()
    {
        var module = new TestModule();
        var called = module.ImportFunction("host", "call", module.Type(None, None));
        module.Function(0, "run", new Code().Call(called).Loop().Br(0).End());
        return module;
    }

    private static TestModule BulkLoop()
    {
        var module = new TestModule().Memory(16);
        module.Function(
            module.Type(None, None),
            "run",
            new Code().Loop().I32Const(0).I32Const(1).I32Const(16 * 65_536).MemoryFill().Br(0).End()
        );
        return module;
    }

    private static TestModule Recursion(int locals, WasmType type = WasmType.I64)
    {
        var module = new TestModule();
        // Something is left to do behind the call, else it would be compiled as a jump.
        module.Function(module.Type(None, I32), "run", new Code().Call(0).I32Const(1).I32Add(), (locals, type));
        return module;
    }

    private static TestModule RecursionThroughATable()
    {
        var module = new TestModule().Table(1).Elements(0);
        module.Function(module.Type(None, I32), "run", new Code().I32Const(0).CallIndirect(0).I32Const(1).I32Add());
        return module;
    }

    private static TestModule RecursionThroughTheHost()
    {
        var module = new TestModule();
        var again = module.ImportFunction("host", "call", module.Type(None, None));
        module.Function(module.Type(None, I32), "run", new Code().Call(again).I32Const(1));
        return module;
    }

    private static TestModule RecursionTooLargeToOptimise()
    {
        var module = new TestModule();
        module.Function(module.Type(I32, I32), "run", new Code().LocalGet(0).Times(20_000, c => c.Call(0).LocalGet(0).I32Add()));
        return module;
    }

    /// <summary>Without optimisation every result has a place in the frame.</summary>
    private static TestModule RecursionWithVectors(int times, params Opcode[] opcodes)
    {
        var module = new TestModule();
        module.Function(
            module.Type(None, I32),
            "run",
            new Code()
                .Call(0)
                .Times(times, c => opcodes.Aggregate(c.LocalGet(0), (code, opcode) => code.Op(opcode)).Drop())
                .I32Const(1)
                .I32Add(),
            (1, WasmType.V128)
        );
        return module;
    }

    /// <summary>Two bytes for each instruction, which becomes a call whose result has 16.</summary>
    private static TestModule RecursionWithAChain()
    {
        var module = new TestModule();
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().LocalGet(0).Times(30_000, c => c.Op(Opcode.I8x16Popcnt)).Drop().Call(0).I32Const(1).I32Add(),
            (1, WasmType.V128)
        );
        return module;
    }

    private static TestModule RecursionWithVectorResults()
    {
        var module = new TestModule();
        var unary = module.Type([WasmType.V128], [WasmType.V128]);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().LocalGet(0).Times(15_000, c => c.Call(1)).Drop().Call(0).I32Const(1).I32Add(),
            (1, WasmType.V128)
        );
        module.Function(unary, null, new Code().LocalGet(0));
        return module;
    }

    private static TestModule MemoryBomb()
    {
        var module = new TestModule().Memory(1);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().Loop().I32Const(1).MemoryGrow().I32Const(-1).Raw(0x47).BrIf(0).End().MemorySize()
        );
        return module;
    }

    /// <summary>Lengths near 4 GiB, each another: what machine code is made of must not grow with them.</summary>
    private static TestModule FillsOfConstantLengths()
    {
        var module = new TestModule().Memory(1);
        var code = new Code();
        for (var i = 1; i <= 50; i++)
        {
            code.I32Const(0).I32Const(1).I32Const(-i).MemoryFill();
        }
        module.Function(module.Type(None, None), "run", code);
        return module;
    }

    private static TestModule TableBomb()
    {
        var module = new TestModule().Table(0);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().Loop().RefNullFunc().I32Const(1_000).TableGrow(0).I32Const(-1).Raw(0x47).BrIf(0).End().Raw(0xFC, 0x10, 0)
        );
        return module;
    }

    private static TestModule Plain(TestModule module)
    {
        module.Function(module.Type(None, None), "run", new Code());
        return module;
    }

    private static TestModule Nested(byte opcode, int depth)
    {
        var module = new TestModule();
        var code = new Code().Times(depth, c => (opcode == 0x04 ? c.I32Const(1) : c).Raw(opcode, 0x40)).Nop();
        module.Function(module.Type(None, I32), "run", code.Times(depth, c => c.End()).I32Const(7));
        return module;
    }

    private static TestModule BranchTable(int targets)
    {
        var labels = new int[targets];
        labels[^1] = 1;
        var module = new TestModule();
        module.Function(
            module.Type(I32, I32),
            "run",
            new Code()
                .Block()
                .Block()
                .Block()
                .LocalGet(0)
                .BrTable(labels, 2)
                .End()
                .I32Const(0)
                .Return()
                .End()
                .I32Const(1)
                .Return()
                .End()
                .I32Const(2)
        );
        return module;
    }

    private static TestModule Operands(int count)
    {
        var module = new TestModule();
        module.Function(module.Type(None, I32), "run", new Code().Times(count, c => c.I32Const(1)).Times(count - 1, c => c.I32Add()));
        return module;
    }

    private static TestModule Expression()
    {
        var module = new TestModule();
        module.Function(module.Type(I32, I32), "run", new Code().LocalGet(0).Times(50_000, c => c.LocalGet(0).I32Add()));
        return module;
    }
}
