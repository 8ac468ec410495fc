using System.Collections.Concurrent;
using System.Reflection.Emit;

namespace Marketplace.Engine.Interpret;

/// <summary>Calls a host's typed delegate with arguments from cells, and leaves its result there.</summary>
internal unsafe delegate void HostCall(Delegate target, Instance caller, long* cells);

/// <summary>
/// Ways from cells into typed delegates. Unlike the stubs of machine code they belong to no module: one for each type of delegate that the
/// host's functions have, for as long as the process lives. Guests cannot make more types than the host offers.
/// </summary>
internal static class HostCalls
{
    private static readonly ConcurrentDictionary<Type, HostCall> Known = [];

    public static HostCall For(FunctionType type, Type delegateType) =>
        Known.TryGetValue(delegateType, out var call) ? call : Known.GetOrAdd(delegateType, Make(type, delegateType));

    private static HostCall Make(FunctionType type, Type delegateType)
    {
        var method = new DynamicMethod("call", null, [typeof(Delegate), typeof(Instance), typeof(long*)], typeof(HostCalls).Module, true);
        var il = method.GetILGenerator();
        var hasResult = type.Results.Length > 0;
        if (hasResult)
        {
            // Below the call's result: where it goes.
            il.Emit(OpCodes.Ldarg_2);
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Castclass, delegateType);
        il.Emit(OpCodes.Ldarg_1);
        for (var i = 0; i < type.Parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldc_I4, i * sizeof(long));
            il.Emit(OpCodes.Add);
            il.Emit(LoadOf(type.Parameters[i]));
        }

        il.Emit(OpCodes.Callvirt, delegateType.GetMethod("Invoke")!);
        if (hasResult)
        {
            EmitBits(il, type.Results[0]);
            il.Emit(OpCodes.Stind_I8);
        }

        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<HostCall>();
    }

    private static OpCode LoadOf(WasmType type) =>
        type switch
        {
            WasmType.I32 => OpCodes.Ldind_I4,
            WasmType.I64 => OpCodes.Ldind_I8,
            WasmType.F32 => OpCodes.Ldind_R4,
            _ => OpCodes.Ldind_R8,
        };

    /// <summary>The number on the evaluation stack as the 64 bits of a cell.</summary>
    private static void EmitBits(ILGenerator il, WasmType type)
    {
        if (type == WasmType.F32)
        {
            il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod(nameof(BitConverter.SingleToUInt32Bits))!);
        }
        else if (type == WasmType.F64)
        {
            il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod(nameof(BitConverter.DoubleToInt64Bits))!);
        }

        if (type is WasmType.I32 or WasmType.F32)
        {
            il.Emit(OpCodes.Conv_U8);
        }
    }
}
