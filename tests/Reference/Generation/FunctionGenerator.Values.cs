using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Instructions that make and move values.</summary>
internal sealed partial class FunctionGenerator
{
    private const int DepthMax = 4;

    public static void WriteConstant(WasmWriter writer, WasmType type, UInt128 bits)
    {
        switch (type)
        {
            case WasmType.I32:
                writer.Op(Opcode.I32Const).Signed((int)(uint)bits);
                break;
            case WasmType.I64:
                writer.Op(Opcode.I64Const).Signed((long)(ulong)bits);
                break;
            case WasmType.F32:
                writer.Op(Opcode.F32Const).Raw(BitConverter.GetBytes((uint)bits));
                break;
            case WasmType.F64:
                writer.Op(Opcode.F64Const).Raw(BitConverter.GetBytes((ulong)bits));
                break;
            case WasmType.V128:
                writer.Op(Opcode.V128Const).Raw(BitConverter.GetBytes((ulong)bits)).Raw(BitConverter.GetBytes((ulong)(bits >> 64)));
                break;
            default:
                writer.Op(Opcode.RefNull).Type(type);
                break;
        }
    }

    /// <summary>Pushes a value of the type by one instruction or a small expression.</summary>
    private void Produce(WasmType type, int depth)
    {
        _budget--;
        var local = Local(type);
        var global = _shape.Globals.FindIndex(g => g.Content == type && _dice.Chance(50));
        switch (_dice.Next(100))
        {
            case < 45 when local >= 0:
                _code.Op(Opcode.LocalGet).Index(local);
                _stack.Add(type);
                break;
            case < 55 when global >= 0:
                _code.Op(Opcode.GlobalGet).Index(global);
                _stack.Add(type);
                break;
            case < 75
                when depth < DepthMax
                    && (_isNumeric ? NumericOpcodes.ScalarsByResult : NumericOpcodes.ByResult).TryGetValue(type, out var opcodes):
                Numeric(_dice.Pick(opcodes), depth + 1);
                break;
            case < 80 when type == WasmType.FuncRef:
                _code.Op(Opcode.RefFunc).Index(_dice.Next(_shape.FunctionTypes.Count));
                _stack.Add(type);
                break;
            default:
                Constant(type, Constants.Of(type, _dice, !_options.Portable));
                break;
        }
    }

    private void Constant(WasmType type, UInt128 bits)
    {
        WriteConstant(_code, type, bits);
        _stack.Add(type);
    }

    private void Constant(int value) => Constant(WasmType.I32, (uint)value);

    private void Numeric(Opcode opcode, int depth = 0)
    {
        if (
            opcode is >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U
            && _dice.Chance(90)
        )
        {
            // The one that cannot trap; they stand in the same order.
            opcode =
                opcode < Opcode.I64ExtendI32S
                    ? Opcode.I32TruncSatF32S + (opcode - Opcode.I32TruncF32S)
                    : Opcode.I64TruncSatF32S + (opcode - Opcode.I64TruncF32S);
        }

        var signature = OpcodeTable.SignatureOf(opcode)!;
        if (depth == 0)
        {
            Need(signature.Operands);
        }
        else
        {
            foreach (var operand in signature.Operands)
            {
                Produce(operand, depth + 1);
            }
        }

        if (opcode is >= Opcode.I32DivS and <= Opcode.I32RemU or >= Opcode.I64DivS and <= Opcode.I64RemU && _dice.Chance(93))
        {
            var type = signature.Operands[1];
            WriteConstant(_code, type, 1);
            _code.Op(type == WasmType.I32 ? Opcode.I32Or : Opcode.I64Or);
        }

        _code.Op(opcode);
        WriteLanes(opcode, signature);
        Replace(signature.Operands.Length, signature.Result!.Value);
        if (_options.Portable && NumericOpcodes.NaNOf(opcode) is { } format)
        {
            MakeCanonical(format);
        }
    }

    private void WriteLanes(Opcode opcode, OpcodeTable.Signature signature)
    {
        switch (OpcodeTable.ImmediateOf(opcode))
        {
            case Immediate.Lane or Immediate.MemoryAndLane:
                _code.Byte(_dice.Next(signature.Lanes));
                break;
            case Immediate.Lanes:
                for (var i = 0; i < 16; i++)
                {
                    _code.Byte(_dice.Next(32));
                }

                break;
        }
    }

    /// <summary>value = value == value ? value : canonical NaN, in each lane.</summary>
    private void MakeCanonical(WasmType format)
    {
        var isDouble = format == WasmType.F64;
        var isVector = _stack[^1] == WasmType.V128;
        var scratch =
            _reserved
            + LoopsMax
            + (
                isVector ? 2
                : isDouble ? 1
                : 0
            );
        var canonical =
            isDouble ? 0x7FF8_0000_0000_0000UL
            : isVector ? 0x7FC0_0000_7FC0_0000UL
            : 0x7FC0_0000UL;
        _code.Op(Opcode.LocalTee).Index(scratch);
        WriteConstant(_code, _stack[^1], isVector ? new UInt128(canonical, canonical) : canonical);
        _code.Op(Opcode.LocalGet).Index(scratch).Op(Opcode.LocalGet).Index(scratch);
        _code.Op(
            isVector ? (isDouble ? Opcode.F64x2Eq : Opcode.F32x4Eq)
            : isDouble ? Opcode.F64Eq
            : Opcode.F32Eq
        );
        _code.Op(isVector ? Opcode.V128Bitselect : Opcode.Select);
    }

    private void SetLocal()
    {
        if (_reserved == 0)
        {
            return;
        }

        var local = _dice.Next(_reserved);
        Need(_locals[local]);
        if (_dice.Chance(50))
        {
            _code.Op(Opcode.LocalTee).Index(local);
        }
        else
        {
            _code.Op(Opcode.LocalSet).Index(local);
            Pop(1);
        }
    }

    private void SetGlobal()
    {
        var global = _dice.Next(_shape.Globals.Count);
        if (_shape.Globals[global].Mutable && (!_isNumeric || ModuleGenerator.Numbers.Contains(_shape.Globals[global].Content)))
        {
            Need(_shape.Globals[global].Content);
            _code.Op(Opcode.GlobalSet).Index(global);
            Pop(1);
        }
    }

    private void Select()
    {
        var type = Available > 0 && _dice.Chance(70) ? _stack[^1] : _dice.Pick(ValueTypes);
        Need(type, type, WasmType.I32);
        if (type.IsReference() || _dice.Chance(30))
        {
            _code.Op(Opcode.SelectTyped).U32(1).Type(type);
        }
        else
        {
            _code.Op(Opcode.Select);
        }

        Replace(3, type);
    }
}
