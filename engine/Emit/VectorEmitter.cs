using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Emits vector instructions (SIMD.md): calls that the machine-code compiler turns into one instruction or a few. Those that access memory
/// spill what waits on the evaluation stack before they check the address. The result is left on the stack; a vector has the lanes that the
/// last call gives.
/// </summary>
internal sealed class VectorEmitter(EmitContext context, AddressEmitter addresses, CompilerDefects defects)
{
    private readonly CodeWriter _il = context.IL;
    private readonly OperandStack _stack = context.Stack;

    public void Emit(in Instruction instruction)
    {
        var signature = OpcodeTable.SignatureOf(instruction.Opcode)!;
        switch (instruction.Opcode)
        {
            case Opcode.V128Const:
                _stack.PushConstant(WasmType.V128, instruction.Bits, instruction.HighBits);
                break;
            case Opcode.I8x16Shuffle:
                Shuffle(in instruction);
                break;
            case <= Opcode.V128Load64Splat or Opcode.V128Load32Zero or Opcode.V128Load64Zero:
                Load(in instruction);
                break;
            case Opcode.V128Store:
                Store(in instruction);
                break;
            case >= Opcode.V128Load8Lane and <= Opcode.V128Load64Lane:
                LoadLane(in instruction);
                break;
            case >= Opcode.V128Store8Lane and <= Opcode.V128Store64Lane:
                StoreLane(in instruction);
                break;
            case >= Opcode.I8x16ExtractLaneS and <= Opcode.F64x2ReplaceLane:
                Lane(in instruction);
                break;
            case Opcode.V128Bitselect:
                Bitselect();
                break;
            case Opcode.F32x4Abs:
                Sign(instruction.Opcode, Opcode.V128And, 0x7FFF_FFFF_7FFF_FFFF);
                break;
            case Opcode.F64x2Abs:
                Sign(instruction.Opcode, Opcode.V128And, long.MaxValue);
                break;
            case Opcode.F32x4Neg:
                Sign(instruction.Opcode, Opcode.V128Xor, unchecked((long)0x8000_0000_8000_0000));
                break;
            case Opcode.F64x2Neg:
                Sign(instruction.Opcode, Opcode.V128Xor, long.MinValue);
                break;
            default:
                Numeric(instruction.Opcode, _stack.SettleNaNs(instruction.Opcode, signature.Operands.Length));
                break;
        }
    }

    /// <summary>The mask is the last operand of WebAssembly and the first of .NET.</summary>
    private void Bitselect()
    {
        _stack.CanonicaliseTop(3);
        var mask = _stack.Take();
        var zeros = _stack.Take();
        var ones = _stack.Take();
        mask.Emit();
        ones.Emit();
        zeros.Emit();
        _il.Call(VectorCode.Select);
        _stack.PushStack(WasmType.V128, depth: 1);
    }

    /// <summary>The sign is a bit like any other, also that of a NaN.</summary>
    private void Sign(Opcode opcode, Opcode bits, long mask)
    {
        var anyNaN = _stack.SettleNaNs(opcode, 1);
        _stack.PushConstant(WasmType.V128, mask, mask);
        Numeric(bits, anyNaN);
    }

    /// <param name="opcode">Becomes calls, with its operands' NaNs as they are.</param>
    /// <param name="anyNaN">What the result may hold.</param>
    private void Numeric(Opcode opcode, NaNLanes anyNaN)
    {
        var signature = OpcodeTable.SignatureOf(opcode)!;
        var operation = VectorCode.Of(opcode);
        var depth = VectorCode.IsCommutative(opcode)
            ? _stack.LoadEither(operation.Lane)
            : _stack.Load(signature.Operands.Length, operation.Lane);
        if (VectorCode.ShiftMask(opcode) is > 0 and var mask)
        {
            _il.LoadInt32(mask);
            _il.Emit(OpCodes.And);
        }
        else if (opcode is Opcode.I8x16Splat or Opcode.I16x8Splat)
        {
            _il.Emit(opcode == Opcode.I8x16Splat ? OpCodes.Conv_U1 : OpCodes.Conv_I2);
        }

        foreach (var call in operation.Calls)
        {
            _il.Call(call);
        }

        _stack.PushStack(signature.Result!.Value, depth + 1, anyNaN, operation.ResultLane);
    }

    private void Load(in Instruction instruction)
    {
        addresses.TakePointer(in instruction, OpcodeTable.SignatureOf(instruction.Opcode)!.AccessBytes);
        if (instruction.Opcode == Opcode.V128Load)
        {
            _il.LoadVector();
            _stack.PushStack(WasmType.V128, depth: 1);
            return;
        }

        var load = VectorLoads.Of(instruction.Opcode);
        _il.Unaligned(load.Bytes);
        _il.Emit(load.Load);
        foreach (var call in load.Calls)
        {
            _il.Call(call);
        }

        _stack.PushStack(WasmType.V128, depth: 1, lane: VectorLanes.LaneOf(load.Calls[^1].ReturnType));
    }

    private void Store(in Instruction instruction)
    {
        var value = _stack.TakeCanonical();
        addresses.TakePointer(in instruction, 16);
        value.Emit();
        _il.StoreVector();
    }

    private void LoadLane(in Instruction instruction)
    {
        var lane = VectorLoads.LaneOf(instruction.Opcode);
        var vector = _stack.TakeCanonical();
        var address = addresses.TakeChecked(in instruction, lane.Bytes);
        vector.Emit();
        _il.Call(VectorLanes.Conversion(VectorLane.Byte, lane.Lane));
        _il.LoadInt32(instruction.Lane);
        addresses.EmitPointer(address);
        _il.Unaligned(lane.Bytes);
        _il.Emit(lane.Load);
        _il.Call(lane.WithElement);
        _stack.PushStack(WasmType.V128, depth: 1, lane: lane.Lane);
    }

    private void StoreLane(in Instruction instruction)
    {
        var lane = VectorLoads.LaneOf(instruction.Opcode);
        var vector = _stack.TakeCanonical();
        addresses.TakePointer(in instruction, lane.Bytes);
        vector.Emit();
        _il.Call(VectorLanes.Conversion(VectorLane.Byte, lane.Lane));
        _il.LoadInt32(instruction.Lane);
        _il.Call(lane.GetElement);
        _il.Unaligned(lane.Bytes);
        _il.Emit(lane.Store);
    }

    private void Lane(in Instruction instruction)
    {
        var lane = VectorLoads.LaneOf(instruction.Opcode);
        var signature = OpcodeTable.SignatureOf(instruction.Opcode)!;
        var anyNaN = _stack.SettleNaNs(instruction.Opcode, signature.Operands.Length);
        if (signature.Operands is [_])
        {
            var single = instruction.Opcode == Opcode.F32x4ExtractLane;
            if (single)
            {
                lane = VectorLoads.LaneOf(Opcode.I32x4ExtractLane);
            }

            var depth = _stack.Load(1, lane.Lane);
            _il.LoadInt32(instruction.Lane);
            _il.Call(lane.GetElement);
            if (single)
            {
                defects.EmitReinterpretation();
            }

            _stack.PushStack(signature.Result!.Value, depth + 1, anyNaN);
            return;
        }

        var scalar = _stack.Take();
        var vectorDepth = _stack.Load(1, lane.Lane);
        _il.LoadInt32(instruction.Lane);
        scalar.Emit();
        if (lane.Bytes < 4)
        {
            _il.Emit(lane.Bytes == 1 ? OpCodes.Conv_I1 : OpCodes.Conv_I2);
        }

        _il.Call(lane.WithElement);
        _stack.PushStack(WasmType.V128, vectorDepth + 1, anyNaN, lane.Lane);
    }

    /// <summary>
    /// A lane comes from one of two vectors: each vector gives its own lanes and zero for the other's, and the two are combined.
    /// </summary>
    private void Shuffle(in Instruction instruction)
    {
        const long allOfOne = 0x1010_1010_1010_1010;
        _stack.CanonicaliseTop(2);
        var second = _stack.Take();
        var usesFirst = (instruction.Bits & instruction.HighBits & allOfOne) != allOfOne;
        var usesSecond = ((instruction.Bits | instruction.HighBits) & allOfOne) != 0;
        var depth = _stack.Load(1);
        if (usesFirst)
        {
            EmitShuffle(in instruction, 0);
        }
        else
        {
            _il.Emit(OpCodes.Pop);
        }

        if (usesSecond)
        {
            second.Emit();
            EmitShuffle(in instruction, 16);
        }

        if (usesFirst && usesSecond)
        {
            _il.Call(VectorCode.Of(Opcode.V128Or).Calls[0]);
        }

        _stack.PushStack(WasmType.V128, depth: depth + 1);
    }

    private void EmitShuffle(in Instruction instruction, int from)
    {
        context.Locals.EmitConstant(WasmType.V128, Indices(instruction.Bits, from), Indices(instruction.HighBits, from));
        _il.Call(VectorCode.Of(Opcode.I8x16Swizzle).Calls[0]);
    }

    /// <summary>Lane numbers from <paramref name="from"/> to 15 above become 0 to 15, all others one that gives zero.</summary>
    private static long Indices(long lanes, int from)
    {
        var indices = 0L;
        for (var shift = 0; shift < 64; shift += 8)
        {
            var index = (int)(lanes >> shift & 0xFF) - from;
            indices |= (long)(index is >= 0 and < 16 ? index : 0xFF) << shift;
        }

        return indices;
    }
}
