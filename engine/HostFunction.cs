using System.Collections.Immutable;

namespace Marketplace.Engine;

/// <summary>The general shape of a host function. Writes one value per result of its type.</summary>
public delegate void HostCallback(Instance caller, ReadOnlySpan<Value> arguments, Span<Value> results);

/// <summary>
/// A function that the host offers. It sees the calling instance (memory, fuel, <see cref="Instance.HostState"/>), runs on the
/// guest's thread, may throw <see cref="TrapException"/> or any exception of its own, which reaches the caller of
/// <see cref="Instance.Invoke"/> unchanged. It holds no state of a run, so one object serves all runs.
/// </summary>
public sealed class HostFunction : External
{
    private HostFunction(FunctionType type, Delegate target)
    {
        FunctionType = type;
        Target = target;
    }

    public FunctionType FunctionType { get; }

    public override ExternalType Type => FunctionType;

    internal Delegate Target { get; }

    /// <summary>
    /// From a typed delegate, the fast way: <c>Func&lt;Instance, int, long, ..., TResult&gt;</c> or <c>Action&lt;Instance, ...&gt;</c>
    /// whose parameters and result are int, long, float or double.
    /// </summary>
    public static HostFunction Create(Delegate target)
    {
        var delegateType = target.GetType();
        var invoke = delegateType.GetMethod("Invoke")!;
        var parameters = invoke.GetParameters();
        if (parameters.Length == 0 || parameters[0].ParameterType != typeof(Instance))
        {
            throw new ArgumentException($"The first parameter of {delegateType} is not Instance.", nameof(target));
        }

        var type = new FunctionType(
            [.. parameters.Skip(1).Select(p => TypeOf(p.ParameterType))],
            invoke.ReturnType == typeof(void) ? [] : ImmutableArray.Create(TypeOf(invoke.ReturnType))
        );
        if (delegateType != HostDelegates.TypeFor(type))
        {
            throw new ArgumentException($"{delegateType} is neither Func nor Action.", nameof(target));
        }

        return new HostFunction(type, target);
    }

    /// <summary>Of any type, by boxed values: for many parameters, several results, vectors or references.</summary>
    public static HostFunction Create(FunctionType type, HostCallback target) => new(type, target);

    private static WasmType TypeOf(Type type) =>
        type == typeof(int) ? WasmType.I32
        : type == typeof(long) ? WasmType.I64
        : type == typeof(float) ? WasmType.F32
        : type == typeof(double) ? WasmType.F64
        : throw new ArgumentException($"{type} is not int, long, float or double.");
}
