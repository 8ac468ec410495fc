using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// Makes the steps of a function in one pass over its code. May assume that the code is valid. Time and memory are linear in the code and
/// in the operands that it passes on. One object for one function.
/// </summary>
internal sealed class Translator
{
    private readonly ModuleContent _content;
    private readonly FunctionType _type;
    private readonly TranslationPlan _plan;
    private readonly StepWriter _steps = new();
    private readonly CellStack _stack;
    private readonly BlockTranslator _blocks;
    private readonly int _locals;

    private Translator(ModuleContent content, FunctionType type, FunctionBody body, TranslationPlan plan)
    {
        (_content, _type, _plan) = (content, type, plan);
        _locals = type.Parameters.Length + body.LocalCount;
        _stack = new CellStack(_locals, _steps);
        _blocks = new BlockTranslator(content, type, plan.Pieces, _steps, _stack);
    }

    /// <returns>A function without steps where the interpreter does not run it.</returns>
    public static InterpretedFunction Translate(ModuleContent content, int function, Tiers tiers)
    {
        var (type, body) = (content.TypeOfFunction(function), content.Bodies[function - content.ImportedFunctions]);
        var plan = TranslationPlan.Of(content, type, body);
        if (!plan.IsInterpreted)
        {
            return new InterpretedFunction
            {
                Index = function,
                Type = type,
                Steps = [],
                Tables = [],
                Locals = 0,
                Cells = 0,
                FrameSlots = 0,
                FirstCharge = 0,
                Patience = 0,
                IsCompiled = true,
            };
        }

        var translator = new Translator(content, type, body, plan);
        translator.Translate(body);
        return translator.Finish(function, body, tiers.PatienceFor(body.End - body.Offset, translator._locals));
    }

    private void Translate(FunctionBody body)
    {
        var reader = new InstructionReader(_content.Bytes.Span, body.Offset, body.End, _content.Limits);
        while (_blocks.InFunction)
        {
            reader.Read(out var instruction);
            switch (instruction.Opcode)
            {
                case Opcode.Block or Opcode.Loop or Opcode.If or Opcode.Else or Opcode.End:
                    _blocks.Translate(in instruction);
                    break;
                case <= Opcode.Return:
                    if (_blocks.Reachable)
                    {
                        _blocks.Branch(in instruction);
                    }

                    _blocks.EndPiece(instruction.Opcode);
                    break;
                default:
                    if (_blocks.Reachable)
                    {
                        Translate(in instruction);
                    }

                    break;
            }
        }
    }

    private InterpretedFunction Finish(int function, FunctionBody body, long patience)
    {
        var (steps, tables) = _steps.Finish();
        return new InterpretedFunction
        {
            Index = function,
            Type = _type,
            Steps = steps,
            Tables = tables,
            Locals = _locals,
            Cells = _locals + body.OperandSlotsMax,
            FrameSlots = _plan.FrameSlots,
            FirstCharge = _plan.Pieces[0].Charge,
            Patience = patience,
            Heat = patience,
        };
    }

    private void Translate(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Call or Opcode.CallIndirect:
                Call(in instruction);
                break;
            case Opcode.Drop:
                _stack.Pop();
                break;
            case Opcode.Select or Opcode.SelectTyped:
                Select();
                break;
            case Opcode.LocalGet:
                _stack.PushLocal(instruction.Index);
                break;
            case Opcode.LocalSet:
                _stack.SetLocal((ushort)instruction.Index);
                break;
            case Opcode.LocalTee:
                _stack.SetLocal((ushort)instruction.Index);
                _stack.PushLocal(instruction.Index);
                break;
            case Opcode.GlobalGet:
                _stack.PushResult(
                    new Step
                    {
                        Operation = IsImported(instruction.Index) ? Operation.ImportedGlobalGet : Operation.GlobalGet,
                        Bits = instruction.Index,
                    }
                );
                break;
            case Opcode.GlobalSet:
                Add(IsImported(instruction.Index) ? Operation.ImportedGlobalSet : Operation.GlobalSet, default, 1, instruction.Index);
                break;
            case >= Opcode.I32Load and <= Opcode.I64Load32U:
                Push(Operation.Load, instruction.Opcode, 1, instruction.Bits);
                break;
            case >= Opcode.I32Store and <= Opcode.I64Store32:
                Add(Operation.Store, instruction.Opcode, 2, instruction.Bits);
                break;
            case >= Opcode.I32Const and <= Opcode.F64Const:
                _stack.PushConstant(instruction.Bits);
                break;
            case Opcode.MemorySize or Opcode.MemoryGrow or >= Opcode.MemoryInit:
                Memory(in instruction);
                break;
            default:
                Number(instruction.Opcode);
                break;
        }
    }

    private bool IsImported(int global) => global < _content.ImportedGlobals;

    /// <summary>Arguments and results are in the cells of the operands that they are; the callee's frame begins there.</summary>
    private void Call(in Instruction instruction)
    {
        var direct = instruction.Opcode == Opcode.Call;
        var index = direct ? (ushort)0 : _stack.PopCell();
        var callee = direct ? _content.TypeOfFunction(instruction.Index) : _content.Types[instruction.Index];
        var first = _stack.Count - callee.Parameters.Length;
        _stack.Settle(first);
        _steps.Add(
            new Step
            {
                Operation =
                    !direct ? Operation.CallIndirect
                    : instruction.Index < _content.ImportedFunctions ? Operation.CallImport
                    : Operation.Call,
                First = _stack.Own(first),
                Second = index,
                Bits = direct ? instruction.Index : ((long)instruction.Index2 << 32) | (uint)instruction.Index,
            }
        );
        _stack.Truncate(first);
        _stack.PushOwn(callee.Results.Length);
    }

    private void Select()
    {
        var condition = _stack.PopCell();
        var second = _stack.PopCell();
        var first = _stack.PopCell();
        _stack.PushResult(
            new Step
            {
                Operation = Operation.Select,
                First = first,
                Second = second,
                Bits = condition,
            }
        );
    }

    private void Memory(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.MemorySize:
                Push(Operation.Memory, instruction.Opcode, 0, 0);
                break;
            case Opcode.MemoryGrow:
                Push(Operation.Memory, instruction.Opcode, 1, 0);
                break;
            case Opcode.DataDrop:
                Add(Operation.Memory, instruction.Opcode, 0, instruction.Index);
                break;
            default:
                // Three operands side by side, of which the step names the first.
                _stack.Settle(_stack.Count - 3);
                _stack.Truncate(_stack.Count - 3);
                _steps.Add(
                    new Step
                    {
                        Operation = Operation.Memory,
                        Detail = (byte)instruction.Opcode,
                        First = _stack.Own(_stack.Count),
                        Bits = instruction.Index,
                    }
                );
                break;
        }
    }

    private void Number(Opcode opcode)
    {
        var operation = opcode switch
        {
            >= Opcode.I32DivS and <= Opcode.I32RemU => Operation.Divide32,
            >= Opcode.I64DivS and <= Opcode.I64RemU => Operation.Divide64,
            >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U => Operation.Truncate,
            >= Opcode.I32TruncSatF32S and <= Opcode.I64TruncSatF64U => Operation.Saturate,
            _ when OpcodeTable.SignatureOf(opcode)!.Operands.Length == 1 => Operation.Unary,
            _ => OpcodeTable.SignatureOf(opcode)!.Operands[0] switch
            {
                WasmType.I32 => Operation.I32Binary,
                WasmType.I64 => Operation.I64Binary,
                WasmType.F32 => Operation.F32Binary,
                _ => Operation.F64Binary,
            },
        };
        if (operation is Operation.I32Binary or Operation.I64Binary && _stack.TopConstant is { } constant)
        {
            _stack.Pop();
            Push(operation == Operation.I32Binary ? Operation.I32BinaryConstant : Operation.I64BinaryConstant, opcode, 1, constant);
            return;
        }

        Push(operation, opcode, OpcodeTable.SignatureOf(opcode)!.Operands.Length, 0);
    }

    private void Push(Operation operation, Opcode opcode, int operands, long bits) =>
        _stack.PushResult(Take(operation, opcode, operands, bits));

    private void Add(Operation operation, Opcode opcode, int operands, long bits) => _steps.Add(Take(operation, opcode, operands, bits));

    private Step Take(Operation operation, Opcode opcode, int operands, long bits)
    {
        var second = operands == 2 ? _stack.PopCell() : (ushort)0;
        var first = operands >= 1 ? _stack.PopCell() : (ushort)0;
        return new Step
        {
            Operation = operation,
            Detail = (byte)opcode,
            First = first,
            Second = second,
            Bits = bits,
        };
    }
}
