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

    private readonly Dictionary<(TrapKind Kind, bool FuelInLocal), Label> _traps = [];
    private readonly List<(Label Refill, Label Back, bool SaveLocals)> _refills = [];
    private int _loops;
    private int _savedCopies;
    private LocalBuilder _run = null!;
    private LocalBuilder _fuel = null!;
    private LocalBuilder? _memory;
    private LocalBuilder? _memoryBase;
    private LocalBuilder? _memoryLength;
    private bool _fuelInLocal;
    private int _segment;

    /// <summary>Slots that a frame takes from the budget: the same on every machine (FUEL.md, "Stack").</summary>
    private int FrameSlots =>
        EnginePolicy.FrameSlots + _locals.Slots + _body.OperandSlotsMax + ((_body.End - _body.Offset) / EnginePolicy.BodyBytesPerFrameSlot);

    private void Prologue()
    {
        _il.LoadArgument(_locals.BudgetArgument);
        _il.LoadInt32(FrameSlots);
        _il.Emit(OpCodes.Sub);
        _il.StoreArgument(_locals.BudgetArgument);
        _il.LoadArgument(_locals.BudgetArgument);
        _il.Emit(OpCodes.Ldc_I4_0);
        _il.Emit(OpCodes.Blt, TrapLabel(TrapKind.CallStackExhausted));
        if (FrameSlots >= EnginePolicy.CheckedFrameSlots)
        {
            _il.Emit(OpCodes.Call, Members.CheckStack);
        }

        _run = _il.DeclareLocal(typeof(Run));
        _fuel = _il.DeclareLocal(typeof(long));
        EmitRun();
        BeginSegment(check: true);
        if (_plan.UsesMemory)
        {
            _memory = _il.DeclareLocal(typeof(LinearMemory));
            _memoryBase = _il.DeclareLocal(typeof(nint));
            _memoryLength = _plan.MemoryMayGrow ? null : _il.DeclareLocal(typeof(long));
            EmitMemory();
        }
    }

    private void EmitMemory()
    {
        if (_memory is null || _memoryBase is null)
        {
            return;
        }

        _il.LoadArgument(_locals.ContextArgument);
        _il.Emit(OpCodes.Ldfld, Members.InstanceMemory);
        _il.Emit(OpCodes.Stloc, _memory);
        _il.Emit(OpCodes.Ldloc, _memory);
        _il.Emit(OpCodes.Ldfld, Members.MemoryBase);
        _il.Emit(OpCodes.Stloc, _memoryBase);
        if (_memoryLength is not null)
        {
            _il.Emit(OpCodes.Ldloc, _memory);
            _il.Emit(OpCodes.Ldfld, Members.MemoryLength);
            _il.Emit(OpCodes.Stloc, _memoryLength);
        }
    }

    /// <summary>Charges the next segment; with <paramref name="check"/>, where the guest can be stopped.</summary>
    private void BeginSegment(bool check)
    {
        var cost = _plan.SegmentCosts[_segment++];
        if (!_reachable || (cost == 0 && !check))
        {
            return;
        }

        LoadFuel();
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(cost);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stloc, _fuel);
        if (!check)
        {
            return;
        }

        var (refill, back) = (_il.DefineLabel(), _il.DefineLabel());
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(0);
        if (_refills.Count < RefillsOutOfLineMax)
        {
            _il.Emit(OpCodes.Blt, refill);
            _refills.Add((refill, back, SavesLocals()));
        }
        else
        {
            _il.Emit(OpCodes.Bge, back);
            EmitRefill();
        }

        _il.MarkLabel(back);
    }

    private void EmitRefill()
    {
        EmitStoreFuel();
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Call, Members.Refill);
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldfld, Members.RunFuel);
        _il.Emit(OpCodes.Stloc, _fuel);
    }

    /// <summary>
    /// In a loop without calls the refill is the only one, and the machine-code compiler would keep whatever lives across it in
    /// memory for the whole loop. So the refill saves the locals itself; through the run, because copies in other locals of
    /// IL would be seen through. References stay where they are: few loops have any.
    /// </summary>
    private bool SavesLocals()
    {
        // The first check is that of the function's start.
        var calls = _loops == 0 ? _plan.Calls : _plan.LoopCalls(_loops - 1);
        if (calls || _savedCopies + _locals.Count > SavedCopiesMax)
        {
            return false;
        }

        _savedCopies += _locals.Count;
        _module.ReserveSaved(_locals.Count);
        return true;
    }

    private void EmitSavingRefill()
    {
        for (var i = 0; i < _locals.Count; i++)
        {
            if (!_locals.TypeOf(i).IsReference())
            {
                var local = i;
                EmitSavedSlot(i);
                ResultSlots.EmitStoreElement(_il, _locals.TypeOf(i), () => _locals.EmitGet(local));
            }
        }

        EmitStoreFuel();
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Call, Members.Refill);
        EmitRun();
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldfld, Members.RunFuel);
        _il.Emit(OpCodes.Stloc, _fuel);
        for (var i = 0; i < _locals.Count; i++)
        {
            if (!_locals.TypeOf(i).IsReference())
            {
                EmitSavedSlot(i);
                ResultSlots.EmitLoadElement(_il, _locals.TypeOf(i));
                _locals.EmitSet(i);
            }
        }

        EmitMemory();
    }

    private void EmitSavedSlot(int local)
    {
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldfld, Members.RunSaved);
        _il.LoadInt32(local);
    }

    private void EmitRun()
    {
        _il.LoadArgument(_locals.ContextArgument);
        _il.Emit(OpCodes.Ldfld, Members.InstanceRun);
        _il.Emit(OpCodes.Stloc, _run);
    }

    private void LoadFuel()
    {
        if (!_fuelInLocal)
        {
            _il.Emit(OpCodes.Ldloc, _run);
            _il.Emit(OpCodes.Ldfld, Members.RunFuel);
            _il.Emit(OpCodes.Stloc, _fuel);
            _fuelInLocal = true;
        }
    }

    /// <summary>Before anything that leaves the function.</summary>
    private void StoreFuel()
    {
        if (_fuelInLocal)
        {
            EmitStoreFuel();
            _fuelInLocal = false;
        }
    }

    private void EmitStoreFuel()
    {
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.Emit(OpCodes.Stfld, Members.RunFuel);
    }

    /// <summary>Where to branch, with an empty evaluation stack, to end the guest.</summary>
    private Label TrapLabel(TrapKind kind)
    {
        if (!_traps.TryGetValue((kind, _fuelInLocal), out var label))
        {
            _traps.Add((kind, _fuelInLocal), label = _il.DefineLabel());
        }

        return label;
    }

    /// <summary>What rarely runs, behind all that often does: one block for each kind of trap, one for each refill.</summary>
    private void OutOfLine()
    {
        foreach (var (refill, back, saveLocals) in _refills)
        {
            _il.MarkLabel(refill);
            if (saveLocals)
            {
                EmitSavingRefill();
            }
            else
            {
                EmitRefill();
            }

            _il.Emit(OpCodes.Br, back);
        }

        foreach (var ((kind, inLocal), label) in _traps)
        {
            _il.MarkLabel(label);
            if (inLocal)
            {
                EmitStoreFuel();
            }

            _il.LoadInt32((int)kind);
            _il.Emit(OpCodes.Call, Members.MakeTrap);
            _il.Emit(OpCodes.Throw);
        }
    }
}
