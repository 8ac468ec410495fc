using System.Reflection;
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

    /// <summary>More last addresses would not stay in registers, and each is computed at each call of the function.</summary>
    private const int LastAddressesMax = 12;

    private readonly Dictionary<(TrapKind Kind, bool FuelInLocal), Label> _traps = [];
    private readonly List<(Label Refill, Label Back)> _refills = [];
    private int _loops;
    private LocalBuilder _run = null!;
    private LocalBuilder _fuel = null!;
    private LocalBuilder? _memory;
    private LocalBuilder? _memoryBase;
    private LocalBuilder? _memoryLength;

    /// <summary>
    /// By the distance from an address to the end of its access: the greatest address that is inside; below zero where none is.
    /// </summary>
    private readonly Dictionary<long, LocalBuilder> _lastAddresses = [];
    private Label _stopped;
    private Label? _stackFault;
    private Label _memoryLoad;
    private Label _memoryLoaded;
    private bool _fuelInLocal;
    private int _piece;

    /// <summary>Slots that a frame takes from the budget: the same on every machine (FUEL.md, "Stack").</summary>
    public int FrameSlots =>
        EnginePolicy.FrameSlots
        + _locals.Slots
        + _body.OperandSlotsMax
        + _plan.InstructionSlots
        + ((_body.End - _body.Offset) / EnginePolicy.BodyBytesPerFrameSlot);

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
            EmitStackCheck();
        }

        _run = _il.DeclareLocal(typeof(Run));
        _fuel = _il.DeclareLocal(typeof(long));
        _stopped = _il.DefineLabel();
        EmitRun();
        BeginPiece();
        if (_plan.UsesMemory)
        {
            (_memoryLoad, _memoryLoaded) = (_il.DefineLabel(), _il.DefineLabel());
            _memory = _il.DeclareLocal(typeof(LinearMemory));
            _memoryBase = _il.DeclareLocal(typeof(nint));
            _memoryLength = _plan.MemoryMayGrow ? null : _il.DeclareLocal(typeof(long));

            // Emitted behind the code, when it is known which last addresses the checks compare with.
            _il.Emit(OpCodes.Br, _memoryLoad);
            _il.MarkLabel(_memoryLoaded);
        }
    }

    /// <summary>
    /// Behind the slots, which are reckoned so that this never fails: the frame's own address against the thread's stack. What is kept free
    /// below the limit is many times as much as this frame may be; for larger ones see <see cref="FrameGuard"/>.
    /// </summary>
    private void EmitStackCheck()
    {
        _stackFault = _il.DefineLabel();
        _il.Emit(OpCodes.Ldloca, _il.DeclareLocal(typeof(int)));
        _il.Emit(OpCodes.Conv_U);
        _il.LoadArgument(_locals.ContextArgument);
        _il.Emit(OpCodes.Ldfld, Members.InstanceStackLimit);
        _il.Emit(OpCodes.Blt_Un, _stackFault.Value);
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

        EmitNaN(_locals.NaN32, Members.RunNaN32);
        EmitNaN(_locals.NaN64, Members.RunNaN64);
        foreach (var (reach, lastAddress) in _lastAddresses)
        {
            _il.Emit(OpCodes.Ldloc, _memoryLength!);
            _il.LoadInt64(reach);
            _il.Emit(OpCodes.Sub);
            _il.Emit(OpCodes.Stloc, lastAddress);
        }
    }

    /// <summary>Only stores want them, so there is a memory.</summary>
    private void EmitNaN(LocalBuilder? local, FieldInfo field)
    {
        if (local is not null)
        {
            _il.Emit(OpCodes.Ldloc, _run);
            _il.Emit(OpCodes.Ldfld, field);
            _il.Emit(OpCodes.Stloc, local);
        }
    }

    /// <summary>
    /// Where the next piece of code begins: charges its segment, if it is the first of one, and lets the guest be stopped.
    /// </summary>
    private void BeginPiece()
    {
        var (charge, checks) = _plan.Pieces[_piece++];
        if (!_reachable || (charge == 0 && !checks) || !_module.IsMetered)
        {
            return;
        }

        LoadFuel();
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(charge);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stloc, _fuel);
        if (!checks)
        {
            return;
        }

        var (refill, back) = (_il.DefineLabel(), _il.DefineLabel());
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(0);
        if (_refills.Count < RefillsOutOfLineMax)
        {
            _il.Emit(OpCodes.Blt, refill);
            _refills.Add((refill, back));
        }
        else
        {
            _il.Emit(OpCodes.Bge, back);
            EmitRefill(back);
        }

        _il.MarkLabel(back);
    }

    /// <summary>
    /// Takes the next slice, or ends the run. Without a call: the machine-code compiler would keep whatever lives across one in memory, on
    /// each turn of the loop, although it is almost never made.
    /// </summary>
    private void EmitRefill(Label back)
    {
        var slices = Scratch(typeof(long));
        var again = _il.DefineLabel();
        _il.MarkLabel(again);
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldfld, Members.RunSlices);
        _il.Emit(OpCodes.Stloc, slices);
        _il.Emit(OpCodes.Ldloc, slices);
        _il.Emit(OpCodes.Brfalse, TrapLabel(TrapKind.OutOfFuel, fuelInLocal: true));
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Volatile);
        _il.Emit(OpCodes.Ldfld, Members.RunStop);
        _il.Emit(OpCodes.Brtrue, _stopped);
        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldloc, slices);
        _il.LoadInt64(1);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stfld, Members.RunSlices);
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(EnginePolicy.FuelSlice);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _fuel);
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.LoadInt64(0);
        _il.Emit(OpCodes.Blt, again);
        _il.Emit(OpCodes.Br, back);
    }

    private void EmitRun()
    {
        _il.LoadArgument(_locals.ContextArgument);
        _il.Emit(OpCodes.Ldfld, Members.InstanceRun);
        _il.Emit(OpCodes.Stloc, _run);
    }

    private void LoadFuel()
    {
        if (!_fuelInLocal && _module.IsMetered)
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
        if (!_module.IsMetered)
        {
            return;
        }

        _il.Emit(OpCodes.Ldloc, _run);
        _il.Emit(OpCodes.Ldloc, _fuel);
        _il.Emit(OpCodes.Stfld, Members.RunFuel);
    }

    /// <summary>Where to branch, with an empty evaluation stack, to end the guest.</summary>
    private Label TrapLabel(TrapKind kind) => TrapLabel(kind, _fuelInLocal);

    private Label TrapLabel(TrapKind kind, bool fuelInLocal)
    {
        if (!_traps.TryGetValue((kind, fuelInLocal), out var label))
        {
            _traps.Add((kind, fuelInLocal), label = _il.DefineLabel());
        }

        return label;
    }

    /// <summary>What rarely runs, behind all that often does: one block for each kind of trap, one for each refill.</summary>
    private void OutOfLine()
    {
        if (_memory is not null)
        {
            _il.MarkLabel(_memoryLoad);
            EmitMemory();
            _il.Emit(OpCodes.Br, _memoryLoaded);
        }

        foreach (var (refill, back) in _refills)
        {
            _il.MarkLabel(refill);
            EmitRefill(back);
        }

        EmitResolutions();

        // Every function has a check, that of its start.
        _il.MarkLabel(_stopped);
        EmitStoreFuel();
        _il.Emit(OpCodes.Ldloc, _run);
        _il.EmitThrow(Members.MakeStop);

        if (_stackFault is { } fault)
        {
            _il.MarkLabel(fault);
            _il.EmitThrow(Members.MakeStackFault);
        }

        foreach (var ((kind, inLocal), label) in _traps)
        {
            _il.MarkLabel(label);
            if (inLocal)
            {
                EmitStoreFuel();
            }

            _il.LoadInt32((int)kind);
            _il.LoadInt32(_function);
            _il.LoadArgument(_locals.ContextArgument);
            _il.EmitThrow(Members.MakeTrap);
        }
    }
}
