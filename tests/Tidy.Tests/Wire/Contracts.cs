using System.Reflection;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Orleans;

namespace Marketplace.Tests.Tidy.Wire;

/// <summary>
/// What the product declares for grain calls: interfaces, grain classes, wire types, converters. Attributes of the programming model are
/// known by name, so that what one grain host says is what the other one says; what the generator of a host adds to the assemblies is left
/// out.
/// </summary>
internal static class Contracts
{
    public const string InterfacesAssembly = "Marketplace.GrainInterfaces";
    public const string GrainsAssembly = "Marketplace.Grains";

    /// <summary>What a grain host needs of its own, beside the market: it is in the build for that host only.</summary>
    public const string HostAssembly = "Marketplace.Silo";

    private static readonly Type[] Types =
    [
        .. from name in Repository.Assemblies.Keys
        where name != "GrainHost"
        from type in Assembly.Load(name == "market" ? name : $"Marketplace.{name}").GetTypes()
        where type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true
        select type,
    ];

    public static IReadOnlyList<Type> Interfaces { get; } =
    [.. Types.Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type))];

    public static IReadOnlyList<Type> GrainClasses { get; } =
    [.. Types.Where(type => type is { IsClass: true, IsAbstract: false } && IsGrain(type))];

    /// <summary>All types that have a generated serializer: records, exceptions, surrogates.</summary>
    public static IReadOnlyList<Type> WireTypes { get; } = [.. Types.Where(type => type.Has("GenerateSerializerAttribute"))];

    public static IReadOnlyList<Type> Exceptions { get; } = [.. Types.Where(type => type.IsSubclassOf(typeof(Exception)))];

    /// <summary>Values of other folders and the surrogates that stand for them on the wire.</summary>
    public static IReadOnlyList<Converter> Converters { get; } =
    [
        .. from type in Types
        where type.Has("RegisterConverterAttribute")
        from contract in type.GetInterfaces()
        where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IConverter<,>)
        select new Converter(type, contract.GetGenericArguments()[0], contract.GetGenericArguments()[1]),
    ];

    public static IEnumerable<MethodInfo> Methods => Interfaces.SelectMany(type => type.GetMethods());

    /// <summary>The enums that travel with these types and methods: also inside of arrays and nullables.</summary>
    public static IEnumerable<Type> Enums(IEnumerable<Type> wireTypes, IEnumerable<MethodInfo> methods) =>
        wireTypes
            .SelectMany(WireMember.Of)
            .Select(member => member.Type)
            .Concat(
                methods.SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            )
            .SelectMany(Parts)
            .Where(type => type.IsEnum)
            .Distinct();

    public static bool Has(this MemberInfo member, string attribute) => member.Find(attribute) is not null;

    public static CustomAttributeData? Find(this MemberInfo member, string attribute) =>
        member.CustomAttributes.FirstOrDefault(data => data.AttributeType.Name == attribute);

    /// <summary>The name on the wire; null where the source gives none.</summary>
    public static string? Alias(this MemberInfo member) => member.Find("AliasAttribute")?.ConstructorArguments[0].Value as string;

    public static Effect? Effect(this MethodInfo method) => method.GetCustomAttribute<EffectAttribute>()?.Effect;

    public static bool IsIn(this Type type, params string[] assemblies) => assemblies.Contains(type.Assembly.GetName().Name);

    /// <summary>A type and all types that it is made of.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    private static bool IsGrain(Type type) => typeof(IGrainBase).IsAssignableFrom(type) || typeof(IGrain).IsAssignableFrom(type);
}

/// <param name="Type">The converter.</param>
/// <param name="Value">What the code uses.</param>
/// <param name="Surrogate">What is written.</param>
internal sealed record Converter(Type Type, Type Value, Type Surrogate);
