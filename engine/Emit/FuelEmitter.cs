using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits what a function pays and where its guest ends: charges, refills, a block for each kind of trap. Owns the local of the fuel, and
/// knows at each place whether the fuel is there or in the run. May assume that pieces begin in the order of the plan, that
/// <see cref="Load"/> comes before each branch to a label of the guest's, and <see cref="AtLabel"/> behind each such label. Charges, and
/// branches to a trap, want the evaluation stack empty but for what the branch itself compares. Leaves nothing on it.
/// </summary>
internal sealed class FuelEmitter(EmitContext context)
{
    /// <summary>
    /// The machine-code compiler keeps blocks that are far from their predecessors in a list that it walks for each new one,
    /// so thousands of them would take it seconds.
    /// </summary>
    private const int RefillsOutOfLineMax = 256;

    private readonly CodeWriter _il = context.IL;
    private readonly bool _isMetered = context.Module.IsMetered;
    private readonly Dictionary<(TrapKind Kind, bool FuelInLocal), Label> _traps = [];
    private readonly List<(Label Refill, Label Back)> _refills = [];
    private readonly Label _stopped = context.IL.DefineLabel();
    private LocalBuilder _fuel = null!;
    private bool _inLocal;
    private int _piece;

    /// <summary>The function's beginning, when the run is in its local.</summary>
    public void EmitFirstPiece()
    {
        _fuel = _il.DeclareLocal(typeof(long));
        BeginPiece(reachable: true);
    }

    /// <summary>For a method that begins at a loop: the function's beginning was paid.</summary>
    public void SkipFirstPiece()
    {
        _fuel = _il.DeclareLocal(typeof(long));
        _piece++;
    }

    /// <summary>Takes the fuel out of the run, at a place that a branch to a label follows.</summary>
    public void EmitLoad()
    {
        _il.LoadField(context.Run, Members.RunFuel);
        _il.StoreLocal(_fuel);
    }

    /// <summary>
    /// Where the next piece of code begins: charges its segment, if the piece is the segment's first, and lets the guest be stopped.
    /// </summary>
    public void BeginPiece(bool reachable)
    {
        var (charge, checks) = context.Plan.Pieces[_piece++];
        if (!reachable || (charge == 0 && !checks) || !_isMetered)
        {
            return;
        }

        Load();
        _il.LoadLocal(_fuel);
        _il.LoadInt64(charge);
        _il.Emit(OpCodes.Sub);
        _il.StoreLocal(_fuel);
        if (!checks)
        {
            return;
        }

        var (refill, back) = (_il.DefineLabel(), _il.DefineLabel());
        _il.LoadLocal(_fuel);
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

    /// <summary>Before a branch, and before a label that is also reached from above.</summary>
    public void Load()
    {
        if (!_inLocal && _isMetered)
        {
            EmitLoad();
            _inLocal = true;
        }
    }

    /// <summary>Before anything that leaves the function.</summary>
    public void Store()
    {
        if (_inLocal)
        {
            EmitStore();
            _inLocal = false;
        }
    }

    /// <summary>Every branch to the label has the fuel in its local, even if the code above the label has it in the run.</summary>
    public void AtLabel() => _inLocal = true;

    /// <summary>Where to branch, with an empty evaluation stack, to end the guest.</summary>
    public Label Trap(TrapKind kind) => Trap(kind, _inLocal);

    /// <summary>Behind the code.</summary>
    public void EmitRefills()
    {
        foreach (var (refill, back) in _refills)
        {
            _il.MarkLabel(refill);
            EmitRefill(back);
        }
    }

    /// <summary>Behind the code: where a refill ends a run that was told to stop. Every function has a check, that of its start.</summary>
    public void EmitStop()
    {
        _il.MarkLabel(_stopped);
        EmitStore();
        _il.LoadLocal(context.Run);
        _il.EmitThrow(Members.MakeStop);
    }

    /// <summary>Behind all that may still ask for a trap.</summary>
    public void EmitTraps()
    {
        foreach (var ((kind, inLocal), label) in _traps)
        {
            _il.MarkLabel(label);
            if (inLocal)
            {
                EmitStore();
            }

            _il.LoadInt32((int)kind);
            _il.LoadInt32(context.Function);
            context.Locals.EmitInstance();
            _il.EmitThrow(Members.MakeTrap);
        }
    }

    private Label Trap(TrapKind kind, bool fuelInLocal)
    {
        if (!_traps.TryGetValue((kind, fuelInLocal), out var label))
        {
            _traps.Add((kind, fuelInLocal), label = _il.DefineLabel());
        }

        return label;
    }

    /// <summary>
    /// Takes the next slice, or ends the run. Without a call: the machine-code compiler would keep every value that lives across a call in
    /// memory on each turn of the loop, although the call is almost never made.
    /// </summary>
    private void EmitRefill(Label back)
    {
        var slices = context.Scratch(typeof(long));
        var again = _il.DefineLabel();
        _il.MarkLabel(again);
        _il.LoadField(context.Run, Members.RunSlices);
        _il.StoreLocal(slices);
        _il.LoadLocal(slices);
        _il.Emit(OpCodes.Brfalse, Trap(TrapKind.OutOfFuel, fuelInLocal: true));
        _il.LoadLocal(context.Run);
        _il.Emit(OpCodes.Volatile);
        _il.Emit(OpCodes.Ldfld, Members.RunStop);
        _il.Emit(OpCodes.Brtrue, _stopped);
        _il.LoadLocal(context.Run);
        _il.LoadLocal(slices);
        _il.LoadInt64(1);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Stfld, Members.RunSlices);
        _il.LoadLocal(_fuel);
        _il.LoadInt64(EnginePolicy.FuelSlice);
        _il.Emit(OpCodes.Add);
        _il.StoreLocal(_fuel);
        _il.LoadLocal(_fuel);
        _il.LoadInt64(0);
        _il.Emit(OpCodes.Blt, again);
        _il.Emit(OpCodes.Br, back);
    }

    private void EmitStore()
    {
        if (_isMetered)
        {
            _il.LoadLocal(context.Run);
            _il.LoadLocal(_fuel);
            _il.Emit(OpCodes.Stfld, Members.RunFuel);
        }
    }
}
