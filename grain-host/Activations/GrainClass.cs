using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Marketplace.GrainHost.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>What is known of a grain class before any activation: its interfaces, its rules, and how to construct it.</summary>
internal sealed class GrainClass
{
    /// <summary>Interfaces that say something of a grain, but have no methods to call.</summary>
    private static readonly Type[] Markers =
    [
        typeof(IAddressable),
        typeof(IGrain),
        typeof(IGrainWithStringKey),
        typeof(IGrainWithGuidKey),
        typeof(IGrainWithIntegerKey),
        typeof(IGrainWithGuidCompoundKey),
        typeof(IGrainWithIntegerCompoundKey),
    ];

    /// <summary>Each compiles a method of its own when it is used again: hosts that are started one after the other share them.</summary>
    private static readonly ConcurrentDictionary<ConstructorInfo, ConstructorInvoker> Invokers = new();

    private readonly ConstructorInvoker _constructor;
    private readonly ConstructorArgument[] _arguments;
    private readonly Lazy<Dictionary<MethodInfo, MethodInfo>> _implementations;

    public GrainClass(Type type, ServiceLifetimes lifetimes)
    {
        Type = type;
        GrainType = type.GetCustomAttribute<GrainTypeAttribute>()?.Type ?? DefaultName(type);
        Interfaces =
        [
            .. InterfacesOf(type)
                .OrderBy(candidate => type.GetInterfaces().Count(other => candidate != other && candidate.IsAssignableFrom(other)))
                .ThenBy(candidate => candidate.FullName, StringComparer.Ordinal),
        ];
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        IsKeptAlive = type.IsDefined(typeof(KeepAliveAttribute));
        IsFilter = typeof(IIncomingGrainCallFilter).IsAssignableFrom(type);
        StreamNamespaces = [.. type.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>().Select(attribute => attribute.Namespace)];
        WorkersMax = type.GetCustomAttribute<StatelessWorkerAttribute>()?.MaxLocalWorkers;
        HasOnActivate = !IsBaseMethod(nameof(Grain.OnActivateAsync), [typeof(CancellationToken)]);
        HasOnDeactivate = !IsBaseMethod(nameof(Grain.OnDeactivateAsync), [typeof(DeactivationReason), typeof(CancellationToken)]);

        var constructors = type.GetConstructors();
        if (constructors.Length != 1)
        {
            throw new OrleansConfigurationException($"{type} has {constructors.Length} public constructors: a grain needs exactly one.");
        }
        _constructor = Invokers.GetOrAdd(constructors[0], ConstructorInvoker.Create);
        _arguments = [.. constructors[0].GetParameters().Select(parameter => ConstructorArgument.Of(type, parameter, lifetimes))];
        _implementations = new(MapImplementations);
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public IReadOnlyList<Type> Interfaces { get; }

    public bool IsReentrant { get; }

    public bool IsKeptAlive { get; }

    public bool IsFilter { get; }

    public IReadOnlyList<string> StreamNamespaces { get; }

    public bool HasOnActivate { get; }

    public bool HasOnDeactivate { get; }

    /// <summary>Null for a grain that has one activation.</summary>
    public int? WorkersMax { get; }

    /// <summary>Those that say what the grain can be asked.</summary>
    public static IEnumerable<Type> InterfacesOf(Type type) =>
        type.GetInterfaces().Where(candidate => typeof(IAddressable).IsAssignableFrom(candidate) && !Markers.Contains(candidate));

    public object Create(Activation activation)
    {
        var values = new object?[_arguments.Length];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = _arguments[index].For(activation);
        }
        try
        {
            return _constructor.Invoke(values.AsSpan());
        }
        catch (TargetInvocationException wrapped) when (wrapped.InnerException is { } thrown)
        {
            // The caller gets what the constructor has thrown, as it gets what OnActivateAsync throws.
            ExceptionDispatchInfo.Throw(thrown);
            throw;
        }
    }

    public MethodInfo ImplementationOf(MethodInfo interfaceMethod) => _implementations.Value[interfaceMethod];

    /// <summary>The name that Orleans gives: the class name in lower case without "grain" at its end.</summary>
    private static GrainType DefaultName(Type type)
    {
        const string suffix = "grain";
        var name = type.Name.ToLowerInvariant();
        var hasSuffix = name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length;
        return GrainType.Create(hasSuffix ? name[..^suffix.Length] : name);
    }

    private bool IsBaseMethod(string name, Type[] parameters) =>
        typeof(Grain).IsAssignableFrom(Type) && Type.GetMethod(name, parameters)!.DeclaringType == typeof(Grain);

    private Dictionary<MethodInfo, MethodInfo> MapImplementations()
    {
        var all = new Dictionary<MethodInfo, MethodInfo>();
        foreach (var type in Interfaces)
        {
            var map = Type.GetInterfaceMap(type);
            for (var index = 0; index < map.InterfaceMethods.Length; index++)
            {
                all[map.InterfaceMethods[index]] = map.TargetMethods[index];
            }
        }

        return all;
    }
}
