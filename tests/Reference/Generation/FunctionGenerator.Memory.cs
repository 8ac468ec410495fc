using System.Numerics;
using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Memories and tables. Addresses and sizes are mostly inside.</summary>
internal sealed partial class FunctionGenerator
{
    private static readonly Opcode[] Accesses =
    [
        .. Enum.GetValues<Opcode>().Where(opcode => OpcodeTable.SignatureOf(opcode) is { AccessBytes: > 0, Atomic: false }),
    ];

    private static readonly Opcode[] NumericAccesses = [.. Accesses.Where(opcode => opcode < Opcode.V128Load)];

    private static readonly Opcode[] Atomics =
    [
        .. Enum.GetValues<Opcode>().Where(opcode => OpcodeTable.SignatureOf(opcode) is { AccessBytes: > 0, Atomic: true }),
    ];

    private void MemoryAccess()
    {
        var opcode = _dice.Pick(
            _isNumeric ? NumericAccesses
            : _dice.OnceIn(8) ? Atomics
            : Accesses
        );
        if (opcode is Opcode.MemoryAtomicWait32 or Opcode.MemoryAtomicWait64 && (_options.Portable || !_dice.OnceIn(10)))
        {
            // It traps but for shared memories, and V8's threads really wait.
            return;
        }

        var signature = OpcodeTable.SignatureOf(opcode)!;
        var alignment = BitOperations.Log2((uint)signature.AccessBytes);
        var aligned = signature.Atomic && !_dice.OnceIn(20) ? signature.AccessBytes - 1 : 0;
        Address(0x3FFF & ~aligned);
        foreach (var operand in signature.Operands[1..])
        {
            Produce(operand, 1);
        }

        _code.Op(opcode).Index(signature.Atomic ? alignment : _dice.Next(alignment + 1));
        _code.U32((_dice.OnceIn(150) ? (uint)_dice.Next() : (uint)_dice.Next(100)) & ~(uint)aligned);
        WriteLanes(opcode, signature);
        Pop(signature.Operands.Length);
        if (signature.Result is { } result)
        {
            _stack.Add(result);
        }
    }

    /// <summary>An i32 on the stack that is mostly below the mask.</summary>
    private void Address(int mask)
    {
        Need(WasmType.I32);
        if (!_dice.OnceIn(60))
        {
            WriteConstant(_code, WasmType.I32, (uint)mask);
            _code.Op(Opcode.I32And);
        }
    }

    /// <summary>A number of bytes or elements that mostly fits.</summary>
    private void Size(int usual) =>
        Constant(
            _dice.OnceIn(60) ? (int)_dice.Next()
            : _dice.OnceIn(10) ? usual * 100
            : _dice.Next(usual + 1)
        );

    private void MemoryInstruction()
    {
        switch (_dice.Next(7))
        {
            case 0:
                _code.Op(Opcode.MemorySize).Byte(0);
                _stack.Add(WasmType.I32);
                break;
            case 1:
                Constant(_dice.OnceIn(10) ? (int)_dice.Next() : _dice.Next(2));
                _code.Op(Opcode.MemoryGrow).Byte(0);
                break;
            case 2 or 3:
                Address(0x3FFF);
                Produce(WasmType.I32, 1);
                Size(64);
                _code.Op(Opcode.MemoryFill).Byte(0);
                Pop(3);
                break;
            case 4:
                Address(0x3FFF);
                Produce(WasmType.I32, 3);
                WriteConstant(_code, WasmType.I32, 0x3FFF);
                _code.Op(Opcode.I32And);
                Size(64);
                _code.Op(Opcode.MemoryCopy).Byte(0).Byte(0);
                Pop(3);
                break;
            case 5:
                Address(0x3FFF);
                Constant(_dice.Next(Shape.SegmentSize / 2));
                Size(Shape.SegmentSize / 2);
                _code.Op(Opcode.MemoryInit).Index(_dice.Next(_shape.DataSegments + 1)).Byte(0);
                Pop(3);
                break;
            default:
                if (_dice.OnceIn(10))
                {
                    _code.Op(Opcode.DataDrop).Index(_dice.Next(_shape.DataSegments + 1));
                }

                break;
        }
    }

    private void TableInstruction()
    {
        var table = _dice.Next(_shape.Tables.Count);
        var type = _shape.Tables[table];
        switch (_dice.Next(9))
        {
            case 0 or 1:
                Address(Shape.TableElementsMin - 1);
                _code.Op(Opcode.TableGet).Index(table);
                Replace(1, type);
                break;
            case 2:
                Address(Shape.TableElementsMin - 1);
                Produce(type, 1);
                _code.Op(Opcode.TableSet).Index(table);
                Pop(2);
                break;
            case 3:
                _code.Op(Opcode.TableSize).Index(table);
                _stack.Add(WasmType.I32);
                break;
            case 4:
                Need(type);
                Size(4);
                _code.Op(Opcode.TableGrow).Index(table);
                Replace(2, WasmType.I32);
                break;
            case 5:
                Address(Shape.TableElementsMin / 2);
                Produce(type, 1);
                Size(4);
                _code.Op(Opcode.TableFill).Index(table);
                Pop(3);
                break;
            case 6:
                Need(_dice.Pick([WasmType.FuncRef, WasmType.ExternRef]));
                _code.Op(Opcode.RefIsNull);
                Replace(1, WasmType.I32);
                break;
            default:
                TableCopy(table, type);
                break;
        }
    }

    private void TableCopy(int table, WasmType type)
    {
        var other = _dice.Chance(50) || type != WasmType.FuncRef ? table : 2 - table;
        var segment = type == WasmType.ExternRef ? 2 : _dice.Pick([0, 1, 1, 3]);
        Address(Shape.TableElementsMin / 2);
        Constant(_dice.Next(Shape.TableElementsMin / 2));
        Size(5);
        if (_dice.Chance(50))
        {
            _code.Op(Opcode.TableCopy).Index(table).Index(other);
        }
        else
        {
            _code.Op(Opcode.TableInit).Index(segment).Index(table);
        }

        Pop(3);
        if (_dice.OnceIn(15))
        {
            _code.Op(Opcode.ElemDrop).Index(segment);
        }
    }
}
