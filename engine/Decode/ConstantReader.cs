namespace Marketplace.Engine.Decode;

/// <summary>Constant expressions. Their rules are checked here, because what they may mention is already known.</summary>
internal static class ConstantReader
{
    public static ConstantExpression Read(ref ByteReader reader, ModuleContent content, EngineLimits limits)
    {
        var start = reader.Position;
        var instructions = new InstructionReader(content.Bytes.Span, start, reader.End, limits);
        ConstantExpression? value = null;
        while (true)
        {
            instructions.Read(out var instruction);
            if (instruction.Opcode == Opcode.End)
            {
                break;
            }

            var next = Constant(instruction, content);
            if (value is not null)
            {
                throw new InvalidModuleException(ModuleFault.Invalid, instruction.Offset, "type mismatch");
            }

            value = next;
        }

        reader.Skip(instructions.Position - start);
        return value ?? throw new InvalidModuleException(ModuleFault.Invalid, start, "type mismatch");
    }

    private static ConstantExpression Constant(in Instruction instruction, ModuleContent content)
    {
        var offset = instruction.Offset;
        switch (instruction.Opcode)
        {
            case Opcode.I32Const:
                return new(ConstantKind.Number, WasmType.I32, instruction.Bits, offset);
            case Opcode.I64Const:
                return new(ConstantKind.Number, WasmType.I64, instruction.Bits, offset);
            case Opcode.F32Const:
                return new(ConstantKind.Number, WasmType.F32, instruction.Bits, offset);
            case Opcode.F64Const:
                return new(ConstantKind.Number, WasmType.F64, instruction.Bits, offset);
            case Opcode.V128Const:
                return new(ConstantKind.Number, WasmType.V128, instruction.Bits, offset) { HighBits = instruction.HighBits };
            case Opcode.RefNull:
                return new(ConstantKind.RefNull, instruction.Type, 0, offset);
            case Opcode.RefFunc:
                if ((uint)instruction.Index >= (uint)content.FunctionTypes.Count)
                {
                    throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown function {(uint)instruction.Index}");
                }

                content.DeclaredReferences[instruction.Index] = true;
                return new(ConstantKind.RefFunc, WasmType.FuncRef, instruction.Index, offset);
            case Opcode.GlobalGet:
                // Only imported globals have a value before the module's own ones get theirs.
                if ((uint)instruction.Index >= (uint)content.ImportedGlobals)
                {
                    throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown global {(uint)instruction.Index}");
                }

                var global = content.Globals[instruction.Index];
                return !global.Mutable
                    ? new(ConstantKind.GlobalGet, global.Content, instruction.Index, offset)
                    : throw new InvalidModuleException(ModuleFault.Invalid, offset, "constant expression required");
            default:
                throw new InvalidModuleException(ModuleFault.Invalid, offset, "constant expression required");
        }
    }
}
