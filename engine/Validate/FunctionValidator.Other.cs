using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

internal sealed partial class FunctionValidator
{
    private void Variable(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.Drop:
                stack.Pop();
                break;
            case Opcode.Select:
                Select();
                break;
            case Opcode.SelectTyped:
                stack.Pop(WasmType.I32);
                stack.Pop(instruction.Type);
                stack.Pop(instruction.Type);
                stack.Push(instruction.Type);
                break;
            case Opcode.LocalGet:
                stack.Push(Local(instruction.Index));
                break;
            case Opcode.LocalSet:
                stack.Pop(Local(instruction.Index));
                break;
            case Opcode.LocalTee:
                stack.Pop(Local(instruction.Index));
                stack.Push(Local(instruction.Index));
                break;
            case Opcode.GlobalGet:
                stack.Push(Global(instruction.Index).Content);
                break;
            default:
                var global = Global(instruction.Index);
                if (!global.Mutable)
                {
                    throw stack.Invalid("global is immutable");
                }

                stack.Pop(global.Content);
                break;
        }
    }

    private void Select()
    {
        stack.Pop(WasmType.I32);
        var second = stack.Pop();
        var first = stack.Pop(second);
        if (first.IsReference() || second.IsReference())
        {
            // References need the form with a type (core specification, 3.3.4: select).
            throw stack.Invalid("type mismatch");
        }

        stack.Push(first == OperandTypes.Unknown ? second : first);
    }

    private WasmType Local(int index)
    {
        Known(index, localCount, "local");
        return locals[index];
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
                stack.Push(instruction.Type);
                break;
            case Opcode.RefIsNull:
                var type = stack.Pop();
                if (type != OperandTypes.Unknown && !type.IsReference())
                {
                    throw stack.Invalid("type mismatch");
                }

                stack.Push(WasmType.I32);
                break;
            default:
                Known(instruction.Index, content.FunctionTypes.Count, "function");
                if (!content.DeclaredReferences.Contains(instruction.Index))
                {
                    throw stack.Invalid("undeclared function reference");
                }

                stack.Push(WasmType.FuncRef);
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
                stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                return;
            case Opcode.ElemDrop:
                Known(instruction.Index, content.Elements.Count, "elem segment");
                return;
            case Opcode.TableCopy:
                Known(instruction.Index, content.Tables.Count, "table");
                Known(instruction.Index2, content.Tables.Count, "table");
                SameElements(content.Tables[instruction.Index].Element, content.Tables[instruction.Index2].Element);
                stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                return;
        }

        Known(instruction.Index, content.Tables.Count, "table");
        var element = content.Tables[instruction.Index].Element;
        switch (instruction.Opcode)
        {
            case Opcode.TableGet:
                stack.Pop(WasmType.I32);
                stack.Push(element);
                break;
            case Opcode.TableSet:
                stack.Pop([WasmType.I32, element]);
                break;
            case Opcode.TableGrow:
                stack.Pop([element, WasmType.I32]);
                stack.Push(WasmType.I32);
                break;
            case Opcode.TableSize:
                stack.Push(WasmType.I32);
                break;
            default:
                stack.Pop([WasmType.I32, element, WasmType.I32]);
                break;
        }
    }

    private void SameElements(WasmType one, WasmType other)
    {
        if (one != other)
        {
            throw stack.Invalid("type mismatch");
        }
    }

    private void MemoryInstruction(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.MemorySize:
                RequireMemory();
                stack.Push(WasmType.I32);
                break;
            case Opcode.MemoryGrow:
                RequireMemory();
                stack.Pop(WasmType.I32);
                stack.Push(WasmType.I32);
                break;
            case Opcode.MemoryCopy or Opcode.MemoryFill:
                RequireMemory();
                stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
                break;
            case Opcode.MemoryInit:
                RequireMemory();
                DataSegment(instruction.Index);
                stack.Pop([WasmType.I32, WasmType.I32, WasmType.I32]);
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
            throw new InvalidModuleException(ModuleFault.Malformed, stack.Offset, "data count section required");
        }
    }

    private void MemoryAccess(in Instruction instruction, int bytes)
    {
        RequireMemory();
        if (1L << instruction.Align > bytes)
        {
            throw stack.Invalid("alignment must not be larger than natural");
        }
    }

    private void RequireMemory()
    {
        if (content.Memories.Count == 0)
        {
            throw stack.Invalid("unknown memory 0");
        }
    }
}
