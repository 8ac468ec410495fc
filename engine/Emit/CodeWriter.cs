using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Intrinsics;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Writes the code of one method. Short encodings, because the machine-code compiler counts bytes of IL when it decides whether to
/// optimise.
/// </summary>
internal sealed class CodeWriter(ILGenerator il, ModuleTokens tokens)
{
    /// <summary>Bytes of IL so far.</summary>
    public int Length => il.ILOffset;

    public LocalBuilder DeclareLocal(Type type) => il.DeclareLocal(type);

    public Label DefineLabel() => il.DefineLabel();

    public void MarkLabel(Label label) => il.MarkLabel(label);

    public void Emit(OpCode code) => il.Emit(code);

    public void Emit(OpCode code, byte value) => il.Emit(code, value);

    public void Emit(OpCode code, sbyte value) => il.Emit(code, value);

    public void Emit(OpCode code, short value) => il.Emit(code, value);

    public void Emit(OpCode code, int value) => il.Emit(code, value);

    public void Emit(OpCode code, long value) => il.Emit(code, value);

    public void Emit(OpCode code, float value) => il.Emit(code, value);

    public void Emit(OpCode code, double value) => il.Emit(code, value);

    public void Emit(OpCode code, Label label) => il.Emit(code, label);

    public void Emit(OpCode code, Label[] labels) => il.Emit(code, labels);

    public void Emit(OpCode code, LocalBuilder local) => il.Emit(code, local);

    public void Emit(OpCode code, FieldInfo field) => il.Emit(code, tokens.Of(field));

    public void Emit(OpCode code, Type type) => il.Emit(code, tokens.Of(type));

    // Not by its token: the builder computes the depth of the evaluation stack from the signature. Without that a function would seem to
    // need a deep stack, and the machine-code compiler does not inline such functions.
    public void Emit(OpCode code, MethodInfo method) => il.Emit(code, method);

    public void Call(MethodInfo method) => Emit(OpCodes.Call, method);

    /// <summary>Calls what makes the exception, and throws it; behind that the depth of the stack is known again.</summary>
    public void EmitThrow(MethodInfo maker)
    {
        il.Emit(OpCodes.Call, tokens.Of(maker));
        il.Emit(OpCodes.Throw);
    }

    /// <summary>Arguments and the code's address are on the evaluation stack.</summary>
    public void EmitCalli(FunctionType type) =>
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, GuestSignature.Result(type), GuestSignature.Parameters(type), null);

    public void LoadArgument(int index)
    {
        switch (index)
        {
            case 0:
                Emit(OpCodes.Ldarg_0);
                break;
            case 1:
                Emit(OpCodes.Ldarg_1);
                break;
            case 2:
                Emit(OpCodes.Ldarg_2);
                break;
            case 3:
                Emit(OpCodes.Ldarg_3);
                break;
            case <= byte.MaxValue:
                Emit(OpCodes.Ldarg_S, (byte)index);
                break;
            default:
                Emit(OpCodes.Ldarg, (short)index);
                break;
        }
    }

    public void LoadLocal(LocalBuilder local) => Emit(OpCodes.Ldloc, local);

    public void StoreLocal(LocalBuilder local) => Emit(OpCodes.Stloc, local);

    /// <summary>A field of what is in the local.</summary>
    public void LoadField(LocalBuilder owner, FieldInfo field)
    {
        LoadLocal(owner);
        Emit(OpCodes.Ldfld, field);
    }

    /// <summary>A field of what is in the argument.</summary>
    public void LoadField(int owner, FieldInfo field)
    {
        LoadArgument(owner);
        Emit(OpCodes.Ldfld, field);
    }

    public void LoadArguments(int count)
    {
        for (var index = 0; index < count; index++)
        {
            LoadArgument(index);
        }
    }

    public void StoreArgument(int index)
    {
        if (index <= byte.MaxValue)
        {
            Emit(OpCodes.Starg_S, (byte)index);
        }
        else
        {
            Emit(OpCodes.Starg, (short)index);
        }
    }

    public void LoadInt32(int value)
    {
        switch (value)
        {
            case -1:
                Emit(OpCodes.Ldc_I4_M1);
                break;
            case 0:
                Emit(OpCodes.Ldc_I4_0);
                break;
            case 1:
                Emit(OpCodes.Ldc_I4_1);
                break;
            case >= sbyte.MinValue and <= sbyte.MaxValue:
                Emit(OpCodes.Ldc_I4_S, (sbyte)value);
                break;
            default:
                Emit(OpCodes.Ldc_I4, value);
                break;
        }
    }

    /// <summary>Before an access of guests' memory that may begin at any address. The prefix belongs directly before the access.</summary>
    public void Unaligned(int size)
    {
        if (size > 1)
        {
            Emit(OpCodes.Unaligned, (byte)1);
        }
    }

    /// <summary>Cells and guests' memory are aligned to 8 bytes or less.</summary>
    public void LoadVector()
    {
        Emit(OpCodes.Unaligned, (byte)1);
        Emit(OpCodes.Ldobj, typeof(Vector128<byte>));
    }

    /// <inheritdoc cref="LoadVector"/>
    public void StoreVector()
    {
        Emit(OpCodes.Unaligned, (byte)1);
        Emit(OpCodes.Stobj, typeof(Vector128<byte>));
    }

    public void LoadInt64(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            LoadInt32((int)value);
            Emit(OpCodes.Conv_I8);
        }
        else
        {
            Emit(OpCodes.Ldc_I8, value);
        }
    }
}
