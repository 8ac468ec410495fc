using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>Modules that want to make use of functions being interpreted first and machine code later.</summary>
internal static class HostileTiers
{
    private const string Exhausted = "trap CallStackExhausted";

    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    public static IReadOnlyList<HostileCase> All { get; } =
    [
        // Each of the interpreters within each other would take more of the thread's stack than the slots of its frame.
        new("machine-code-and-interpreters-in-turns", Exhausted, InTurns),
        new("deepest-interpreted-recursion", Exhausted, () => Recursion(new Code().Call(0))),
        new("interpreted-recursion-that-clears-49000-locals", Exhausted, () => Recursion(new Code().Call(0), 49_000)),
        // Hot only by the loop in which it has called itself: machine code goes on at each depth.
        new("loops-that-get-hot-in-a-recursion", Exhausted, LoopsInARecursion),
        // 600 loops, each of them hot, in functions that are called once: all of it made for each loop would take minutes.
        new("hot-loops-600", "returns 1", HotLoops)
        {
            Limits = new RunLimits { FuelMax = 10_000_000_000, MemoryPagesMax = 64 },
        },
        // Each of a table's labels takes the same thousand operands: to look at them for each label would take seconds for a mebibyte.
        new("branch-tables-of-65520-labels-with-1000-operands", "returns 1", TablesOfManyOperands),
        new("stopped-in-an-interpreted-loop", "trap TimedOut", () => Plain(new Code().Loop().Br(0).End()))
        {
            Limits = new RunLimits
            {
                FuelMax = long.MaxValue,
                MemoryPagesMax = 1,
                TimeMax = TimeSpan.FromMilliseconds(20),
            },
        },
        new("stopped-while-interpreted-functions-call-each-other", "trap TimedOut", CallsWithoutEnd)
        {
            Limits = new RunLimits
            {
                FuelMax = long.MaxValue,
                MemoryPagesMax = 1,
                TimeMax = TimeSpan.FromMilliseconds(20),
            },
        },
    ];

    /// <summary>One compiled function, as it has a vector, and a thousand that are interpreted call each other through a table.</summary>
    private static TestModule InTurns()
    {
        const int Count = 1_000;
        var module = new TestModule().Table(Count);
        module.Type(I32, None);
        module.Type(None, None);
        var compiled = new Code().V128Const(1, 2).Drop().LocalGet(0).LocalGet(0).I32Const(Count).Op(Opcode.I32RemU).CallIndirect(0);
        module.Function(0, null, compiled);
        for (var i = 0; i < Count; i++)
        {
            module.Function(0, null, new Code().LocalGet(0).I32Const(1).I32Add().Call(0));
        }

        module.Elements([.. Enumerable.Range(1, Count)]);
        module.Function(1, "run", new Code().I32Const(0).Call(0));
        return module;
    }

    private static TestModule Recursion(Code code, int locals = 0)
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", code, (locals, WasmType.I64));
        return module;
    }

    private static TestModule LoopsInARecursion()
    {
        var module = new TestModule();
        var loop = new Code().I32Const(2_000).LocalSet(0).Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End();
        module.Function(module.Type(None, None), "run", loop.Loop().Call(0).Br(0).End(), (1, WasmType.I32));
        return module;
    }

    private static TestModule HotLoops()
    {
        const int Loops = 600;
        var module = new TestModule();
        var code = new Code();
        for (var i = 0; i < Loops; i++)
        {
            code.I32Const(300_000).LocalSet(0).Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End();
        }

        module.Function(module.Type(None, I32), "run", code.I32Const(1), (1, WasmType.I32));
        return module;
    }

    private static TestModule TablesOfManyOperands()
    {
        const int Operands = 1_000;
        const int Tables = 8;
        var module = new TestModule();
        var many = module.Type(None, [.. Enumerable.Repeat(WasmType.I32, Operands)]);
        var code = new Code();
        for (var i = 0; i < Tables; i++)
        {
            code.Block((byte)many).Call(0).I32Const(0).BrTable(new int[EngineLimits.Default.BranchTargetsMax], 0).End();
            code.Times(Operands, c => c.Drop());
        }

        module.Function(many, null, new Code().Times(Operands, c => c.I32Const(0)));
        module.Function(module.Type(None, I32), "run", code.I32Const(1));
        return module;
    }

    private static TestModule CallsWithoutEnd()
    {
        const int Count = 2_000;
        var module = new TestModule();
        module.Type(None, None);
        var all = new Code().Loop();
        for (var i = 1; i <= Count; i++)
        {
            all.Call(i);
        }

        module.Function(0, "run", all.Br(0).End());
        for (var i = 0; i < Count; i++)
        {
            module.Function(0, null, new Code().Nop());
        }

        return module;
    }

    private static TestModule Plain(Code code)
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", code);
        return module;
    }
}
