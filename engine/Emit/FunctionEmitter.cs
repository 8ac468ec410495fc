using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits the IL of one function in one pass over its code: the function's beginning, each instruction by the emitter that it belongs to,
/// and behind them the code that rarely runs. May assume that the code is valid; must assume nothing of the values it will run on. One
/// object for one function. The emitters share the <see cref="EmitContext"/>; each gets those that it uses, which are made before it.
/// </summary>
internal sealed class FunctionEmitter
{
    private readonly EmitContext _context;
    private readonly CodeWriter _il;
    private readonly FuelEmitter _fuel;
    private readonly LoopEntryEmitter _entry;
    private readonly ControlEmitter _control;
    private readonly CallEmitter _calls;
    private readonly RuntimeEmitter _runtime;
    private readonly VariableEmitter _variables;
    private readonly NumericEmitter _numbers;
    private readonly AddressEmitter _addresses;
    private readonly MemoryEmitter _memory;
    private readonly AtomicEmitter _atomics;
    private readonly VectorEmitter _vectors;
    private Label? _stackFault;

    public FunctionEmitter(EmitContext context)
    {
        _context = context;
        _il = context.IL;
        var defects = new CompilerDefects(context);
        _fuel = new FuelEmitter(context);
        _entry = new LoopEntryEmitter(context, _fuel);
        _control = new ControlEmitter(context, _fuel, _entry, defects);
        _calls = new CallEmitter(context, _fuel);
        _runtime = new RuntimeEmitter(context, _fuel);
        _variables = new VariableEmitter(context, defects);
        _numbers = new NumericEmitter(context, _fuel, defects);
        _addresses = new AddressEmitter(context, _fuel);
        _memory = new MemoryEmitter(context, _addresses);
        _atomics = new AtomicEmitter(context, _fuel, _addresses);
        _vectors = new VectorEmitter(context, _addresses, defects);
    }

    public void Emit()
    {
        Prologue();
        _control.OpenFunction();
        var (content, body) = (_context.Content, _context.Body);
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        while (_control.InFunction)
        {
            reader.Read(out var instruction);
            Instruction(in instruction);
        }

        OutOfLine();
    }

    private void Prologue()
    {
        var (slots, budget) = (_context.FrameSlots, _context.Locals.BudgetArgument);
        _il.LoadArgument(budget);
        _il.LoadInt32(slots);
        _il.Emit(OpCodes.Sub);
        _il.StoreArgument(budget);
        _il.LoadArgument(budget);
        _il.LoadInt32(0);
        _il.Emit(OpCodes.Blt, _fuel.Trap(TrapKind.CallStackExhausted));
        if (slots >= EnginePolicy.CheckedFrameSlots)
        {
            EmitStackCheck();
        }

        _context.EmitRun();
        if (_context.EntryLoop is null)
        {
            _fuel.EmitFirstPiece();
            _addresses.EmitBeginning();
        }
        else
        {
            _fuel.SkipFirstPiece();
            _addresses.EmitBeginning();
            _entry.EmitBeginning();
        }
    }

    /// <summary>
    /// Compares the frame's own address with the thread's stack. The slots are checked first, and are counted so that this check never
    /// fails. Below the limit many times this frame's size stays free; for larger frames see <see cref="FrameGuard"/>.
    /// </summary>
    private void EmitStackCheck()
    {
        _stackFault = _il.DefineLabel();
        _il.Emit(OpCodes.Ldloca, _il.DeclareLocal(typeof(int)));
        _il.Emit(OpCodes.Conv_U);
        _context.Locals.EmitInstanceField(Members.InstanceStackLimit);
        _il.Emit(OpCodes.Blt_Un, _stackFault.Value);
    }

    /// <summary>What rarely runs, behind all that often does: one block for each kind of trap, one for each refill.</summary>
    private void OutOfLine()
    {
        _addresses.EmitLoading();
        _entry.EmitLoading();
        _fuel.EmitRefills();
        _calls.EmitResolutions();
        _fuel.EmitStop();
        if (_stackFault is { } fault)
        {
            _il.MarkLabel(fault);
            _il.EmitThrow(Members.MakeStackFault);
        }

        _fuel.EmitTraps();
    }

    private void Instruction(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            // These open and close blocks, also in code that cannot be reached.
            case Opcode.Block or Opcode.Loop or Opcode.If:
                _control.OpenBlock(in instruction);
                break;
            case Opcode.Else:
                _control.Else();
                break;
            case Opcode.End:
                _control.End();
                return;
            default:
                if (_control.Reachable)
                {
                    Reachable(in instruction);
                }

                break;
        }

        if (FuelSegments.Cuts(instruction.Opcode))
        {
            _fuel.BeginPiece(_control.Reachable);
        }
    }

    private void Reachable(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case >= Opcode.Unreachable and <= Opcode.Return:
                _control.Branch(in instruction);
                break;
            case Opcode.Call or Opcode.CallIndirect:
                _calls.Emit(in instruction, tail: false);
                break;
            case Opcode.ReturnCall or Opcode.ReturnCallIndirect:
                _calls.Emit(in instruction, tail: true);
                _control.EndPath();
                break;
            case >= Opcode.Drop and <= Opcode.GlobalSet:
                _variables.Emit(in instruction);
                break;
            case >= Opcode.I32Load and <= Opcode.I64Store32:
                _memory.Emit(in instruction);
                break;
            case >= Opcode.I32Const and <= Opcode.F64Const:
                _context.Stack.PushConstant(ConstantType(instruction.Opcode), instruction.Bits);
                break;
            case Opcode.RefNull:
                _context.Stack.PushConstant(instruction.Type, 0);
                break;
            case >= Opcode.I32Eqz and <= Opcode.I64Extend32S or >= Opcode.I32TruncSatF32S and <= Opcode.I64TruncSatF64U:
                _numbers.Emit(instruction.Opcode);
                break;
            case >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U:
                _vectors.Emit(in instruction);
                break;
            case >= Opcode.MemoryAtomicNotify and <= Opcode.I64AtomicRmw32CmpxchgU:
                _atomics.Emit(in instruction);
                break;
            default:
                _runtime.Emit(in instruction);
                break;
        }
    }

    private static WasmType ConstantType(Opcode opcode) =>
        opcode switch
        {
            Opcode.I32Const => WasmType.I32,
            Opcode.I64Const => WasmType.I64,
            Opcode.F32Const => WasmType.F32,
            _ => WasmType.F64,
        };
}
