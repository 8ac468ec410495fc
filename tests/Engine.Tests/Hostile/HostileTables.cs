using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>Modules that want to have more than their memory, or to call through tables what is no longer there.</summary>
internal static class HostileTables
{
    private const uint Most = EnginePolicy.TableElementsMax;

    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly RunLimits Limits = new() { FuelMax = 20_000_000, MemoryPagesMax = 64 };

    public static IReadOnlyList<HostileCase> All { get; } =
    [
        new("tables-100-of-a-million-elements", "not linked LimitExceeded", () => Declared(100, Most)) { Limits = Limits },
        new("tables-100-that-grow-and-are-filled", $"returns {Most}", () => Grown(100)) { Limits = Limits },
        new("table-that-grows-by-one", $"returns {Most}", TableStorm) { Limits = Limits },
        new("table-that-grows-without-end", "trap OutOfFuel", EndlessTableStorm) { Limits = Limits },
        new("memory-that-grows-without-end", "trap OutOfFuel", MemoryStorm) { Limits = Limits },
        new("memory-that-is-copied-onto-itself", "trap OutOfFuel", CopyStorm) { Limits = Limits },
        new("call-of-an-entry-that-its-callee-replaced", "trap IndirectCallTypeMismatch", () => Replaced(null)) { Limits = Limits },
        new("call-of-an-entry-that-its-callee-cleared", "trap UninitializedElement", () => Replaced(new Code().RefNullFunc()))
        {
            Limits = Limits,
        },
        new("call-through-a-table-that-its-callee-grew", "returns 1000", CalleeGrows) { Limits = Limits },
        new("tail-calls-through-a-table-without-end", "trap OutOfFuel", TailCalls) { Limits = Limits },
        new("recursion-in-start", "trap CallStackExhausted", StartRecursion) { Limits = Limits },
    ];

    private static TestModule Run(TestModule module, Code code, bool hasResult = true)
    {
        module.Function(module.Type(None, hasResult ? I32 : None), "run", code);
        return module;
    }

    private static TestModule Declared(int tables, uint elements)
    {
        var module = new TestModule();
        for (var i = 0; i < tables; i++)
        {
            module.Table(elements);
        }

        return Run(module, new Code(), hasResult: false);
    }

    /// <summary>Each table takes a twentieth of all elements where it can, and is filled; the sum of the sizes is what they got.</summary>
    private static TestModule Grown(int tables)
    {
        var (module, code) = (new TestModule(), new Code().I32Const(0));
        for (var i = 0; i < tables; i++)
        {
            module.Table(0);
            code.RefNullFunc().I32Const((int)Most / 20).TableGrow(i).Drop();
            code.I32Const(0).RefNullFunc().Raw(0xFC, 0x10).U32((uint)i).Raw(0xFC, 0x11).U32((uint)i);
            code.Raw(0xFC, 0x10).U32((uint)i).I32Add();
        }

        return Run(module, code);
    }

    private static TestModule TableStorm() =>
        Run(
            new TestModule().Table(0),
            new Code().Loop().RefNullFunc().I32Const(1).TableGrow(0).I32Const(-1).Raw(0x47).BrIf(0).End().Raw(0xFC, 0x10, 0)
        );

    private static TestModule EndlessTableStorm() =>
        Run(new TestModule().Table(0), new Code().Loop().RefNullFunc().I32Const(1).TableGrow(0).Drop().Br(0).End(), hasResult: false);

    private static TestModule MemoryStorm() =>
        Run(
            new TestModule().Memory(0),
            new Code().Loop().I32Const(1).MemoryGrow().Drop().I32Const(-1).MemoryGrow().Drop().Br(0).End(),
            hasResult: false
        );

    private static TestModule CopyStorm() =>
        Run(
            new TestModule().Memory(64),
            new Code().Loop().I32Const(1).I32Const(0).I32Const((64 * 65_536) - 1).MemoryCopy().Br(0).End(),
            hasResult: false
        );

    /// <summary>The callee puts something else where it was found; function 0 has another type.</summary>
    private static TestModule Replaced(Code? with)
    {
        var module = new TestModule().Table(1).Elements(1).PassiveElements(0);
        var (other, callee) = (module.Type(I32, I32), module.Type(None, None));
        module.Function(other, null, new Code().LocalGet(0));
        module.Function(callee, null, new Code().I32Const(0).Raw((with ?? new Code().Raw(0xD2, 0)).ToArray()).Raw(0x26, 0));
        return Run(module, new Code().I32Const(0).CallIndirect(callee).I32Const(0).CallIndirect(callee), hasResult: false);
    }

    /// <summary>Ten at a time, so that the table moves to another place while it is being called through.</summary>
    private static TestModule CalleeGrows()
    {
        var module = new TestModule().Table(10).Elements(0);
        var callee = module.Type(None, None);
        module.Function(callee, null, new Code().RefNullFunc().I32Const(10).TableGrow(0).Drop());
        return Run(module, new Code().Times(99, c => c.I32Const(0).CallIndirect(callee)).Raw(0xFC, 0x10, 0));
    }

    private static TestModule TailCalls()
    {
        var module = new TestModule().Table(1).Elements(0);
        module.Function(module.Type(None, None), "run", new Code().I32Const(0).ReturnCallIndirect(0));
        return module;
    }

    private static TestModule StartRecursion()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code().Call(0).Nop());
        return module.Start(0);
    }
}
