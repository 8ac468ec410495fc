using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Blocks, branches and calls.</summary>
internal sealed partial class FunctionGenerator
{
    private const int NestingMax = 7;

    private int _loopDepth;

    private void Structure()
    {
        if (_frames.Count > NestingMax)
        {
            return;
        }

        var (typeIndex, type) = BlockType();
        switch (_dice.Next(3))
        {
            case 0:
                Need(type.Parameters);
                Open(Opcode.Block, typeIndex, type);
                Fill();
                Close(type);
                break;
            case 1 when _loopDepth < LoopsMax:
                Loop(typeIndex, type);
                break;
            default:
                Need([.. type.Parameters, WasmType.I32]);
                Pop(1);
                Open(Opcode.If, typeIndex, type);
                Fill();
                if (!type.Parameters.SequenceEqual(type.Results) || _dice.Chance(60))
                {
                    Else(type);
                    Fill();
                }

                Close(type);
                break;
        }
    }

    /// <returns>A type index, or -1 for a block type in short form.</returns>
    private (int Index, FunctionType Type) BlockType()
    {
        var index = _dice.Next(_shape.Types.Count);
        return _dice.Next(3) switch
        {
            0 => (-1, new FunctionType([], [])),
            > 1 when Knows(_shape.Types[index]) => (index, _shape.Types[index]),
            _ => (-1, new FunctionType([], [_dice.Pick(ValueTypes)])),
        };
    }

    private void Open(Opcode opcode, int typeIndex, FunctionType type)
    {
        _code.Op(opcode);
        if (typeIndex >= 0)
        {
            _code.Signed(typeIndex);
        }
        else if (type.Results.Length == 0)
        {
            _code.Byte(0x40);
        }
        else
        {
            _code.Type(type.Results[0]);
        }

        var isLoop = opcode == Opcode.Loop;
        _frames.Add(new Frame([.. isLoop ? type.Parameters : type.Results], _stack.Count - type.Parameters.Length, isLoop));
    }

    private void Fill()
    {
        for (var count = _dice.Between(0, 8); count > 0 && _budget > 0 && !(Current.Dead && _dice.Chance(60)); count--)
        {
            Instruction();
        }
    }

    private void Else(FunctionType type)
    {
        Finish([.. type.Results]);
        _code.Op(Opcode.Else);
        Set(type.Parameters);
        Current.Dead = false;
    }

    private void Close(FunctionType type)
    {
        Finish([.. type.Results]);
        _code.Op(Opcode.End);
        _frames.RemoveAt(_frames.Count - 1);
    }

    /// <summary>Turns by a counter, so that most loops end.</summary>
    private void Loop(int typeIndex, FunctionType type)
    {
        var counter = _reserved + _loopDepth++;
        WriteConstant(_code, WasmType.I32, (uint)(_dice.OnceIn(20) ? 200 : _dice.Between(1, 5)));
        _code.Op(Opcode.LocalSet).Index(counter);
        Need(type.Parameters);
        Open(Opcode.Loop, typeIndex, type);
        Fill();
        Finish([.. type.Parameters]);
        _code.Op(Opcode.LocalGet).Index(counter);
        WriteConstant(_code, WasmType.I32, 1);
        _code.Op(Opcode.I32Sub).Op(Opcode.LocalTee).Index(counter).Op(Opcode.BrIf).U32(0);
        Close(type);
        _loopDepth--;
    }

    private void Branch()
    {
        var depth = _dice.Next(_frames.Count);
        var types = _frames[^(1 + depth)].LabelTypes;
        var kind = _dice.Next(100);
        if (_frames[^(1 + depth)].IsLoop && !_dice.OnceIn(kind < 70 ? 12 : 40))
        {
            return;
        }

        switch (kind)
        {
            case < 60:
                Need([.. types, WasmType.I32]);
                _code.Op(Opcode.BrIf).Index(depth);
                Pop(1);
                return;
            case < 80 when _frames.Count > 1:
                if (!BranchTable(types))
                {
                    return;
                }

                break;
            case < 90 when _frames.Count > 1:
                Need(types);
                _code.Op(Opcode.Br).Index(depth);
                break;
            case < 97 when _frames.Count > 2:
                Need(_type.Results);
                _code.Op(Opcode.Return);
                break;
            default:
                if (_frames.Count <= 3)
                {
                    return;
                }

                _code.Op(Opcode.Unreachable);
                break;
        }

        MarkDead();
    }

    /// <returns>False where no label takes these types.</returns>
    private bool BranchTable(WasmType[] types)
    {
        var labels = Enumerable
            .Range(0, _frames.Count)
            .Where(depth => _frames[^(1 + depth)].LabelTypes.SequenceEqual(types) && (!_frames[^(1 + depth)].IsLoop || _dice.OnceIn(12)))
            .ToArray();
        if (labels.Length == 0)
        {
            return false;
        }

        Need([.. types, WasmType.I32]);
        WriteConstant(_code, WasmType.I32, 7);
        _code.Op(_dice.Chance(80) ? Opcode.I32And : Opcode.I32Xor).Op(Opcode.BrTable);
        var count =
            _dice.OnceIn(200) ? 3_000
            : _dice.OnceIn(10) ? 60
            : _dice.Next(7);
        _code.Index(count);
        for (var i = 0; i <= count; i++)
        {
            _code.Index(_dice.Pick(labels));
        }

        return true;
    }

    private void Call()
    {
        if (_dice.Chance(50))
        {
            var callee = _dice.OnceIn(6) ? _dice.Next(_shape.ImportedFunctions) : Later();
            var type = _shape.TypeOf(callee);
            if (!Knows(type))
            {
                return;
            }

            Need(type.Parameters);
            var tail = IsTail(type);
            _code.Op(tail ? Opcode.ReturnCall : Opcode.Call).Index(callee);
            Behind(type, tail);
            return;
        }

        var slot = _dice.Next(Shape.TableElementsMin);
        for (var tries = 0; tries < 8 && (slot >= _shape.Slots.Count || _shape.Slots[slot] <= _function) && !_dice.OnceIn(30); tries++)
        {
            slot = _dice.Next(_shape.Slots.Count);
        }

        var typeIndex =
            slot < _shape.Slots.Count && !_dice.OnceIn(40) ? _shape.FunctionTypes[_shape.Slots[slot]] : _dice.Next(_shape.Types.Count);
        var expected = _shape.Types[typeIndex];
        if (!Knows(expected))
        {
            return;
        }

        Need(expected.Parameters);
        WriteConstant(_code, WasmType.I32, (uint)slot);
        var isTail = IsTail(expected);
        _code.Op(isTail ? Opcode.ReturnCallIndirect : Opcode.CallIndirect).Index(typeIndex).Index(_dice.OnceIn(40) ? 2 : 0);
        Behind(expected, isTail);
    }

    /// <summary>A tail call gives its callee's results for the function's own, and the rest of the block is dead.</summary>
    private bool IsTail(FunctionType callee) =>
        !_isNumeric && callee.Results.SequenceEqual(_type.Results) && _dice.Chance(_frames.Count > 1 ? 40 : 4);

    private void Behind(FunctionType callee, bool tail)
    {
        Replace(callee.Parameters.Length, callee.Results.AsSpan());
        if (tail)
        {
            MarkDead();
        }
    }

    /// <summary>Mostly a function behind this one, so that recursion is rare.</summary>
    private int Later()
    {
        var count = _shape.FunctionTypes.Count - _function - 1;
        return count > 0 && !_dice.OnceIn(25) ? _function + 1 + _dice.Next(count)
            : _dice.OnceIn(3) ? _dice.Between(_shape.ImportedFunctions, _shape.FunctionTypes.Count - 1)
            : _dice.Next(_shape.ImportedFunctions - 1);
    }
}
