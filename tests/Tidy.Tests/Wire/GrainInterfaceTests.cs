using System.Reflection;

namespace Marketplace.Tests.Tidy.Wire;

/// <summary>The rules for one source on two grain hosts: what grain interfaces and the classes behind them may look like.</summary>
public sealed class GrainInterfaceTests
{
    /// <summary>
    /// Attributes that belong on the method of the interface: on the method of a class one host would see them and the other not.
    /// </summary>
    private static readonly string[] OfInterfaceMethods =
    [
        "AliasAttribute",
        "AlwaysInterleaveAttribute",
        "EffectAttribute",
        "OneWayAttribute",
        "ReadOnlyAttribute",
        "ResponseTimeoutAttribute",
    ];

    private static readonly Type[] Tasks = [typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>)];

    [Fact]
    public void EveryGrainInterface_StandsWithTheOthersAndIsPublic() =>
        Violations.AssertNone(
            Contracts
                .Interfaces.Where(type => !type.IsIn(Contracts.InterfacesAssembly, Contracts.HostAssembly) || !type.IsPublic)
                .Select(type => type.FullName)
        );

    [Fact]
    public void EveryGrainInterface_HasAnAliasOfItsOwn()
    {
        Violations.AssertNone(Contracts.Interfaces.Where(type => type.Alias() is null).Select(type => type.Name));
        Violations.AssertNone(
            Contracts.Interfaces.GroupBy(type => type.Alias()).Where(sharing => sharing.Count() > 1).Select(sharing => sharing.Key)
        );
    }

    [Fact]
    public void EveryGrainInterface_HasOneKindOfKeyAndExtendsNothingElse() =>
        Violations.AssertNone(
            from type in Contracts.Interfaces
            let bases = type.GetInterfaces()
                .Where(contract => contract.Name is not ("IGrain" or "IAddressable"))
                .Select(contract => contract.Name)
                .ToArray()
            where bases is not [var key] || !key.StartsWith("IGrainWith", StringComparison.Ordinal)
            select $"{type.Name}: {string.Join(", ", bases)}"
        );

    [Fact]
    public void EveryGrainInterface_HasOnlyMethods() =>
        Violations.AssertNone(
            Contracts
                .Interfaces.Where(type => type.IsGenericType || type.GetProperties().Length > 0 || type.GetEvents().Length > 0)
                .Select(type => type.Name)
        );

    [Fact]
    public void EveryGrainMethod_HasAnAliasUniqueInItsInterface()
    {
        Violations.AssertNone(Contracts.Methods.Where(method => method.Alias() is null).Select(Name));
        Violations.AssertNone(
            from type in Contracts.Interfaces
            from sharing in type.GetMethods().GroupBy(method => method.Alias())
            where sharing.Count() > 1
            select $"{type.Name}: {sharing.Key}"
        );
    }

    [Fact]
    public void EveryGrainMethod_ReturnsATask() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            let returned = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericTypeDefinition() : method.ReturnType
            where !Tasks.Contains(returned)
            select $"{Name(method)}: {returned.Name}"
        );

    [Fact]
    public void GrainMethod_IsNotGenericAndPassesNothingByReference() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            where
                method.IsGenericMethod
                || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef || parameter.ParameterType.IsByRefLike)
            select Name(method)
        );

    [Fact]
    public void GrainMethod_TakesAtMostOneCancellationTokenAndThatLast() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            let tokens = method.GetParameters().Where(parameter => parameter.ParameterType == typeof(CancellationToken)).ToArray()
            where tokens.Length > 1 || (tokens is [var token] && token.Position != method.GetParameters().Length - 1)
            select Name(method)
        );

    [Fact]
    public void GrainMethod_PassesOnlyImmutableTypes() =>
        Violations.AssertNone(
            from method in Contracts.Methods
            let result = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments() : []
            from type in method.GetParameters().Select(parameter => parameter.ParameterType).Concat(result)
            where type != typeof(CancellationToken) && !WireNames.MayTravel(type)
            select $"{Name(method)}: {type}"
        );

    [Fact]
    public void EveryGrainInterface_HasOneGrainClass() =>
        Violations.AssertNone(
            from type in Contracts.Interfaces
            let classes = Contracts.GrainClasses.Where(type.IsAssignableFrom).Select(grain => grain.Name).ToArray()
            where classes.Length != 1
            select $"{type.Name}: {string.Join(", ", classes)}"
        );

    [Fact]
    public void GrainClass_HasNoAliasSerializerOrAttributesOfInterfaceMethods()
    {
        Violations.AssertNone(
            Contracts
                .GrainClasses.Where(type => type.Has("AliasAttribute") || type.Has("GenerateSerializerAttribute"))
                .Select(type => type.Name)
        );
        Violations.AssertNone(
            from type in Contracts.GrainClasses
            from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            where OfInterfaceMethods.Any(method.Has)
            select Name(method)
        );
    }

    [Fact]
    public void GrainClass_IsSealedPlainAndStandsWithTheOthers() =>
        Violations.AssertNone(
            Contracts
                .GrainClasses.Where(type =>
                    !type.IsSealed
                    || type.IsGenericType
                    || type.BaseType!.IsGenericType
                    || !type.IsIn(Contracts.GrainsAssembly, Contracts.HostAssembly)
                )
                .Select(type => type.FullName)
        );

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";
}
