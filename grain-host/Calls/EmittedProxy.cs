using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>The proxy class of one grain interface and a call class for each of its methods, emitted once per process.</summary>
internal sealed class EmittedProxy
{
    private static readonly ConcurrentDictionary<Type, Lazy<EmittedProxy>> Emitted = new();

    private readonly Func<ProxyShape, GrainId, GrainReference> _create;

    private EmittedProxy(Type proxy, IReadOnlyList<EmittedMethod> methods)
    {
        Methods = methods;
        var constructor = proxy.GetConstructor([typeof(ProxyShape), typeof(GrainId)])!;
        var create = new DynamicMethod("Create", typeof(GrainReference), [typeof(ProxyShape), typeof(GrainId)], proxy.Module, true);
        var il = create.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Newobj, constructor);
        il.Emit(OpCodes.Ret);
        _create = create.CreateDelegate<Func<ProxyShape, GrainId, GrainReference>>();
    }

    public IReadOnlyList<EmittedMethod> Methods { get; }

    public static EmittedProxy Of(Type grainInterface) =>
        Emitted.GetOrAdd(grainInterface, static type => new Lazy<EmittedProxy>(() => Emit(type))).Value;

    /// <returns>False where the interface breaks a rule, which <see cref="Of"/> tells.</returns>
    public static bool TryMake(Type grainInterface)
    {
        try
        {
            Of(grainInterface);
            return true;
        }
        catch (OrleansConfigurationException)
        {
            return false;
        }
    }

    public GrainReference Create(ProxyShape shape, GrainId grainId) => _create(shape, grainId);

    private static EmittedProxy Emit(Type grainInterface)
    {
        var methods = GrainInterfaceRules.MethodsOf(grainInterface);
        var assembly = AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName($"Marketplace.GrainHost.Proxies.{grainInterface.FullName}"),
            AssemblyBuilderAccess.Run
        );
        AllowInternals(assembly, grainInterface, methods);
        var module = assembly.DefineDynamicModule("Proxies");

        var proxy = module.DefineType(
            $"{grainInterface.Name}Proxy",
            TypeAttributes.Public | TypeAttributes.Sealed,
            typeof(GrainReference),
            [grainInterface]
        );
        EmitConstructor(proxy);
        var calls = new List<Type>();
        for (var index = 0; index < methods.Count; index++)
        {
            var emitter = new CallEmitter(module, methods[index], index);
            emitter.EmitProxyMethod(proxy, index);
            calls.Add(emitter.Type);
        }

        return new EmittedProxy(proxy.CreateType(), [.. methods.Select((method, index) => new EmittedMethod(method, calls[index]))]);
    }

    private static void EmitConstructor(TypeBuilder proxy)
    {
        var inherited = typeof(GrainReference).GetConstructor(
            BindingFlags.Instance | BindingFlags.NonPublic,
            [typeof(ProxyShape), typeof(GrainId)]
        )!;
        var il = proxy
            .DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, [typeof(ProxyShape), typeof(GrainId)])
            .GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, inherited);
        il.Emit(OpCodes.Ret);
    }

    private static void AllowInternals(AssemblyBuilder assembly, Type grainInterface, IReadOnlyList<MethodInfo> methods)
    {
        var constructor = typeof(IgnoresAccessChecksToAttribute).GetConstructors()[0];
        var names = methods
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .Concat([grainInterface, .. grainInterface.GetInterfaces(), typeof(GrainReference)])
            .SelectMany(Parts)
            .Select(type => type.Assembly.GetName().Name!)
            .Distinct();
        foreach (var name in names)
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(constructor, [name]));
        }
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.GetGenericArguments().SelectMany(Parts).Append(type.HasElementType ? type.GetElementType()! : type);
}

/// <summary>A method of a grain interface with the class of its calls.</summary>
internal sealed record EmittedMethod(MethodInfo Method, Type Call);
