using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// The WebAssembly operand stack during emission. Local reads and constants stay symbolic until an instruction needs them;
/// results of instructions stay on the evaluation stack of IL until a branch or a bounds check wants it empty.
/// </summary>
internal sealed class OperandStack(FunctionLocals locals)
{
    /// <summary>The machine-code compiler recurses over expressions, and more values than this never stay in registers.</summary>
    private const int DepthMax = 32;

    private readonly List<Operand> _operands = [];

    /// <summary>Heights of the operands in each of the two places that other code can invalidate, ascending.</summary>
    private readonly List<int> _onStack = [];
    private readonly List<int> _inLocals = [];

    public int Count => _operands.Count;

    public Operand this[int height] => _operands[height];

    public Operand Top => _operands[^1];

    /// <summary>Number of operands that are on the evaluation stack.</summary>
    public int StackCount => _onStack.Count;

    private CodeWriter IL => locals.IL;

    /// <summary>Takes over what an instruction just left on the evaluation stack.</summary>
    /// <param name="depth">
    /// One more than the greatest depth of its operands on that stack, which <see cref="Load"/> gives. Never less: the machine-code
    /// compiler recurses over expressions, and a deeper one than this says could use up its stack.
    /// </param>
    public void PushStack(
        WasmType type,
        int depth,
        NaNLanes anyNaN = NaNLanes.None,
        VectorLane lane = VectorLane.Byte,
        uint max = uint.MaxValue
    )
    {
        _onStack.Add(_operands.Count);
        _operands.Add(new Operand(type, OperandPlace.Stack, 0, anyNaN, depth) { Lane = lane, Max = max });
        if (depth >= DepthMax || _onStack.Count >= DepthMax)
        {
            SpillStack();
        }
    }

    public void PushConstant(WasmType type, long bits, long highBits = 0) =>
        _operands.Add(
            new Operand(type, OperandPlace.Constant, bits, NaNLanes.None, 0)
            {
                HighBits = highBits,
                Max = type == WasmType.I32 ? (uint)bits : uint.MaxValue,
            }
        );

    public void PushLocal(WasmType type, int index, NaNLanes anyNaN, uint max)
    {
        _inLocals.Add(_operands.Count);
        _operands.Add(new Operand(type, OperandPlace.Local, index, anyNaN, 0) { Max = max });
        if (_inLocals.Count >= DepthMax)
        {
            SpillLocals(-1, _operands.Count);
        }
    }

    /// <summary>A value that the caller has stored, or will store, in the local of its height and type.</summary>
    public void PushSpilled(WasmType type, NaNLanes anyNaN = NaNLanes.None) =>
        _operands.Add(new Operand(type, OperandPlace.Spilled, 0, anyNaN, 0));

    /// <summary>Forgets all operands from <paramref name="height"/> up, in code that nothing reaches or after a label.</summary>
    public void Truncate(int height)
    {
        _operands.RemoveRange(height, _operands.Count - height);
        Trim(_onStack, height);
        Trim(_inLocals, height);
    }

    /// <summary>Removes the top operand, off the evaluation stack, in a place where it can be read any number of times.</summary>
    public Value Take()
    {
        var height = _operands.Count - 1;
        Settle(height);
        var operand = _operands[height];
        Truncate(height);
        return new Value(operand, height, locals);
    }

    /// <summary>As <see cref="Take"/>, with a canonical NaN.</summary>
    public Value TakeCanonical()
    {
        var height = _operands.Count - 1;
        Canonicalise(height);
        return Take();
    }

    /// <summary>
    /// Removes the top <paramref name="count"/> operands and leaves their values on the evaluation stack, in order, vectors as
    /// vectors of <paramref name="lane"/>.
    /// </summary>
    /// <returns>The greatest depth among them.</returns>
    public int Load(int count, VectorLane lane = VectorLane.Byte)
    {
        var first = _operands.Count - count;
        var inOrder = first;
        while (inOrder < _operands.Count && _operands[inOrder].Place == OperandPlace.Stack)
        {
            // A vector of other lanes can only be converted on top of the stack.
            if (_operands[inOrder++].IsVectorOfOther(lane))
            {
                break;
            }
        }

        // An operand that is on the stack already must leave it if one below it is not there yet.
        SpillStack(inOrder);
        var depth = 0;
        for (var height = first; height < _operands.Count; height++)
        {
            depth = Math.Max(depth, _operands[height].Depth);
            if (height >= inOrder)
            {
                Emit(height);
            }

            EmitLane(height, lane);
        }

        Truncate(first);
        return depth;
    }

    /// <summary>As <see cref="Load"/> of two, but may leave them swapped where that saves stepping aside.</summary>
    /// <returns>The depth.</returns>
    public int LoadEither(VectorLane lane = VectorLane.Byte)
    {
        var first = _operands.Count - 2;
        if (_operands[first].Place == OperandPlace.Stack || _operands[first + 1].Place != OperandPlace.Stack)
        {
            return Load(2, lane);
        }

        var depth = _operands[first + 1].Depth;
        EmitLane(first + 1, lane);
        Emit(first);
        EmitLane(first, lane);
        Truncate(first);
        return depth;
    }

    /// <summary>Empties the evaluation stack, from <paramref name="fromHeight"/> up.</summary>
    public void SpillStack(int fromHeight = 0)
    {
        while (_onStack.Count > 0 && _onStack[^1] >= fromHeight)
        {
            var height = _onStack[^1];
            EmitLane(height, VectorLane.Byte);
            IL.StoreLocal(locals.Spill(height, _operands[height].Type));
            _onStack.RemoveAt(_onStack.Count - 1);
            _operands[height] = _operands[height] with { Place = OperandPlace.Spilled, Depth = 0, Lane = VectorLane.Byte };
        }
    }

    /// <summary>Copies reads of a WebAssembly local that is about to change; -1: of all locals.</summary>
    public void SpillLocals(int index, int belowHeight)
    {
        for (var i = _inLocals.Count - 1; i >= 0; i--)
        {
            var height = _inLocals[i];
            if (height < belowHeight && (index < 0 || _operands[height].Bits == index))
            {
                Emit(height);
                IL.StoreLocal(locals.Spill(height, _operands[height].Type));
                _operands[height] = _operands[height] with { Place = OperandPlace.Spilled };
                _inLocals.RemoveAt(i);
            }
        }
    }

    /// <summary>Before a block: everything into its spill local, except constants, which nothing can change.</summary>
    public void SpillAll()
    {
        SpillStack();
        SpillLocals(-1, _operands.Count);
    }

    /// <summary>The top operands into the spill locals of their heights, canonical, as labels expect them.</summary>
    public void SpillResults(int count)
    {
        SpillStack();
        for (var height = _operands.Count - count; height < _operands.Count; height++)
        {
            Canonicalise(height);
            MoveToSpill(height);
        }
    }

    /// <summary>Copies the top <paramref name="count"/> operands, spilled before, down to where a label expects them.</summary>
    public void CopyDown(int count, int toHeight)
    {
        var from = _operands.Count - count;
        for (var i = 0; from != toHeight && i < count; i++)
        {
            var type = _operands[from + i].Type;
            IL.LoadLocal(locals.Spill(from + i, type));
            IL.StoreLocal(locals.Spill(toHeight + i, type));
        }
    }

    /// <summary>Makes the operand's NaNs canonical: a vector's on top of the evaluation stack, any other's in its spill local.</summary>
    public void Canonicalise(int height)
    {
        var anyNaN = _operands[height].AnyNaN;
        if (anyNaN == NaNLanes.None)
        {
            return;
        }

        if (_operands[height] is { Type: WasmType.V128, Place: OperandPlace.Stack } && _onStack[^1] == height)
        {
            var lane = anyNaN == NaNLanes.F32 ? VectorLane.Single : VectorLane.Double;
            EmitLane(height, lane);
            locals.EmitCanonicalVector(anyNaN);
            _operands[height] = _operands[height] with { AnyNaN = NaNLanes.None, Lane = lane, Depth = _operands[height].Depth + 1 };
            return;
        }

        SpillStack(height);
        MoveToSpill(height);
        var operand = _operands[height];
        locals.EmitCanonical(locals.Spill(height, operand.Type), operand.Type, anyNaN);
        _operands[height] = operand with { AnyNaN = NaNLanes.None };
    }

    /// <summary>Makes the top <paramref name="count"/> operands canonical.</summary>
    public void CanonicaliseTop(int count)
    {
        for (var height = _operands.Count - count; height < _operands.Count; height++)
        {
            Canonicalise(height);
        }
    }

    /// <summary>Makes the NaNs of a numeric instruction's operands canonical where their bits show in its result.</summary>
    /// <returns>What the result may hold.</returns>
    public NaNLanes SettleNaNs(Opcode opcode, int operands)
    {
        var read = NaNRules.Read(opcode);
        var kept = NaNRules.Kept(opcode);
        var allKept = kept != NaNLanes.None;
        for (var height = Count - operands; height < Count; height++)
        {
            allKept &= this[height].AnyNaN == kept;
        }

        if (allKept)
        {
            return kept;
        }

        for (var height = Count - operands; height < Count; height++)
        {
            if (this[height].AnyNaN != read)
            {
                Canonicalise(height);
            }
        }

        return NaNRules.Made(opcode);
    }

    /// <summary>A local or a constant into the spill local of its height.</summary>
    private void MoveToSpill(int height)
    {
        if (_operands[height].Place != OperandPlace.Spilled)
        {
            Emit(height);
            IL.StoreLocal(locals.Spill(height, _operands[height].Type));
            _inLocals.Remove(height);
            _operands[height] = _operands[height] with { Place = OperandPlace.Spilled };
        }
    }

    private static void Trim(List<int> heights, int height)
    {
        while (heights.Count > 0 && heights[^1] >= height)
        {
            heights.RemoveAt(heights.Count - 1);
        }
    }

    /// <summary>Off the evaluation stack.</summary>
    private void Settle(int height)
    {
        if (_operands[height].Place == OperandPlace.Stack)
        {
            SpillStack(height);
        }
    }

    private void Emit(int height) => new Value(_operands[height], height, locals).Emit();

    /// <summary>The operand's value is on top of the evaluation stack.</summary>
    private void EmitLane(int height, VectorLane lane)
    {
        if (_operands[height].IsVectorOfOther(lane))
        {
            IL.Call(VectorLanes.Conversion(_operands[height].Lane, lane));
        }
    }

    /// <summary>An operand that was taken. Valid until a spill local of its height or its WebAssembly local is written.</summary>
    public readonly struct Value(Operand operand, int height, FunctionLocals locals)
    {
        public WasmType Type => operand.Type;

        /// <summary>The constant, if it is one.</summary>
        public long? Constant => operand.Place == OperandPlace.Constant ? operand.Bits : null;

        public NaNLanes AnyNaN => operand.AnyNaN;

        /// <summary>The WebAssembly local that it is still in.</summary>
        public int? Local => operand.Place == OperandPlace.Local ? (int)operand.Bits : null;

        /// <inheritdoc cref="Operand.Max"/>
        public uint Max => operand.Max;

        /// <summary>Puts a scalar on the evaluation stack on its way to memory: with a canonical NaN.</summary>
        public void EmitCanonical()
        {
            Emit();
            if (operand.AnyNaN != NaNLanes.None)
            {
                locals.EmitCanonicalScalar(operand.Type);
            }
        }

        /// <summary>Puts the value on the evaluation stack, a vector as one of bytes.</summary>
        public void Emit()
        {
            switch (operand.Place)
            {
                case OperandPlace.Spilled:
                    locals.IL.LoadLocal(locals.Spill(height, operand.Type));
                    break;
                case OperandPlace.Local:
                    locals.EmitGet((int)operand.Bits);
                    break;
                case OperandPlace.Constant:
                    locals.EmitConstant(operand.Type, operand.Bits, operand.HighBits);
                    break;
                default:
                    throw new InvalidOperationException("The operand is on the evaluation stack; this is a bug in the emitter.");
            }
        }
    }
}
