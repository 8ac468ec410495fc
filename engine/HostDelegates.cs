using System.Linq.Expressions;
using System.Runtime.Intrinsics;

namespace Marketplace.Engine;

/// <summary>The delegate type that the fast way of calling a host function uses for a function type.</summary>
internal static class HostDelegates
{
    /// <summary>Func and Action have at most 16 parameters; the first is the instance.</summary>
    private const int ParametersMax = 15;

    /// <returns>Null where the type can only be called by <see cref="HostCallback"/>.</returns>
    public static Type? TypeFor(FunctionType type)
    {
        if (type.Parameters.Length > ParametersMax || type.Results.Length > 1 || !type.Parameters.Concat(type.Results).All(IsScalar))
        {
            return null;
        }

        var arguments = new List<Type> { typeof(Instance) };
        arguments.AddRange(type.Parameters.Select(ClrType));
        if (type.Results.Length == 0)
        {
            return Expression.GetActionType([.. arguments]);
        }

        arguments.Add(ClrType(type.Results[0]));
        return Expression.GetFuncType([.. arguments]);
    }

    private static bool IsScalar(WasmType type) => type is WasmType.I32 or WasmType.I64 or WasmType.F32 or WasmType.F64;

    public static Type ClrType(WasmType type) =>
        type switch
        {
            WasmType.I32 => typeof(int),
            WasmType.I64 => typeof(long),
            WasmType.F32 => typeof(float),
            WasmType.F64 => typeof(double),
            WasmType.V128 => typeof(Vector128<byte>),
            WasmType.FuncRef or WasmType.ExternRef => typeof(object),
            _ => throw new NotSupportedException($"{type} has no place on the operand stack; this is a bug in the validator."),
        };
}
