using System.Reflection;
using Marketplace.GrainInterfaces;
using Orleans;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>What our assemblies send, found in them, so that nothing can be forgotten.</summary>
internal static class WireTypes
{
    private static readonly Type[] Declared =
    [
        .. from assembly in (Assembly[])[typeof(IJobGrain).Assembly, typeof(JobGrain).Assembly, Assembly.Load("Marketplace.Silo")]
        from type in assembly.GetTypes()
        where type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true
        select type,
    ];

    /// <summary>Records, exceptions and surrogates: all that has a generated serializer.</summary>
    public static IReadOnlyList<Type> Generated { get; } = [.. Declared.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute)))];

    /// <summary>Values that travel as their surrogates.</summary>
    public static IReadOnlyList<Type> Converted { get; } =
    [
        .. from type in Declared
        from contract in type.GetInterfaces()
        where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IConverter<,>)
        select contract.GetGenericArguments()[0],
    ];

    /// <summary>Parameters and results of all grain methods, as they are declared.</summary>
    public static IReadOnlyList<Type> Signatures { get; } =
    [
        .. (
            from type in Interfaces
            from method in type.GetMethods()
            let result = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments() : []
            from part in method.GetParameters().Select(parameter => parameter.ParameterType).Concat(result)
            where part != typeof(CancellationToken)
            select part
        ).Distinct(),
    ];

    /// <summary>Those that grains throw; what a silo says when it does not start stays where it is.</summary>
    public static IReadOnlyList<Type> Exceptions { get; } =
    [.. Declared.Where(type => type.IsSubclassOf(typeof(Exception)) && type.Assembly.GetName().Name != "Marketplace.Silo")];

    public static IEnumerable<Type> Interfaces => Declared.Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type));

    public static IEnumerable<Type> GrainClasses =>
        Declared.Where(type => type is { IsClass: true, IsAbstract: false } && type.IsSubclassOf(typeof(Grain)));

    /// <summary>Everything that is sent at the top: one entry a type, under a name that a test can show.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } =
        Generated.Concat(Converted).Concat(Signatures).Distinct().ToDictionary(NameOf, type => type);

    public static TheoryData<string> Names => [.. All.Keys];

    private static string NameOf(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : type.Name;
}
