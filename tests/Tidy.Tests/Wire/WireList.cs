using System.Globalization;
using System.Reflection;

namespace Marketplace.Tests.Tidy.Wire;

/// <summary>Writes down, a line each, all that silos of different versions must agree on.</summary>
internal static class WireList
{
    /// <summary>Attributes of a class or a method that say how its calls are run, without their suffix.</summary>
    private static readonly HashSet<string> Scheduling =
    [
        "AlwaysInterleave",
        "GrainType",
        "ImplicitStreamSubscription",
        "KeepAlive",
        "MayInterleave",
        "OneWay",
        "ReadOnly",
        "Reentrant",
        "ResponseTimeout",
        "StatelessWorker",
        "Transaction",
        "Unordered",
    ];

    /// <summary>What is declared in these assemblies.</summary>
    public static IReadOnlyList<string> Lines(params string[] assemblies)
    {
        var wireTypes = Contracts.WireTypes.Where(Asked).ToArray();
        var methods = Contracts.Methods.Where(method => Asked(method.DeclaringType!)).ToArray();
        return
        [
            .. Sorted(Contracts.GrainClasses.Where(Asked).Select(GrainClass)),
            .. Sorted(Contracts.Interfaces.Where(Asked).Select(type => $"interface {type.Alias()}: {KeyOf(type)}")),
            .. Sorted(methods.Select(Method)),
            .. Sorted(wireTypes.Select(type => $"type {type.Alias()}: {KindOf(type)}{Marks(type, "Immutable")}")),
            .. Sorted(wireTypes.SelectMany(Members)),
            .. Sorted(
                Contracts
                    .Converters.Where(converter => Asked(converter.Type))
                    .Select(converter => $"converter {converter.Value.FullName}: {converter.Surrogate.Alias()}")
            ),
            .. Sorted(Contracts.Enums(wireTypes, methods).SelectMany(Values)),
        ];

        bool Asked(Type type) => type.IsIn(assemblies);
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    /// <summary>The type of a grain's id stands in reminders; by convention it is the class's name.</summary>
    private static string GrainClass(Type type)
    {
        const string suffix = "Grain";
        var name =
            type.Find("GrainTypeAttribute")?.ConstructorArguments[0].Value as string
            ?? (type.Name.EndsWith(suffix, StringComparison.Ordinal) ? type.Name[..^suffix.Length] : type.Name).ToLowerInvariant();
        var contracts = type.GetInterfaces()
            .Where(contract => Contracts.Interfaces.Contains(contract) || contract.Name == "IRemindable")
            .Select(contract => contract.Alias() ?? contract.Name)
            .Order(StringComparer.Ordinal);
        return $"grain {name}: {string.Join(", ", contracts)}{Marks(type, [.. Scheduling])}";
    }

    private static string KeyOf(Type type) =>
        string.Join(
            ", ",
            type.GetInterfaces()
                .Select(contract => contract.Name)
                .Where(name => name.StartsWith("IGrainWith", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );

    private static string Method(MethodInfo method)
    {
        var parameters = method.GetParameters().Select(parameter => $"{WireNames.Of(parameter)} {parameter.Name}");
        return $"call {method.DeclaringType!.Alias()}.{method.Alias()}({string.Join(", ", parameters)}): "
            + $"{WireNames.Of(method.ReturnParameter)} [{method.Effect()}]{Marks(method, [.. Scheduling])}";
    }

    private static string KindOf(Type type) =>
        type.IsSubclassOf(typeof(Exception)) ? "exception"
        : type.IsValueType ? "struct"
        : "class";

    private static IEnumerable<string> Members(Type type) =>
        WireMember
            .Of(type)
            .Select(member =>
                string.Create(CultureInfo.InvariantCulture, $"member {type.Alias()} {member.Id, 2}: {WireNames.Of(member)} {member.Name}")
            );

    private static IEnumerable<string> Values(Type type) =>
        Enum.GetNames(type)
            .Select(name =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"value {type.Name} {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture), 2}: {name}"
                )
            );

    /// <summary>Those of the named attributes that the member has, with their arguments.</summary>
    private static string Marks(MemberInfo member, params string[] names)
    {
        const string suffix = "Attribute";
        var marks =
            from data in member.CustomAttributes
            let name = data.AttributeType.Name.Replace(suffix, "", StringComparison.Ordinal)
            where names.Contains(name)
            let arguments = data
                .ConstructorArguments.Select(argument => argument.ToString())
                .Concat(data.NamedArguments.Select(argument => argument.ToString()))
            let list = string.Join(", ", arguments)
            select list.Length == 0 ? $"[{name}]" : $"[{name}({list})]";
        return string.Concat(marks.Order(StringComparer.Ordinal).Select(mark => $" {mark}"));
    }
}
