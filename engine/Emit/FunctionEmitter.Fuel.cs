using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>Entry, fuel and traps. The fuel is in a local between calls and in the run during them.</summary>
internal sealed partial class FunctionEmitter
{
    /// <summary>
    /// The machine-code compiler keeps blocks that are far from their predecessors in a list that it walks for each new one,
    /// so thousands of them would take it seconds.
    /// </summary>
    private const int RefillsOutOfLineMax = 256;

    /// <summary>Locals saved in all refills of a function: some 20 KB of IL, a third of what is still optimised.</summary>
    private const int SavedCopiesMax = 1_000;

    private readonly Dictionary<(TrapKind Kind, bool FuelInLocal), Label> traps = [];
    private readonly List<(Label Refill, Label Back, bool SaveLocals)> refills = [];
    private int loops;
    private int savedCopies;
    private LocalBuilder run = null!;
    private LocalBuilder fuel = null!;
    private LocalBuilder? memory;
    private LocalBuilder? memoryBase;
    private LocalBuilder? memoryLength;
    private bool fuelInLocal;
    private int segment;

    /// <summary>Slots that a frame takes from the budget: the same on every machine (WASM-TO-IL.md, "Stack").</summary>
    private int FrameSlots =>
        EnginePolicy.FrameSlots + locals.Count + body.OperandsMax + ((body.End - body.Offset) / EnginePolicy.BodyBytesPerFrameSlot);

    private void Prologue()
    {
        il.LoadArgument(locals.BudgetArgument);
        il.LoadInt32(FrameSlots);
        il.Emit(OpCodes.Sub);
        il.StoreArgument(locals.BudgetArgument);
        il.LoadArgument(locals.BudgetArgument);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Blt, TrapLabel(TrapKind.CallStackExhausted));
        if (FrameSlots >= EnginePolicy.CheckedFrameSlots)
        {
            il.Emit(OpCodes.Call, Members.CheckStack);
        }

        run = il.DeclareLocal(typeof(Run));
        fuel = il.DeclareLocal(typeof(long));
        EmitRun();
        BeginSegment(check: true);
        if (plan.UsesMemory)
        {
            memory = il.DeclareLocal(typeof(LinearMemory));
            memoryBase = il.DeclareLocal(typeof(nint));
            memoryLength = plan.MemoryMayGrow ? null : il.DeclareLocal(typeof(long));
            EmitMemory();
        }
    }

    private void EmitMemory()
    {
        if (memory is null || memoryBase is null)
        {
            return;
        }

        il.LoadArgument(locals.ContextArgument);
        il.Emit(OpCodes.Ldfld, Members.InstanceMemory);
        il.Emit(OpCodes.Stloc, memory);
        il.Emit(OpCodes.Ldloc, memory);
        il.Emit(OpCodes.Ldfld, Members.MemoryBase);
        il.Emit(OpCodes.Stloc, memoryBase);
        if (memoryLength is not null)
        {
            il.Emit(OpCodes.Ldloc, memory);
            il.Emit(OpCodes.Ldfld, Members.MemoryLength);
            il.Emit(OpCodes.Stloc, memoryLength);
        }
    }

    /// <summary>Charges the next segment; with <paramref name="check"/>, where the guest can be stopped.</summary>
    private void BeginSegment(bool check)
    {
        var cost = plan.SegmentCosts[segment++];
        if (!reachable || (cost == 0 && !check))
        {
            return;
        }

        LoadFuel();
        il.Emit(OpCodes.Ldloc, fuel);
        il.LoadInt64(cost);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Stloc, fuel);
        if (!check)
        {
            return;
        }

        var (refill, back) = (il.DefineLabel(), il.DefineLabel());
        il.Emit(OpCodes.Ldloc, fuel);
        il.LoadInt64(0);
        if (refills.Count < RefillsOutOfLineMax)
        {
            il.Emit(OpCodes.Blt, refill);
            refills.Add((refill, back, SavesLocals()));
        }
        else
        {
            il.Emit(OpCodes.Bge, back);
            EmitRefill();
        }

        il.MarkLabel(back);
    }

    private void EmitRefill()
    {
        EmitStoreFuel();
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Call, Members.Refill);
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Ldfld, Members.RunFuel);
        il.Emit(OpCodes.Stloc, fuel);
    }

    /// <summary>
    /// In a loop without calls the refill is the only one, and the machine-code compiler would keep whatever lives across it in
    /// memory for the whole loop. So the refill saves the locals itself; through the run, because copies in other locals of
    /// IL would be seen through. References stay where they are: few loops have any.
    /// </summary>
    private bool SavesLocals()
    {
        // The first check is that of the function's start.
        var calls = loops == 0 ? plan.Calls : plan.LoopCalls(loops - 1);
        if (calls || savedCopies + locals.Count > SavedCopiesMax)
        {
            return false;
        }

        savedCopies += locals.Count;
        module.ReserveSaved(locals.Count);
        return true;
    }

    private void EmitSavingRefill()
    {
        for (var i = 0; i < locals.Count; i++)
        {
            if (!locals.TypeOf(i).IsReference())
            {
                var local = i;
                EmitSavedSlot(i);
                ResultSlots.EmitStoreElement(il, locals.TypeOf(i), () => locals.EmitGet(local));
            }
        }

        EmitStoreFuel();
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Call, Members.Refill);
        EmitRun();
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Ldfld, Members.RunFuel);
        il.Emit(OpCodes.Stloc, fuel);
        for (var i = 0; i < locals.Count; i++)
        {
            if (!locals.TypeOf(i).IsReference())
            {
                EmitSavedSlot(i);
                ResultSlots.EmitLoadElement(il, locals.TypeOf(i));
                locals.EmitSet(i);
            }
        }

        EmitMemory();
    }

    private void EmitSavedSlot(int local)
    {
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Ldfld, Members.RunSaved);
        il.LoadInt32(local);
    }

    private void EmitRun()
    {
        il.LoadArgument(locals.ContextArgument);
        il.Emit(OpCodes.Ldfld, Members.InstanceRun);
        il.Emit(OpCodes.Stloc, run);
    }

    private void LoadFuel()
    {
        if (!fuelInLocal)
        {
            il.Emit(OpCodes.Ldloc, run);
            il.Emit(OpCodes.Ldfld, Members.RunFuel);
            il.Emit(OpCodes.Stloc, fuel);
            fuelInLocal = true;
        }
    }

    /// <summary>Before anything that leaves the function.</summary>
    private void StoreFuel()
    {
        if (fuelInLocal)
        {
            EmitStoreFuel();
            fuelInLocal = false;
        }
    }

    private void EmitStoreFuel()
    {
        il.Emit(OpCodes.Ldloc, run);
        il.Emit(OpCodes.Ldloc, fuel);
        il.Emit(OpCodes.Stfld, Members.RunFuel);
    }

    /// <summary>Where to branch, with an empty evaluation stack, to end the guest.</summary>
    private Label TrapLabel(TrapKind kind)
    {
        if (!traps.TryGetValue((kind, fuelInLocal), out var label))
        {
            traps.Add((kind, fuelInLocal), label = il.DefineLabel());
        }

        return label;
    }

    /// <summary>What rarely runs, behind all that often does: one block for each kind of trap, one for each refill.</summary>
    private void OutOfLine()
    {
        foreach (var (refill, back, saveLocals) in refills)
        {
            il.MarkLabel(refill);
            if (saveLocals)
            {
                EmitSavingRefill();
            }
            else
            {
                EmitRefill();
            }

            il.Emit(OpCodes.Br, back);
        }

        foreach (var ((kind, inLocal), label) in traps)
        {
            il.MarkLabel(label);
            if (inLocal)
            {
                EmitStoreFuel();
            }

            il.LoadInt32((int)kind);
            il.Emit(OpCodes.Call, Members.MakeTrap);
            il.Emit(OpCodes.Throw);
        }
    }
}
