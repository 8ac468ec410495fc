using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

/// <summary>A block that is open: what ends it and where its operands begin.</summary>
internal struct ControlFrame
{
    /// <summary>Block, Loop, If, Else; Block for the function itself.</summary>
    public Opcode Opcode;
    public FunctionType Type;

    /// <summary>Operands below belong to the blocks around it.</summary>
    public int Height;

    /// <summary>The last br_table that named the block, by its number in the function's module.</summary>
    public int Table;

    /// <summary>The rest of the block cannot be reached: operands of any type may be popped from nothing.</summary>
    public bool Unreachable;

    public readonly ReadOnlySpan<WasmType> LabelTypes => Opcode == Opcode.Loop ? Type.Parameters.AsSpan() : Type.Results.AsSpan();
}

/// <summary>
/// The two stacks of the validation algorithm (core specification, appendix "Validation Algorithm"). Arrays that grow, so no
/// nesting recurses.
/// </summary>
internal sealed class OperandTypes(EngineLimits limits)
{
    /// <summary>Stands for any type, in code that cannot be reached.</summary>
    public const WasmType Unknown = 0;

    private WasmType[] _operands = new WasmType[64];
    private ControlFrame[] _frames = new ControlFrame[16];
    private int _operandCount;
    private int _vectorCount;
    private int _operandsMax;
    private int _work;
    private int _movesOfModule;

    public int FrameCount { get; private set; }

    /// <summary>Most slots of operands at once since <see cref="Reset"/>: two for a vector, one for any other.</summary>
    public int SlotsMax { get; private set; }

    /// <summary>Offset of the instruction being validated, for errors.</summary>
    public int Offset { get; set; }

    public ref ControlFrame Current => ref _frames[FrameCount - 1];

    public void Reset() => _operandCount = _vectorCount = _operandsMax = _work = FrameCount = SlotsMax = 0;

    public InvalidModuleException Invalid(string message) => new(ModuleFault.Invalid, Offset, message);

    public void Push(WasmType type)
    {
        if (_operandCount == _operands.Length)
        {
            Array.Resize(ref _operands, _operandCount * 2);
        }

        _operands[_operandCount++] = type;
        _vectorCount += type == WasmType.V128 ? 1 : 0;
        SlotsMax = Math.Max(SlotsMax, _operandCount + _vectorCount);
        if (_operandCount > _operandsMax)
        {
            _operandsMax = _operandCount;
            if (_operandCount > limits.OperandsMax)
            {
                throw new InvalidModuleException(
                    ModuleFault.LimitExceeded,
                    Offset,
                    $"{_operandCount} operands at once, the limit is {limits.OperandsMax}"
                );
            }
        }
    }

    public void Push(ReadOnlySpan<WasmType> types)
    {
        foreach (var type in types)
        {
            Push(type);
        }
    }

    public WasmType Pop()
    {
        ref var frame = ref Current;
        if (_operandCount == frame.Height)
        {
            return frame.Unreachable ? Unknown : throw Invalid("type mismatch");
        }

        var type = _operands[--_operandCount];
        _vectorCount -= type == WasmType.V128 ? 1 : 0;
        return type;
    }

    public WasmType Pop(WasmType expected)
    {
        var actual = Pop();
        return actual == expected || actual == Unknown || expected == Unknown ? actual : throw Invalid("type mismatch");
    }

    public void Pop(ReadOnlySpan<WasmType> types)
    {
        for (var i = types.Length - 1; i >= 0; i--)
        {
            Pop(types[i]);
        }
    }

    /// <summary>Checks that the top operands are <paramref name="types"/> and leaves them as they are.</summary>
    public void Expect(ReadOnlySpan<WasmType> types)
    {
        ref var frame = ref Current;
        for (var i = 1; i <= types.Length; i++)
        {
            var at = _operandCount - i;
            if (at < frame.Height)
            {
                if (!frame.Unreachable)
                {
                    throw Invalid("type mismatch");
                }

                return;
            }

            if (_operands[at] != types[^i] && _operands[at] != Unknown)
            {
                throw Invalid("type mismatch");
            }
        }
    }

    public void Enter(Opcode opcode, FunctionType type)
    {
        // The function itself is the first frame.
        if (FrameCount > limits.NestingMax)
        {
            throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                Offset,
                $"{FrameCount} blocks in each other, the limit is {limits.NestingMax}"
            );
        }

        Move(type.Parameters.Length);

        if (FrameCount == _frames.Length)
        {
            Array.Resize(ref _frames, FrameCount * 2);
        }

        _frames[FrameCount++] = new ControlFrame
        {
            Opcode = opcode,
            Type = type,
            Height = _operandCount,
        };
        Push(type.Parameters.AsSpan());
    }

    public ControlFrame Leave()
    {
        var frame = Current;
        Move(frame.Type.Results.Length);
        Pop(frame.Type.Results.AsSpan());
        if (_operandCount != frame.Height)
        {
            throw Invalid("type mismatch");
        }

        FrameCount--;
        return frame;
    }

    /// <summary>
    /// Counts operands that an instruction passes on, before anything is done with them: their number has nothing to do with its bytes.
    /// </summary>
    public void Move(int operands)
    {
        AddWork(operands);
        _movesOfModule += operands;
        if (_movesOfModule > limits.ModuleOperandMovesMax)
        {
            throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                Offset,
                $"{_movesOfModule} operands passed on by calls, blocks and branches, the limit is {limits.ModuleOperandMovesMax}"
            );
        }
    }

    /// <summary>Counts work for the machine-code compiler, in the units of <see cref="CompilationWork"/>.</summary>
    public void AddWork(int units)
    {
        _work += units;
        if (_work > limits.CompilationWorkMax)
        {
            throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                Offset,
                $"a function of {_work} units of work to compile, the limit is {limits.CompilationWorkMax}"
            );
        }
    }

    public void MarkUnreachable()
    {
        ref var frame = ref Current;
        while (_operandCount > frame.Height)
        {
            Pop();
        }

        frame.Unreachable = true;
    }

    public ref ControlFrame Label(int depth)
    {
        if ((uint)depth >= (uint)FrameCount)
        {
            throw Invalid($"unknown label {(uint)depth}");
        }

        return ref _frames[FrameCount - 1 - depth];
    }
}
