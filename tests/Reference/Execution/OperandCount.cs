using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>
/// The most slots that a function's operands take at once, as engine/FUEL.md defines them under "Stack": by the validation
/// algorithm of the specification's appendix, without its checks, because the code is valid.
/// </summary>
internal sealed class OperandCount
{
    /// <summary>Stands for any type, in code that cannot be reached.</summary>
    private const WasmType Unknown = 0;

    private readonly ModuleContent _content;
    private readonly FunctionType _type;
    private readonly WasmType[] _locals;
    private readonly List<WasmType> _operands = [];
    private readonly Stack<Block> _blocks = new();
    private int _slots;
    private int _greatest;

    private sealed class Block(int height, FunctionType type, bool isLoop)
    {
        public int Height { get; } = height;

        public FunctionType Type { get; } = type;

        public IReadOnlyList<WasmType> LabelTypes => isLoop ? Type.Parameters : Type.Results;

        public bool Unreachable { get; set; }
    }

    private OperandCount(ModuleContent content, FunctionType type, IEnumerable<WasmType> locals)
    {
        _content = content;
        _type = type;
        _locals = [.. type.Parameters, .. locals];
        _blocks.Push(new Block(0, type, isLoop: false));
    }

    /// <summary>A vector takes two, everything else one.</summary>
    public static int SlotsOf(WasmType type) => type == WasmType.V128 ? 2 : 1;

    public static int Greatest(ModuleContent content, FunctionType type, IEnumerable<WasmType> locals, IReadOnlyList<Step> steps)
    {
        var count = new OperandCount(content, type, locals);
        foreach (var step in steps)
        {
            count.Count(step);
        }

        return count._greatest;
    }

    private void Count(Step step)
    {
        var index = step.Instruction.Index;
        switch (step.Opcode)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If:
                Pop(step.Opcode == Opcode.If ? 1 : 0);
                Pop(step.BlockType!.Parameters.Length);
                Enter(step.BlockType, isLoop: step.Opcode == Opcode.Loop);
                break;
            case Opcode.Else:
                Enter(Leave(), isLoop: false);
                break;
            case Opcode.End:
                var results = Leave().Results;
                if (_blocks.Count > 0)
                {
                    Push(results);
                }

                break;
            case Opcode.BrIf:
                Pop(1);
                Change(LabelTypes(index).Count, LabelTypes(index));
                break;
            case Opcode.Br or Opcode.BrTable or Opcode.Return or Opcode.Unreachable or Opcode.ReturnCall or Opcode.ReturnCallIndirect:
                MarkUnreachable();
                break;
            case Opcode.Select:
                Pop(1);
                var second = Pop();
                var first = Pop();
                Push([first == Unknown ? second : first]);
                break;
            default:
                Plain(step.Opcode, in step.Instruction);
                break;
        }
    }

    private void Plain(Opcode opcode, in Instruction instruction)
    {
        var index = instruction.Index;
        if (OpcodeTable.SignatureOf(opcode) is { } signature)
        {
            Change(signature.Operands.Length, signature.Result is { } result ? [result] : []);
            return;
        }

        switch (opcode)
        {
            case Opcode.Call:
                Change(_content.TypeOfFunction(index).Parameters.Length, _content.TypeOfFunction(index).Results);
                break;
            case Opcode.CallIndirect:
                Change(_content.Types[index].Parameters.Length + 1, _content.Types[index].Results);
                break;
            case Opcode.Nop or Opcode.DataDrop or Opcode.ElemDrop:
                break;
            case Opcode.Drop or Opcode.LocalSet or Opcode.GlobalSet:
                Pop(1);
                break;
            case Opcode.SelectTyped:
                Change(3, [instruction.Type]);
                break;
            case Opcode.LocalGet:
                Push([_locals[index]]);
                break;
            case Opcode.LocalTee:
                Change(1, [_locals[index]]);
                break;
            case Opcode.GlobalGet:
                Push([_content.Globals[index].Content]);
                break;
            case Opcode.TableGet:
                Change(1, [_content.Tables[index].Element]);
                break;
            case Opcode.TableSet:
                Pop(2);
                break;
            default:
                Change(OperandsOf(opcode), GivesI32(opcode) ? [WasmType.I32] : ConstantOf(opcode));
                break;
        }
    }

    private static int OperandsOf(Opcode opcode) =>
        opcode switch
        {
            Opcode.MemoryInit or Opcode.MemoryCopy or Opcode.MemoryFill or Opcode.TableInit or Opcode.TableCopy or Opcode.TableFill => 3,
            Opcode.TableGrow => 2,
            Opcode.MemoryGrow or Opcode.RefIsNull => 1,
            _ => 0,
        };

    private static bool GivesI32(Opcode opcode) =>
        opcode is Opcode.MemorySize or Opcode.MemoryGrow or Opcode.TableSize or Opcode.TableGrow or Opcode.RefIsNull or Opcode.I32Const;

    private static WasmType[] ConstantOf(Opcode opcode) =>
        opcode switch
        {
            Opcode.I64Const => [WasmType.I64],
            Opcode.F32Const => [WasmType.F32],
            Opcode.F64Const => [WasmType.F64],
            Opcode.V128Const => [WasmType.V128],
            Opcode.RefNull or Opcode.RefFunc => [WasmType.FuncRef],
            _ when OperandsOf(opcode) > 0 => [],
            _ => throw new NotSupportedException($"{opcode} is unknown to the interpreter."),
        };

    private IReadOnlyList<WasmType> LabelTypes(int depth) => _blocks.ElementAt(depth).LabelTypes;

    private void Enter(FunctionType block, bool isLoop)
    {
        _blocks.Push(new Block(_operands.Count, block, isLoop));
        Push(block.Parameters);
    }

    private FunctionType Leave()
    {
        Pop(_blocks.Peek().Type.Results.Length);
        return _blocks.Pop().Type;
    }

    private void MarkUnreachable()
    {
        Pop(_operands.Count - _blocks.Peek().Height);
        _blocks.Peek().Unreachable = true;
    }

    private void Change(int operands, IReadOnlyList<WasmType> results)
    {
        Pop(operands);
        Push(results);
    }

    private void Pop(int count)
    {
        for (; count > 0; count--)
        {
            Pop();
        }
    }

    /// <summary>Where nothing is reached any more, operands that are not there are not taken away.</summary>
    private WasmType Pop()
    {
        if (_operands.Count == _blocks.Peek().Height)
        {
            return Unknown;
        }

        var type = _operands[^1];
        _operands.RemoveAt(_operands.Count - 1);
        _slots -= SlotsOf(type);
        return type;
    }

    private void Push(IReadOnlyList<WasmType> types)
    {
        foreach (var type in types)
        {
            _operands.Add(type);
            _slots += SlotsOf(type);
        }

        _greatest = Math.Max(_greatest, _slots);
    }
}
