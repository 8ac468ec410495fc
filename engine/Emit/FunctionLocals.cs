using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Intrinsics;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>
/// WebAssembly locals and spilled operands as arguments and locals of IL. One IL local serves every operand of the same
/// height and type, because the machine-code compiler gives up optimising above about 2,000 of them.
/// </summary>
internal sealed class FunctionLocals
{
    private readonly Dictionary<(int Height, WasmType Type), LocalBuilder> _spills = [];
    private readonly LocalBuilder[] _declared;
    private readonly WasmType[] _types;
    private readonly int _parameters;

    public FunctionLocals(CodeWriter il, FunctionType type, FunctionBody body)
    {
        IL = il;
        _parameters = type.Parameters.Length;
        _types = new WasmType[_parameters + body.LocalCount];
        type.Parameters.CopyTo(_types);
        _declared = new LocalBuilder[body.LocalCount];
        var next = 0;
        foreach (var (count, localType) in body.Locals)
        {
            for (var i = 0; i < count; i++, next++)
            {
                _types[_parameters + next] = localType;
                _declared[next] = il.DeclareLocal(HostDelegates.ClrType(localType));
            }
        }
    }

    public CodeWriter IL { get; }

    /// <summary>Position of the stack budget among the IL arguments, behind the instance.</summary>
    public int BudgetArgument => _parameters + 1;

    public int Count => _types.Length;

    /// <summary>To be set to <see cref="Run.NaN32"/> at the function's beginning, if it is there in the end.</summary>
    public LocalBuilder? NaN32 { get; private set; }

    /// <summary>To be set to <see cref="Run.NaN64"/> at the function's beginning, if it is there in the end.</summary>
    public LocalBuilder? NaN64 { get; private set; }

    /// <summary>Two for a vector, one for any other.</summary>
    public int Slots => _types.Length + _types.Count(t => t == WasmType.V128);

    /// <summary>Locals of IL so far.</summary>
    public int DeclaredCount => _declared.Length + _spills.Count;

    public WasmType TypeOf(int index) => _types[index];

    public LocalBuilder Spill(int height, WasmType type)
    {
        if (!_spills.TryGetValue((height, type), out var local))
        {
            local = IL.DeclareLocal(HostDelegates.ClrType(type));
            _spills.Add((height, type), local);
        }

        return local;
    }

    public void EmitInstance() => IL.LoadArgument(_parameters);

    public void EmitInstanceField(FieldInfo field) => IL.LoadField(_parameters, field);

    public void EmitGet(int index)
    {
        if (index < _parameters)
        {
            IL.LoadArgument(index);
        }
        else
        {
            IL.LoadLocal(_declared[index - _parameters]);
        }
    }

    public void EmitSet(int index)
    {
        if (index < _parameters)
        {
            IL.StoreArgument(index);
        }
        else
        {
            IL.StoreLocal(_declared[index - _parameters]);
        }
    }

    public void EmitConstant(WasmType type, long bits, long highBits = 0)
    {
        switch (type)
        {
            case WasmType.I32:
                IL.LoadInt32((int)bits);
                break;
            case WasmType.I64:
                IL.LoadInt64(bits);
                break;
            case WasmType.F32 when float.IsNaN(BitConverter.Int32BitsToSingle((int)bits)):
                // The machine-code compiler keeps float constants as doubles, and the conversion quiets a signalling NaN.
                IL.LoadInt32((int)bits);
                IL.Call(Members.Helper(typeof(Arithmetic), nameof(Arithmetic.NaN32)));
                break;
            case WasmType.F32:
                IL.Emit(OpCodes.Ldc_R4, BitConverter.Int32BitsToSingle((int)bits));
                break;
            case WasmType.F64 when double.IsNaN(BitConverter.Int64BitsToDouble(bits)):
                IL.LoadInt64(bits);
                IL.Call(Members.Helper(typeof(Arithmetic), nameof(Arithmetic.NaN64)));
                break;
            case WasmType.F64:
                IL.Emit(OpCodes.Ldc_R8, BitConverter.Int64BitsToDouble(bits));
                break;
            case WasmType.V128:
                IL.LoadInt64(bits);
                IL.LoadInt64(highBits);
                IL.Call(VectorCode.Constant);
                IL.Call(VectorLanes.Conversion(VectorLane.Int64, VectorLane.Byte));
                break;
            default:
                IL.Emit(OpCodes.Ldnull);
                break;
        }
    }

    /// <summary>Replaces NaNs in <paramref name="local"/> by the canonical one (core specification, 4.3.3).</summary>
    public void EmitCanonical(LocalBuilder local, WasmType type, NaNLanes lanes)
    {
        if (type == WasmType.V128)
        {
            var lane = lanes == NaNLanes.F32 ? VectorLane.Single : VectorLane.Double;
            IL.LoadLocal(local);
            IL.Call(VectorLanes.Conversion(VectorLane.Byte, lane));
            EmitCanonicalVector(lanes);
            IL.Call(VectorLanes.Conversion(lane, VectorLane.Byte));
            IL.StoreLocal(local);
            return;
        }

        // The machine-code compiler knows the comparison for inequality as the test for a NaN and makes one jump of it.
        var (notANumber, number) = (IL.DefineLabel(), IL.DefineLabel());
        IL.LoadLocal(local);
        IL.LoadLocal(local);
        IL.Emit(OpCodes.Bne_Un, notANumber);
        IL.Emit(OpCodes.Br, number);
        IL.MarkLabel(notANumber);
        if (type == WasmType.F32)
        {
            IL.Emit(OpCodes.Ldc_R4, BitConverter.Int32BitsToSingle(Arithmetic.CanonicalNaN32));
        }
        else
        {
            IL.Emit(OpCodes.Ldc_R8, BitConverter.Int64BitsToDouble(Arithmetic.CanonicalNaN64));
        }

        IL.StoreLocal(local);
        IL.MarkLabel(number);
    }

    /// <summary>
    /// Of a float on the evaluation stack, without a branch. Only for a value that goes to memory: no instruction waits for the few cycles
    /// that it comes later. A computation with the value would wait for them; it would not wait for a predicted branch.
    /// </summary>
    public void EmitCanonicalScalar(WasmType type)
    {
        if (type == WasmType.F32)
        {
            IL.LoadLocal(NaN32 ??= IL.DeclareLocal(typeof(Vector128<float>)));
            IL.Call(Members.Helper(typeof(Arithmetic), nameof(Arithmetic.Canonical32)));
        }
        else
        {
            IL.LoadLocal(NaN64 ??= IL.DeclareLocal(typeof(Vector128<double>)));
            IL.Call(Members.Helper(typeof(Arithmetic), nameof(Arithmetic.Canonical64)));
        }
    }

    /// <summary>Of a vector of the lanes' type on the evaluation stack.</summary>
    public void EmitCanonicalVector(NaNLanes lanes) =>
        IL.Call(Members.Helper(typeof(Vectors), lanes == NaNLanes.F32 ? nameof(Vectors.CanonicalF32) : nameof(Vectors.CanonicalF64)));
}
