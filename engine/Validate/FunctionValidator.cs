using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

/// <summary>
/// The rules for function bodies (core specification, 3.3), in one pass over the bytes. Also the first to read the code, so
/// it reports malformed instructions. Used for one body after the other.
/// </summary>
internal sealed partial class FunctionValidator(ModuleContent content, EngineLimits limits)
{
    private readonly OperandTypes _stack = new(limits);
    private WasmType[] _locals = [];
    private int _branchTables;
    private int _localCount;

    public void Validate(int function, FunctionBody body)
    {
        var type = content.TypeOfFunction(function);
        _stack.Reset();
        _stack.Offset = body.Offset;
        DeclareLocals(type, body);
        _stack.Enter(Opcode.Block, new FunctionType([], type.Results));
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, limits);
        while (_stack.FrameCount > 0)
        {
            if (reader.AtEnd)
            {
                throw new InvalidModuleException(ModuleFault.Malformed, body.End, "END opcode expected");
            }

            reader.Read(out var instruction);
            _stack.Offset = instruction.Offset;
            Instruction(in instruction);
        }

        if (!reader.AtEnd)
        {
            throw new InvalidModuleException(ModuleFault.Malformed, reader.Position, "section size mismatch");
        }

        body.OperandSlotsMax = _stack.SlotsMax;
    }

    private void DeclareLocals(FunctionType type, FunctionBody body)
    {
        _localCount = type.Parameters.Length + body.LocalCount;
        if (_localCount > limits.LocalsMax)
        {
            throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                body.Offset,
                $"{_localCount} locals with the parameters, the limit is {limits.LocalsMax}"
            );
        }

        if (_locals.Length < _localCount)
        {
            _locals = new WasmType[_localCount];
        }

        type.Parameters.CopyTo(_locals);
        var next = type.Parameters.Length;
        foreach (var (count, localType) in body.Locals)
        {
            _locals.AsSpan(next, count).Fill(localType);
            next += count;
        }
    }

    private void Instruction(in Instruction instruction)
    {
        _stack.AddWork(CompilationWork.Of(instruction.Opcode));
        if (OpcodeTable.SignatureOf(instruction.Opcode) is { } signature)
        {
            if (signature.AccessBytes > 0)
            {
                MemoryAccess(in instruction, signature);
            }

            if (signature.Lanes > 0)
            {
                Lanes(in instruction, signature.Lanes);
            }

            _stack.Pop(signature.Operands);
            if (signature.Result is { } result)
            {
                _stack.Push(result);
            }

            return;
        }

        switch (instruction.Opcode)
        {
            case >= Opcode.Unreachable and <= Opcode.ReturnCallIndirect:
                Control(in instruction);
                break;
            case >= Opcode.Drop and <= Opcode.GlobalSet:
                Variable(in instruction);
                break;
            case Opcode.TableGet or Opcode.TableSet or >= Opcode.TableInit and <= Opcode.TableFill:
                TableInstruction(in instruction);
                break;
            case Opcode.RefNull or Opcode.RefIsNull or Opcode.RefFunc:
                Reference(in instruction);
                break;
            case Opcode.I32Const:
                _stack.Push(WasmType.I32);
                break;
            case Opcode.I64Const:
                _stack.Push(WasmType.I64);
                break;
            case Opcode.F32Const:
                _stack.Push(WasmType.F32);
                break;
            case Opcode.F64Const:
                _stack.Push(WasmType.F64);
                break;
            default:
                MemoryInstruction(in instruction);
                break;
        }
    }

    private void Control(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Unreachable:
                _stack.MarkUnreachable();
                break;
            case Opcode.Nop:
                break;
            case Opcode.Block or Opcode.Loop or Opcode.If:
                if (instruction.Opcode == Opcode.If)
                {
                    _stack.Pop(WasmType.I32);
                }

                var blockType = BlockTypeOf(instruction.Block);
                _stack.Pop(blockType.Parameters.AsSpan());
                _stack.Enter(instruction.Opcode, blockType);
                break;
            case Opcode.Else:
                Else();
                break;
            case Opcode.End:
                End();
                break;
            case Opcode.Br:
                Branch(_stack.Label(instruction.Index).LabelTypes);
                _stack.MarkUnreachable();
                break;
            case Opcode.BrIf:
                _stack.Pop(WasmType.I32);
                var types = _stack.Label(instruction.Index).LabelTypes;
                Branch(types);
                _stack.Push(types);
                break;
            case Opcode.BrTable:
                BranchTable(in instruction);
                break;
            case Opcode.Return:
                Branch(_stack.Label(_stack.FrameCount - 1).LabelTypes);
                _stack.MarkUnreachable();
                break;
            case Opcode.Call:
                Known(instruction.Index, content.FunctionTypes.Count, "function");
                Call(content.TypeOfFunction(instruction.Index));
                break;
            case Opcode.CallIndirect:
                Call(IndirectCallee(in instruction));
                break;
            case Opcode.ReturnCall:
                Known(instruction.Index, content.FunctionTypes.Count, "function");
                ReturnCall(content.TypeOfFunction(instruction.Index));
                break;
            default:
                ReturnCall(IndirectCallee(in instruction));
                break;
        }
    }

    private void Else()
    {
        if (_stack.Current.Opcode != Opcode.If)
        {
            throw new InvalidModuleException(ModuleFault.Malformed, _stack.Offset, "END opcode expected");
        }

        var frame = _stack.Leave();
        _stack.Enter(Opcode.Else, frame.Type);
    }

    private void End()
    {
        var frame = _stack.Leave();
        if (frame.Opcode == Opcode.If && !frame.Type.Parameters.AsSpan().SequenceEqual(frame.Type.Results.AsSpan()))
        {
            // Without an else the operands are the results (core specification, 3.3.8: if).
            throw _stack.Invalid("type mismatch");
        }

        if (_stack.FrameCount > 0)
        {
            _stack.Push(frame.Type.Results.AsSpan());
        }
    }

    private void Branch(ReadOnlySpan<WasmType> types)
    {
        _stack.Move(types.Length);
        _stack.Pop(types);
    }

    private void BranchTable(in Instruction instruction)
    {
        _stack.Pop(WasmType.I32);
        var arity = _stack.Label(instruction.Index).LabelTypes.Length;
        ReadOnlySpan<WasmType> seen = default;
        _branchTables++;
        foreach (var label in instruction.Labels.Span)
        {
            ref var target = ref _stack.Label(label);
            var types = target.LabelTypes;
            if (types.Length != arity)
            {
                throw _stack.Invalid("type mismatch");
            }

            // Most tables have one list of types, whatever the number of their labels.
            // The operands are moved once for each block that a table names, however often it does.
            if (types != seen || target.Table != _branchTables)
            {
                _stack.Move(types.Length);
                target.Table = _branchTables;
            }

            if (types != seen)
            {
                _stack.Expect(types);
                seen = types;
            }
        }

        Branch(_stack.Label(instruction.Index).LabelTypes);
        _stack.MarkUnreachable();
    }

    private FunctionType IndirectCallee(in Instruction instruction)
    {
        Known(instruction.Index2, content.Tables.Count, "table");
        if (content.Tables[instruction.Index2].Element != WasmType.FuncRef)
        {
            throw _stack.Invalid("type mismatch");
        }

        Known(instruction.Index, content.Types.Count, "type");
        _stack.Pop(WasmType.I32);
        return content.Types[instruction.Index];
    }

    private void Call(FunctionType type)
    {
        _stack.Move(type.Parameters.Length + type.Results.Length);
        _stack.Pop(type.Parameters.AsSpan());
        _stack.Push(type.Results.AsSpan());
    }

    /// <summary>The callee returns to the caller's caller, so the results must be the caller's (tail call proposal).</summary>
    private void ReturnCall(FunctionType type)
    {
        if (!type.Results.AsSpan().SequenceEqual(_stack.Label(_stack.FrameCount - 1).LabelTypes))
        {
            throw _stack.Invalid("type mismatch");
        }

        Branch(type.Parameters.AsSpan());
        _stack.MarkUnreachable();
    }

    private FunctionType BlockTypeOf(BlockType block)
    {
        if (block.TypeIndex >= 0)
        {
            Known(block.TypeIndex, content.Types.Count, "type");
        }

        return BlockTypes.Of(block, content);
    }

    private void Known(int index, int count, string what)
    {
        if ((uint)index >= (uint)count)
        {
            throw _stack.Invalid($"unknown {what} {(uint)index}");
        }
    }
}
