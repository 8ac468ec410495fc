namespace Marketplace.Engine.Decode;

/// <summary>The result type of a block: nothing, one value type, or a function type by index.</summary>
internal readonly record struct BlockType(int TypeIndex, WasmType? Result);

/// <summary>One instruction with its immediates. Which fields have a meaning depends on the opcode.</summary>
internal struct Instruction
{
    public Opcode Opcode;

    /// <summary>Of its first byte in the module.</summary>
    public int Offset;

    /// <summary>Label, function, type, local, global, table, element or data index; the default label of br_table.</summary>
    public int Index;

    /// <summary>Second index: the table of call_indirect and table.init, the source table of table.copy.</summary>
    public int Index2;

    /// <summary>Constant's bits, or the memory offset of a load or store. Of 128 bits the lower half.</summary>
    public long Bits;

    /// <summary>The upper half of a vector's bits; with <see cref="Bits"/> also the 16 lane numbers of a shuffle, a byte each.</summary>
    public long HighBits;

    /// <summary>Lane number.</summary>
    public byte Lane;

    /// <summary>Exponent of the alignment of a load or store.</summary>
    public int Align;

    public BlockType Block;

    /// <summary>Reference type of ref.null, or the type of a typed select.</summary>
    public WasmType Type;

    /// <summary>Labels of br_table without the default. One array serves all, so it is valid until the next instruction.</summary>
    public ReadOnlyMemory<int> Labels;
}

/// <summary>
/// Splits code into instructions. Checks the format of opcodes and immediates, so it is shared by the validator, which meets
/// bytes of any kind, and by all that come after it; indices are not checked here.
/// </summary>
internal ref struct InstructionReader(ReadOnlySpan<byte> module, int position, int end, EngineLimits limits)
{
    private ByteReader _reader = new(module, position, end);
    private int[] _labels = [];

    public readonly int Position => _reader.Position;

    public readonly bool AtEnd => _reader.Left == 0;

    public void Read(out Instruction instruction)
    {
        instruction = default;
        instruction.Offset = _reader.Position;
        var opcode = (Opcode)_reader.Byte();
        if ((byte)opcode >= 0xFC)
        {
            opcode = Prefixed((byte)opcode, instruction.Offset);
        }

        instruction.Opcode = opcode;
        switch (OpcodeTable.ImmediateOf(opcode))
        {
            case Immediate.None:
                break;
            case Immediate.Block:
                instruction.Block = ReadBlockType();
                break;
            case Immediate.Index:
                instruction.Index = (int)_reader.U32();
                break;
            case Immediate.TwoIndices:
                instruction.Index = (int)_reader.U32();
                instruction.Index2 = (int)_reader.U32();
                break;
            case Immediate.Labels:
                ReadLabels(ref instruction);
                break;
            case Immediate.Memory:
                ReadMemoryArgument(ref instruction);
                break;
            case Immediate.ZeroByte:
                ReadZeroByte();
                break;
            case Immediate.TwoZeroBytes:
                ReadZeroByte();
                ReadZeroByte();
                break;
            case Immediate.IndexAndZeroByte:
                instruction.Index = (int)_reader.U32();
                ReadZeroByte();
                break;
            case Immediate.ReferenceType:
                instruction.Type = ReadReferenceType();
                break;
            case Immediate.Types:
                ReadSelectType(ref instruction);
                break;
            case Immediate.Lane:
                instruction.Lane = _reader.Byte();
                break;
            case Immediate.MemoryAndLane:
                ReadMemoryArgument(ref instruction);
                instruction.Lane = _reader.Byte();
                break;
            default:
                ReadConstant(ref instruction);
                break;
        }
    }

    private void ReadConstant(ref Instruction instruction)
    {
        switch (OpcodeTable.ImmediateOf(instruction.Opcode))
        {
            case Immediate.I32:
                instruction.Bits = (uint)_reader.S32();
                break;
            case Immediate.I64:
                instruction.Bits = _reader.S64();
                break;
            case Immediate.F32:
                instruction.Bits = (uint)_reader.FixedI32();
                break;
            case Immediate.F64:
                instruction.Bits = _reader.FixedI64();
                break;
            case Immediate.V128 or Immediate.Lanes:
                instruction.Bits = _reader.FixedI64();
                instruction.HighBits = _reader.FixedI64();
                break;
            default:
                throw new InvalidModuleException(ModuleFault.Malformed, instruction.Offset, $"illegal opcode {(int)instruction.Opcode:x2}");
        }
    }

    private Opcode Prefixed(byte prefix, int offset)
    {
        var sub = _reader.U32();
        if (prefix == 0xFF || sub > 0xFF)
        {
            throw prefix == 0xFD && RelaxedVectors.NameOf(sub) is { } name
                ? new InvalidModuleException(
                    ModuleFault.LimitExceeded,
                    offset,
                    $"relaxed vector instructions differ between machines: {name} is not supported"
                )
                : new InvalidModuleException(ModuleFault.Malformed, offset, $"illegal opcode {prefix:x2} {sub:x2}");
        }

        return (Opcode)((prefix << 8) | (int)sub);
    }

    private BlockType ReadBlockType()
    {
        var first = _reader.PeekByte();
        if (first == 0x40)
        {
            _reader.Skip(1);
            return new BlockType(-1, null);
        }

        if (TypeReader.IsValueType(first))
        {
            return new BlockType(-1, TypeReader.ValueType(ref _reader));
        }

        var index = _reader.S33();
        return index >= 0 ? new BlockType((int)Math.Min(index, int.MaxValue), null) : throw _reader.Malformed("malformed block type");
    }

    private void ReadLabels(ref Instruction instruction)
    {
        var count = _reader.Count(limits.BranchTargetsMax, "branch targets");
        if (_labels.Length < count)
        {
            _labels = new int[count];
        }

        for (var i = 0; i < count; i++)
        {
            _labels[i] = (int)_reader.U32();
        }

        instruction.Labels = _labels.AsMemory(0, count);
        instruction.Index = (int)_reader.U32();
    }

    private void ReadMemoryArgument(ref Instruction instruction)
    {
        var align = _reader.U32();
        if (align >= 32)
        {
            throw _reader.Malformed("malformed memop flags");
        }

        instruction.Align = (int)align;
        instruction.Bits = _reader.U32();
    }

    private void ReadZeroByte()
    {
        if (_reader.Byte() != 0)
        {
            throw _reader.Malformed("zero byte expected");
        }
    }

    private WasmType ReadReferenceType() => TypeReader.ReferenceType(ref _reader);

    private void ReadSelectType(ref Instruction instruction)
    {
        var count = _reader.U32();
        if (count != 1)
        {
            throw new InvalidModuleException(ModuleFault.Invalid, instruction.Offset, "invalid result arity");
        }

        instruction.Type = TypeReader.ValueType(ref _reader);
    }
}
