using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

internal sealed partial class FunctionValidator
{
    private void Variable(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Drop:
                _stack.Pop();
                break;
            case Opcode.Select:
                Select();
                break;
            case Opcode.SelectTyped:
                _stack.Pop(WasmType.I32);
                _stack.Pop(instruction.Type);
                _stack.Pop(instruction.Type);
                _stack.Push(instruction.Type);
                break;
            case Opcode.LocalGet:
                _stack.Push(Local(instruction.Index));
                break;
            case Opcode.LocalSet or Opcode.LocalTee:
                var local = Local(instruction.Index);
                _stack.AddWork(CompilationWork.OfSet(local));
                _stack.Pop(local);
                if (instruction.Opcode == Opcode.LocalTee)
                {
                    _stack.Push(local);
                }

                break;
            case Opcode.GlobalGet:
                _stack.Push(Global(instruction.Index).Content);
                break;
            default:
                var global = Global(instruction.Index);
                if (!global.Mutable)
                {
                    throw _stack.Invalid("global is immutable");
                }

                _stack.Pop(global.Content);
                break;
        }
    }

    private void Select()
    {
        _stack.Pop(WasmType.I32);
        var second = _stack.Pop();
        var first = _stack.Pop(second);
        if (first.IsReference() || second.IsReference())
        {
            // References need the form with a type (core specification, 3.3.4: select).
            throw _stack.Invalid("type mismatch");
        }

        _stack.Push(first == OperandTypes.Unknown ? second : first);
    }

    private WasmType Local(int index)
    {
        Known(index, _localCount, "local");
        return _locals[index];
    }

    private GlobalType Global(int index)
    {
        Known(index, content.Globals.Count, "global");
        return content.Globals[index];
    }

    private void Reference(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.RefNull:
                _stack.Push(instruction.Type);
                break;
            case Opcode.RefIsNull:
                var type = _stack.Pop();
                if (type != OperandTypes.Unknown && !type.IsReference())
                {
                    throw _stack.Invalid("type mismatch");
                }

                _stack.Push(WasmType.I32);
                break;
            default:
                Known(instruction.Index, content.FunctionTypes.Count, "function");
                if (!content.DeclaredReferences[instruction.Index])
                {
                    throw _stack.Invalid("undeclared function reference");
                }

                _stack.Push(WasmType.FuncRef);
                break;
        }
    }

    private void TableInstruction(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.TableInit:
                Known(instruction.Index2, content.Tables.Count, "table");
                Known(instruction.Index, content.Elements.Count, "elem segment");
                SameElements(content.Tables[instruction.Index2].Element, content.Elements[instruction.Index].Type);
                _stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                return;
            case Opcode.ElemDrop:
                Known(instruction.Index, content.Elements.Count, "elem segment");
                return;
            case Opcode.TableCopy:
                Known(instruction.Index, content.Tables.Count, "table");
                Known(instruction.Index2, content.Tables.Count, "table");
                SameElements(content.Tables[instruction.Index].Element, content.Tables[instruction.Index2].Element);
                _stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                return;
        }

        Known(instruction.Index, content.Tables.Count, "table");
        var element = content.Tables[instruction.Index].Element;
        switch (instruction.Opcode)
        {
            case Opcode.TableGet:
                _stack.Pop(WasmType.I32);
                _stack.Push(element);
                break;
            case Opcode.TableSet:
                _stack.Pop([WasmType.I32, element]);
                break;
            case Opcode.TableGrow:
                _stack.Pop([element, WasmType.I32]);
                _stack.Push(WasmType.I32);
                break;
            case Opcode.TableSize:
                _stack.Push(WasmType.I32);
                break;
            default:
                _stack.Pop([WasmType.I32, element, WasmType.I32]);
                break;
        }
    }

    private void SameElements(WasmType one, WasmType other)
    {
        if (one != other)
        {
            throw _stack.Invalid("type mismatch");
        }
    }

    private void MemoryInstruction(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.MemorySize:
                RequireMemory();
                _stack.Push(WasmType.I32);
                break;
            case Opcode.MemoryGrow:
                RequireMemory();
                _stack.Pop(WasmType.I32);
                _stack.Push(WasmType.I32);
                break;
            case Opcode.MemoryCopy or Opcode.MemoryFill:
                RequireMemory();
                _stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                break;
            case Opcode.MemoryInit:
                RequireMemory();
                DataSegment(instruction.Index);
                _stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                break;
            case Opcode.DataDrop:
                DataSegment(instruction.Index);
                break;
            default:
                throw new InvalidOperationException($"{instruction.Opcode} has no rule; this is a bug in the validator.");
        }
    }

    private void DataSegment(int index)
    {
        Known(index, content.DataCount ?? content.Data.Count, "data segment");
        if (content.DataCount is null)
        {
            throw new InvalidModuleException(ModuleFault.Malformed, _stack.Offset, "data count section required");
        }
    }

    private void MemoryAccess(in Instruction instruction, OpcodeTable.Signature signature)
    {
        RequireMemory();
        var alignment = 1L << instruction.Align;
        if (alignment > signature.AccessBytes)
        {
            throw _stack.Invalid("alignment must not be larger than natural");
        }

        if (signature.Atomic && alignment != signature.AccessBytes)
        {
            throw _stack.Invalid("atomic alignment must be natural");
        }
    }

    private void Lanes(in Instruction instruction, int lanes)
    {
        if (instruction.Opcode != Opcode.I8x16Shuffle)
        {
            Lane(instruction.Lane, lanes);
            return;
        }

        for (var shift = 0; shift < 64; shift += 8)
        {
            Lane((byte)(instruction.Bits >> shift), lanes);
            Lane((byte)(instruction.HighBits >> shift), lanes);
        }
    }

    private void Lane(int lane, int lanes)
    {
        if (lane >= lanes)
        {
            throw _stack.Invalid($"invalid lane index {lane}");
        }
    }

    private void RequireMemory()
    {
        if (content.Memories.Count == 0)
        {
            throw _stack.Invalid("unknown memory 0");
        }
    }
}
