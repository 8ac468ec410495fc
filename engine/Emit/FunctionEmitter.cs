using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits the IL of one function in one pass over its code. May assume that the code is valid; must not assume anything of
/// the values it will run on. One object for one function.
/// </summary>
internal sealed partial class FunctionEmitter
{
    private readonly EmitContext _context;
    private readonly ModuleEmitter _module;
    private readonly ModuleContent _content;
    private readonly FunctionBody _body;
    private readonly FunctionPlan _plan;
    private readonly CodeWriter _il;
    private readonly FunctionLocals _locals;
    private readonly OperandStack _stack;
    private readonly AddressFacts _facts;
    private readonly FuelEmitter _fuel;
    private readonly CompilerDefects _defects;
    private readonly AddressEmitter _addresses;
    private readonly MemoryEmitter _memory;
    private readonly AtomicEmitter _atomics;
    private readonly NumericEmitter _numbers;
    private readonly VectorEmitter _vectors;
    private readonly CallEmitter _calls;
    private readonly RuntimeEmitter _runtime;
    private readonly List<Block> _blocks = [];
    private bool _reachable = true;
    private int _loops;
    private Label? _stackFault;

    public FunctionEmitter(ModuleEmitter module, int function, FunctionBody body, MethodInfo method, CodeWriter il)
    {
        _context = new EmitContext(module, function, body, method, il);
        _module = module;
        _body = body;
        _il = il;
        _content = module.Content;
        _plan = _context.Plan;
        _locals = _context.Locals;
        _stack = _context.Stack;
        _facts = _context.Facts;
        _fuel = new FuelEmitter(_context);
        _defects = new CompilerDefects(_context);
        _addresses = new AddressEmitter(_context, _fuel);
        _memory = new MemoryEmitter(_context, _addresses);
        _atomics = new AtomicEmitter(_context, _fuel, _addresses);
        _numbers = new NumericEmitter(_context, _fuel, _defects);
        _calls = new CallEmitter(_context, _fuel);
        _runtime = new RuntimeEmitter(_context, _fuel);
        _vectors = new VectorEmitter(_context, _addresses, _defects);
    }

    /// <inheritdoc cref="EmitContext.FrameSlots"/>
    public int FrameSlots => _context.FrameSlots;

    /// <inheritdoc cref="EmitContext.Guard"/>
    public MethodBuilder? Guard
    {
        get => _context.Guard;
        set => _context.Guard = value;
    }

    /// <summary>Bytes of IL so far.</summary>
    public int CodeBytes => _il.Length;

    /// <summary>Locals of IL so far: those of the function, its operands by height and type, and what the emitter needs itself.</summary>
    public int LocalCount => _context.LocalCount + _addresses.LocalCount;

    /// <summary>An open block.</summary>
    private sealed class Block(Opcode opcode, FunctionType type, int height, bool entered)
    {
        /// <summary>Block, Loop, If or Else; Block for the function itself.</summary>
        public Opcode Opcode { get; set; } = opcode;

        public FunctionType Type { get; } = type;

        /// <summary>Operands below belong to the blocks around it.</summary>
        public int Height { get; } = height;

        /// <summary>The block itself can be reached.</summary>
        public bool Entered { get; } = entered;

        /// <summary>Where branches go: the head of a loop, else the end.</summary>
        public Label Target { get; init; }

        /// <summary>Of an if: the other arm, or the end.</summary>
        public Label Else { get; init; }

        public bool Branched { get; set; }

        public int LabelArity => Opcode == Opcode.Loop ? Type.Parameters.Length : Type.Results.Length;
    }

    public void Emit()
    {
        Prologue();
        Open(new Block(Opcode.Block, new FunctionType([], _context.Type.Results), 0, true) { Target = _il.DefineLabel() });
        var reader = new InstructionReader(_content.Bytes.Span, _body.Offset, _body.End, _module.Limits);
        while (_blocks.Count > 0)
        {
            reader.Read(out var instruction);
            Instruction(in instruction);
        }

        OutOfLine();
    }

    private void Prologue()
    {
        var slots = _context.FrameSlots;
        _il.LoadArgument(_locals.BudgetArgument);
        _il.LoadInt32(slots);
        _il.Emit(OpCodes.Sub);
        _il.StoreArgument(_locals.BudgetArgument);
        _il.LoadArgument(_locals.BudgetArgument);
        _il.Emit(OpCodes.Ldc_I4_0);
        _il.Emit(OpCodes.Blt, _fuel.Trap(TrapKind.CallStackExhausted));
        if (slots >= EnginePolicy.CheckedFrameSlots)
        {
            EmitStackCheck();
        }

        _context.EmitRun();
        _fuel.EmitFirstPiece();
        _addresses.EmitBeginning();
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
        _locals.EmitInstanceField(Members.InstanceStackLimit);
        _il.Emit(OpCodes.Blt_Un, _stackFault.Value);
    }

    /// <summary>What rarely runs, behind all that often does: one block for each kind of trap, one for each refill.</summary>
    private void OutOfLine()
    {
        _addresses.EmitLoading();
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
            // These open and close blocks, also where nothing can be reached.
            case Opcode.Block or Opcode.Loop or Opcode.If:
                OpenBlock(in instruction);
                break;
            case Opcode.Else:
                Else();
                break;
            case Opcode.End:
                End();
                return;
            default:
                if (_reachable)
                {
                    Reachable(in instruction);
                }

                break;
        }

        if (FuelSegments.Cuts(instruction.Opcode))
        {
            _fuel.BeginPiece(_reachable);
        }
    }

    private void Reachable(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case >= Opcode.Unreachable and <= Opcode.Return:
                Branch(in instruction);
                break;
            case Opcode.Call:
                _calls.Call(instruction.Index);
                break;
            case Opcode.CallIndirect:
                _calls.CallIndirect(instruction.Index, instruction.Index2);
                break;
            case Opcode.ReturnCall:
                _calls.ReturnCall(instruction.Index);
                EndPath();
                break;
            case Opcode.ReturnCallIndirect:
                _calls.ReturnCallIndirect(instruction.Index, instruction.Index2);
                EndPath();
                break;
            case >= Opcode.Drop and <= Opcode.GlobalSet:
                Variable(in instruction);
                break;
            case >= Opcode.I32Load and <= Opcode.I64Store32:
                _memory.Emit(in instruction);
                break;
            case >= Opcode.I32Const and <= Opcode.F64Const:
                _stack.PushConstant(ConstantType(instruction.Opcode), instruction.Bits);
                break;
            case Opcode.RefNull:
                _stack.PushConstant(instruction.Type, 0);
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

    private void Variable(in Instruction instruction)
    {
        var index = instruction.Index;
        switch (instruction.Opcode)
        {
            case Opcode.Drop:
                if (_stack.Top.Place == OperandPlace.Stack)
                {
                    _il.Emit(OpCodes.Pop);
                }

                _stack.Truncate(_stack.Count - 1);
                break;
            case Opcode.Select or Opcode.SelectTyped:
                Select();
                break;
            case Opcode.LocalGet:
                PushLocal(in instruction);
                break;
            case Opcode.LocalSet:
                SetLocal(in instruction);
                break;
            case Opcode.LocalTee:
                SetLocal(in instruction);
                PushLocal(in instruction);
                break;
            case Opcode.GlobalGet:
                GlobalGet(index);
                break;
            default:
                GlobalSet(index);
                break;
        }
    }

    private void SetLocal(in Instruction instruction)
    {
        var index = instruction.Index;
        _stack.SpillLocals(index, _stack.Count - 1);
        if (_plan.NaNsAt(in instruction) == NaNLanes.None)
        {
            _stack.CanonicaliseTop(1);
        }

        var max = _stack.Top.Max;
        _stack.Load(1);
        _locals.EmitSet(index);
        _facts.Changed(index);
        _facts.AddMax(index, max);
    }

    private void PushLocal(in Instruction instruction) =>
        _stack.PushLocal(
            _locals.TypeOf(instruction.Index),
            instruction.Index,
            _plan.NaNsAt(in instruction),
            _facts.MaxOf(instruction.Index)
        );

    private void Select()
    {
        var condition = _stack.Take();
        var height = _stack.Count - 2;
        if (_stack[height].AnyNaN != _stack.Top.AnyNaN)
        {
            // One of them may be a NaN whose bits must stay.
            _stack.CanonicaliseTop(2);
        }

        var second = _stack.Take();
        var (operandType, anyNaN) = (_stack.Top.Type, _stack.Top.AnyNaN);
        var first = _stack.Take();
        _stack.SpillStack();
        var result = _locals.Spill(height, operandType);
        var done = _il.DefineLabel();

        // The condition and the second operand are in locals above this height, so the order does not matter.
        first.Emit();
        _il.Emit(OpCodes.Stloc, result);
        condition.Emit();
        _defects.EmitBeforeComparison(wide: false);
        _il.Emit(OpCodes.Brtrue, done);
        second.Emit();
        _il.Emit(OpCodes.Stloc, result);
        _il.MarkLabel(done);
        _stack.PushSpilled(operandType, anyNaN);
    }

    private void GlobalGet(int index)
    {
        var global = _content.Globals[index];
        EmitGlobalStorage(index, global.Content.IsReference());
        if (global.Content.IsReference())
        {
            _il.Emit(OpCodes.Ldind_Ref);
        }
        else
        {
            ResultSlots.LoadNumber(_il, global.Content);
        }

        _stack.PushStack(global.Content, depth: 1);
    }

    private void GlobalSet(int index)
    {
        var content = _content.Globals[index].Content;
        var value = _stack.TakeCanonical();
        EmitGlobalStorage(index, content.IsReference());
        value.Emit();
        switch (content)
        {
            case WasmType.I32:
                // The cell is 64 bits wide and read as a whole by the host.
                _il.Emit(OpCodes.Conv_U8);
                _il.Emit(OpCodes.Stind_I8);
                break;
            case WasmType.I64:
                _il.Emit(OpCodes.Stind_I8);
                break;
            case WasmType.F32:
                _il.Emit(OpCodes.Stind_R4);
                break;
            case WasmType.F64:
                _il.Emit(OpCodes.Stind_R8);
                break;
            case WasmType.V128:
                _il.StoreVector();
                break;
            default:
                _il.Emit(OpCodes.Stind_Ref);
                break;
        }
    }

    /// <summary>Leaves the address of the global's cell on the evaluation stack.</summary>
    private void EmitGlobalStorage(int index, bool reference)
    {
        _locals.EmitInstance();
        if (index >= _content.ImportedGlobals)
        {
            _il.Emit(OpCodes.Ldfld, reference ? Members.InstanceReferences : Members.InstanceCells);
            _il.LoadInt32(index);
        }
        else
        {
            _il.Emit(OpCodes.Ldfld, Members.InstanceGlobals);
            _il.LoadInt32(index);
            _il.Emit(OpCodes.Ldelem_Ref);
            _il.Emit(OpCodes.Dup);
            _il.Emit(OpCodes.Ldfld, reference ? Members.GlobalReferences : Members.GlobalCells);
            var cells = reference ? _context.Scratch(typeof(object[])) : _context.Scratch(typeof(Cell[]));
            _il.Emit(OpCodes.Stloc, cells);
            _il.Emit(OpCodes.Ldfld, Members.GlobalSlot);
            var slot = _context.Scratch(typeof(int));
            _il.Emit(OpCodes.Stloc, slot);
            _il.Emit(OpCodes.Ldloc, cells);
            _il.Emit(OpCodes.Ldloc, slot);
        }

        _il.Emit(OpCodes.Ldelema, reference ? typeof(object) : typeof(Cell));
    }
}
