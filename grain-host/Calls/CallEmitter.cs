using System.Reflection;
using System.Reflection.Emit;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>
/// Emits, for one method <c>Task&lt;R&gt; M(A a)</c>, the class of its calls and the method of the proxy:
/// <code>
/// sealed class MCall : TaskCall&lt;R&gt;
/// {
///     public A a0;
///     protected override Task&lt;R&gt; Invoke(object grain) => ((I)grain).M(a0);
///     public override GrainCall New() => new MCall();
///     protected override void Clear() { base.Clear(); a0 = default; }
/// }
///
/// public Task&lt;R&gt; M(A a) { var call = (MCall)Rent(index); call.a0 = a; return call.Send(); }
/// </code>
/// </summary>
internal sealed class CallEmitter
{
    private const BindingFlags Inherited = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private const MethodAttributes PublicOverride = MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig;
    private const MethodAttributes ProtectedOverride = MethodAttributes.Family | MethodAttributes.Virtual | MethodAttributes.HideBySig;

    private readonly MethodInfo _method;
    private readonly Type[] _parameters;
    private readonly Type _base;
    private readonly ConstructorInfo _constructor;
    private readonly FieldInfo[] _arguments;

    public CallEmitter(ModuleBuilder module, MethodInfo method, int index)
    {
        _method = method;
        _parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        _base = BaseOf(method.ReturnType);

        var type = module.DefineType($"{method.Name}Call{index}", TypeAttributes.Public | TypeAttributes.Sealed, _base);
        _arguments = [.. _parameters.Select((parameter, number) => type.DefineField($"a{number}", parameter, FieldAttributes.Public))];
        var constructor = type.DefineDefaultConstructor(MethodAttributes.Public);
        EmitInvoke(type);
        EmitNew(type, constructor);
        EmitClear(type);
        if (Array.IndexOf(_parameters, typeof(CancellationToken)) is >= 0 and var token)
        {
            EmitCancellation(type, _arguments[token]);
        }

        Type = type.CreateType();
        _constructor = Type.GetConstructor(Type.EmptyTypes)!;
        _arguments = [.. _arguments.Select(field => Type.GetField(field.Name)!)];
    }

    public Type Type { get; }

    public void EmitProxyMethod(TypeBuilder proxy, int index)
    {
        var method = proxy.DefineMethod(
            $"{_method.DeclaringType!.FullName}.{_method.Name}",
            MethodAttributes.Private
                | MethodAttributes.Virtual
                | MethodAttributes.HideBySig
                | MethodAttributes.Final
                | MethodAttributes.NewSlot,
            _method.ReturnType,
            _parameters
        );
        var il = method.GetILGenerator();
        var call = il.DeclareLocal(_constructor.DeclaringType!);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Call, typeof(GrainReference).GetMethod(nameof(GrainReference.Rent), Inherited)!);
        il.Emit(OpCodes.Castclass, _constructor.DeclaringType!);
        il.Emit(OpCodes.Stloc, call);
        for (var number = 0; number < _parameters.Length; number++)
        {
            il.Emit(OpCodes.Ldloc, call);
            il.Emit(OpCodes.Ldarg, number + 1);
            if (_parameters[number].IsInterface && typeof(IAddressable).IsAssignableFrom(_parameters[number]))
            {
                il.Emit(OpCodes.Call, ReferenceMaker(_parameters[number]));
            }
            il.Emit(OpCodes.Stfld, _arguments[number]);
        }

        il.Emit(OpCodes.Ldloc, call);
        il.Emit(OpCodes.Call, _base.GetMethod(nameof(PlainTaskCall.Send), Inherited)!);
        il.Emit(OpCodes.Ret);
        proxy.DefineMethodOverride(method, _method);
    }

    private static MethodInfo ReferenceMaker(Type grainInterface) =>
        typeof(GrainArguments).GetMethod(nameof(GrainArguments.Reference))!.MakeGenericMethod(grainInterface);

    private static Type BaseOf(Type returned)
    {
        if (returned == typeof(void))
        {
            return typeof(VoidCall);
        }
        if (returned == typeof(Task))
        {
            return typeof(PlainTaskCall);
        }
        if (returned == typeof(ValueTask))
        {
            return typeof(PlainValueTaskCall);
        }
        var generic = returned.GetGenericTypeDefinition() == typeof(Task<>) ? typeof(TaskCall<>) : typeof(ValueTaskCall<>);
        return generic.MakeGenericType(returned.GetGenericArguments());
    }

    private void EmitInvoke(TypeBuilder type)
    {
        var inherited = _base.GetMethod("Invoke", Inherited)!;
        var method = type.DefineMethod("Invoke", ProtectedOverride, _method.ReturnType, [typeof(object)]);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Castclass, _method.DeclaringType!);
        foreach (var argument in _arguments)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, argument);
        }

        il.Emit(OpCodes.Callvirt, _method);
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(method, inherited);
    }

    private static void EmitNew(TypeBuilder type, ConstructorInfo constructor)
    {
        var method = type.DefineMethod(nameof(GrainCall.New), PublicOverride, typeof(GrainCall), Type.EmptyTypes);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Newobj, constructor);
        il.Emit(OpCodes.Ret);
    }

    private void EmitClear(TypeBuilder type)
    {
        var inherited = _base.GetMethod("Clear", Inherited)!;
        var method = type.DefineMethod("Clear", ProtectedOverride, typeof(void), Type.EmptyTypes);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, inherited);
        foreach (var argument in _arguments)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldflda, argument);
            il.Emit(OpCodes.Initobj, argument.FieldType);
        }

        il.Emit(OpCodes.Ret);
    }

    private static void EmitCancellation(TypeBuilder type, FieldInfo token)
    {
        var get = type.DefineMethod($"get_{nameof(GrainCall.Cancellation)}", PublicOverride, typeof(CancellationToken), Type.EmptyTypes);
        var il = get.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, token);
        il.Emit(OpCodes.Ret);

        var set = type.DefineMethod($"set_{nameof(GrainCall.Cancellation)}", PublicOverride, typeof(void), [typeof(CancellationToken)]);
        il = set.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Stfld, token);
        il.Emit(OpCodes.Ret);
    }
}
