using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>
/// Makes one valid body. Keeps the types of the operand stack as a validator does, and chooses instructions that fit it or makes
/// the operands that they need.
/// </summary>
internal sealed partial class FunctionGenerator
{
    private const int LoopsMax = 3;

    /// <summary>So many that a function is entered through a guard of its frame.</summary>
    private const int ManyLocals = 1_100;

    /// <summary>
    /// Of a function that has nothing but numbers, and no tail calls, atomic instructions or those of tables: what the engine's own
    /// interpreter runs.
    /// </summary>
    private readonly bool _isNumeric;

    private readonly Shape _shape;
    private readonly Dice _dice;
    private readonly int _function;
    private readonly FunctionType _type;
    private readonly GeneratorOptions _options;
    private readonly List<WasmType> _locals = [];
    private readonly List<WasmType> _stack = [];
    private readonly List<Frame> _frames = [];
    private readonly WasmWriter _code = new();

    /// <summary>Locals from here on are not chosen by chance: loop counters, and scratch for making NaNs canonical.</summary>
    private readonly int _reserved;
    private int _budget;

    private sealed class Frame(WasmType[] labelTypes, int height, bool isLoop)
    {
        public WasmType[] LabelTypes { get; } = labelTypes;

        public int Height { get; } = height;

        public bool IsLoop { get; } = isLoop;

        /// <summary>Nothing gets here: operands that are missing need not be made.</summary>
        public bool Dead { get; set; }
    }

    public FunctionGenerator(Shape shape, Dice dice, int function, GeneratorOptions options)
    {
        _shape = shape;
        _dice = dice;
        _function = function;
        _options = options;
        _type = shape.TypeOf(function);
        _isNumeric = IsNumeric(_type) && dice.Chance(80);
        _locals.AddRange(_type.Parameters);
        for (var count = dice.Next(9); count > 0; count--)
        {
            _locals.Add(dice.Pick(ValueTypes));
        }

        _reserved = _locals.Count;
        _locals.AddRange(Enumerable.Repeat(WasmType.I32, LoopsMax));
        _locals.AddRange([WasmType.F32, WasmType.F64]);
        if (!_isNumeric)
        {
            _locals.Add(WasmType.V128);
        }

        if (dice.OnceIn(30))
        {
            _locals.AddRange(Enumerable.Repeat(WasmType.I64, ManyLocals));
        }

        _budget = dice.OnceIn(15) ? 300 : dice.Between(5, 70);
    }

    private IReadOnlyList<WasmType> ValueTypes => _isNumeric ? ModuleGenerator.Numbers : ModuleGenerator.AllTypes;

    private Frame Current => _frames[^1];

    /// <summary>Operands that belong to the innermost block.</summary>
    private int Available => _stack.Count - Current.Height;

    public WasmWriter Generate()
    {
        _frames.Add(new Frame([.. _type.Results], 0, isLoop: false));
        while (_budget > 0 && !(Current.Dead && _dice.Chance(70)))
        {
            Instruction();
        }

        Finish(Current.LabelTypes);
        _code.Op(Opcode.End);
        var declared = _locals.Skip(_type.Parameters.Length).ToArray();
        var body = new WasmWriter().Index(declared.Length);
        foreach (var local in declared)
        {
            body.U32(1).Type(local);
        }

        return body.Raw(_code.ToArray());
    }

    private void Instruction()
    {
        _budget--;
        switch (_dice.Next(100))
        {
            case < 20:
                Numeric(_dice.Pick(NumericOpcodes.Scalars));
                break;
            case < 30:
                Numeric(_dice.Pick(_isNumeric ? NumericOpcodes.Scalars : NumericOpcodes.Vectors));
                break;
            case < 38:
                Produce(_dice.Pick(ValueTypes), 0);
                break;
            case < 48:
                SetLocal();
                break;
            case < 51:
                SetGlobal();
                break;
            case < 61:
                MemoryAccess();
                break;
            case < 70:
                Structure();
                break;
            case < 76:
                Branch();
                break;
            case < 82:
                Call();
                break;
            case < 85:
                Select();
                break;
            case < 88:
                Discard();
                break;
            case < 94:
                MemoryInstruction();
                break;
            default:
                if (_isNumeric)
                {
                    Structure();
                }
                else
                {
                    TableInstruction();
                }

                break;
        }
    }

    private static bool IsNumeric(FunctionType type) => type.Parameters.Concat(type.Results).All(ModuleGenerator.Numbers.Contains);

    /// <summary>Whether the function may have to do with values of the type.</summary>
    private bool Knows(FunctionType type) => !_isNumeric || IsNumeric(type);

    /// <summary>Brings the operands of the innermost block to exactly these types.</summary>
    private void Finish(WasmType[] types)
    {
        if (Current.Dead && _dice.Chance(50) && EndWith(types))
        {
            Set(types);
            return;
        }

        while (Available > types.Length || !_stack.Skip(Current.Height).SequenceEqual(types.Take(Available)))
        {
            Discard();
        }

        foreach (var type in types.Skip(Available).ToArray())
        {
            Produce(type, 0);
        }
    }

    /// <summary>Whether the block's operands are the last of these types; the others need not be there in dead code.</summary>
    private bool EndWith(IReadOnlyCollection<WasmType> types) =>
        Available <= types.Count && _stack.Skip(Current.Height).SequenceEqual(types.Skip(types.Count - Available));

    private void Set(IEnumerable<WasmType> types)
    {
        _stack.RemoveRange(Current.Height, Available);
        _stack.AddRange(types);
    }

    /// <summary>Makes the top operands be of these types, taking those that are there already for the first of them.</summary>
    private void Need(params IReadOnlyList<WasmType> types)
    {
        if (Current.Dead && _dice.Chance(40) && EndWith(types))
        {
            Set(types);
            return;
        }

        var there = Math.Min(Available, types.Count);
        while (!_stack.Skip(_stack.Count - there).SequenceEqual(types.Take(there)))
        {
            there--;
        }

        foreach (var type in types.Skip(there))
        {
            Produce(type, 1);
        }
    }

    private void Pop(int count) => _stack.RemoveRange(_stack.Count - count, count);

    private void Replace(int operands, params ReadOnlySpan<WasmType> results)
    {
        Pop(operands);
        _stack.AddRange(results);
    }

    private void Discard()
    {
        if (Available == 0)
        {
            _code.Op(Opcode.Nop);
            return;
        }

        var type = _stack[^1];
        var local = Local(type);
        if (local >= 0 && _dice.Chance(50))
        {
            _code.Op(Opcode.LocalSet).Index(local);
        }
        else
        {
            _code.Op(Opcode.Drop);
        }

        Pop(1);
    }

    /// <returns>A local of the type, or -1.</returns>
    private int Local(WasmType type)
    {
        var first = _dice.Next(Math.Max(1, _reserved));
        for (var i = 0; i < _reserved; i++)
        {
            if (_locals[(first + i) % _reserved] == type)
            {
                return (first + i) % _reserved;
            }
        }

        return -1;
    }

    private void MarkDead()
    {
        _stack.RemoveRange(Current.Height, Available);
        Current.Dead = true;
    }
}
