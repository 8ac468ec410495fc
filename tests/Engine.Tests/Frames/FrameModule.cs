using System.Runtime.CompilerServices;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Frames;

/// <summary>A function that calls itself, so that the distance between two of its frames is the size of one.</summary>
internal static class FrameModule
{
    /// <summary>Functions: the host's, the one that is measured, and what the cases call.</summary>
    public const int Mark = 0;
    public const int Run = 1;
    public const int ManyResults = 2;

    private const int PlainType = 0;
    private const int RunType = 1;
    private const int ManyResultsType = 2;

    public static int TypeOf(int localType) => ManyResultsType + 1 + localType;

    public static int CalleeOf(int localType) => ManyResults + 1 + localType;

    /// <summary>Must be called on a guest thread.</summary>
    /// <returns>Native bytes and slots of a frame; null where a module may not be as large.</returns>
    public static (long Bytes, int Slots)? Measure(FrameCase frame, int repetitions)
    {
        try
        {
            return Measure(Of(frame, repetitions).Compile());
        }
        catch (InvalidModuleException tooLarge) when (tooLarge.Fault == ModuleFault.LimitExceeded)
        {
            return null;
        }
    }

    /// <summary>Its export <c>run</c> calls itself as often as its argument says.</summary>
    public static TestModule Of(FrameCase frame, int repetitions)
    {
        var types = FrameCase.LocalTypes;
        var module = new TestModule()
            .Table(10)
            .Memory(1)
            .PassiveData(1, 2, 3)
            .PassiveElements(Run)
            .Global(WasmType.I32, true, new Code().I32Const(0))
            .Global(WasmType.I32, true, new Code().I32Const(0))
            .Global(WasmType.I64, true, new Code().I64Const(0))
            .Global(WasmType.F32, true, new Code().F32Const(0))
            .Global(WasmType.F64, true, new Code().F64Const(0))
            .Global(WasmType.V128, true, new Code().V128Const(0, 0))
            .Global(WasmType.FuncRef, true, new Code().RefNullFunc());
        module.Type([], []);
        module.Type([WasmType.I32], []);
        module.Type([], [WasmType.I32, WasmType.I64, WasmType.F32, WasmType.F64, WasmType.V128]);
        foreach (var type in types)
        {
            module.Type([type], [type]);
        }

        module.ImportFunction("host", "mark", PlainType);
        var code = new Code().Call(Mark).GlobalGet(0).If();
        frame.Before(code);
        code.Times((repetitions + frame.Group - 1) / frame.Group, frame.Body);
        frame.After(code);
        code.End().LocalGet(0).If().LocalGet(0).I32Const(1).I32Sub().Call(Run).I32Const(0).GlobalSet(0).End();
        module.Function(RunType, "run", code, [.. types.Select(type => (1, type))]);
        module.Function(ManyResultsType, null, new Code().I32Const(0).I64Const(0).F32Const(0).F64Const(0).V128Const(0, 0));
        for (var i = 0; i < types.Count; i++)
        {
            module.Function(TypeOf(i), null, new Code().LocalGet(0));
        }

        return module;
    }

    private static (long Bytes, int Slots) Measure(CompiledModule compiled)
    {
        var marks = new List<(long Address, int Slots)>();
        var imports = new Imports().Add("host", "mark", (Action<Instance>)(caller => marks.Add((AddressHere(), caller.Run.StackSlots))));
        using var run = new Run(new RunLimits { FuelMax = 1_000_000, MemoryPagesMax = 1 }, TimeProvider.System);
        using var instance = Instance.Instantiate(compiled, imports, run);
        instance.Invoke("run", Value.FromI32(2));
        return (marks[1].Address - marks[2].Address, marks[1].Slots - marks[2].Slots);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long AddressHere()
    {
        byte here = 0;
        return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref here);
    }
}
