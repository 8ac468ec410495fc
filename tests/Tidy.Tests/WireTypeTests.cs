using System.Collections.Immutable;
using System.Reflection;
using Marketplace.Grains;
using Orleans;

namespace Marketplace.Tests.Tidy;

/// <summary>The rules for one source on two grain hosts: what grain interfaces and wire types may look like.</summary>
public sealed class WireTypeTests
{
    private static readonly Assembly Contracts = typeof(IJobGrain).Assembly;

    private static readonly Type[] Interfaces = [.. Contracts.GetTypes().Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type))];

    private static readonly Type[] WireTypes = [.. Contracts.GetTypes().Where(type => Has(type, "GenerateSerializerAttribute"))];

    [Fact]
    public void EveryGrainMethod_StatesItsEffect() =>
        Assert.Empty(Methods().Where(method => method.GetCustomAttribute<EffectAttribute>() is null).Select(Name));

    [Fact]
    public void EveryGrainMethod_HasAnAliasUniqueInItsInterface()
    {
        Assert.Empty(Methods().Where(method => !Has(method, "AliasAttribute")).Select(Name));
        Assert.Empty(
            from type in Interfaces
            from sharing in type.GetMethods().GroupBy(Alias)
            where sharing.Count() > 1
            select $"{type.Name}: {sharing.Key}");
    }

    [Fact]
    public void GrainInterface_HasNoProperties() => Assert.Empty(Interfaces.SelectMany(type => type.GetProperties()).Select(property => property.Name));

    [Fact]
    public void GrainMethod_IsNotGenericAndPassesNothingByReference() =>
        Assert.Empty(
            from method in Methods()
            where method.IsGenericMethod || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef)
            select Name(method));

    [Fact]
    public void GrainMethod_TakesAtMostOneCancellationToken() =>
        Assert.Empty(
            from method in Methods()
            where method.GetParameters().Count(parameter => parameter.ParameterType == typeof(CancellationToken)) > 1
            select Name(method));

    [Fact]
    public void GrainMethod_PassesOnlyImmutableTypes()
    {
        var wrong = from method in Methods()
                    from type in method.GetParameters().Select(parameter => parameter.ParameterType).Append(Result(method.ReturnType))
                    where type != typeof(CancellationToken) && type != typeof(void) && !MayTravel(type)
                    select $"{Name(method)}: {type}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void WireType_IsAPublicOrInternalSealedRecordOrReadonlyStruct() => Assert.Empty(WireTypes
        .Where(type => !type.IsSubclassOf(typeof(Exception)))
        .Where(type => type.IsNestedPrivate || !type.IsSealed || (type.IsValueType && !Has(type, "IsReadOnlyAttribute") && !IsSurrogate(type)))
        .Select(type => type.Name));

    [Fact]
    public void WireType_HasAnAlias()
    {
        Assert.Empty(WireTypes.Where(type => !Has(type, "AliasAttribute")).Select(type => type.Name));
        Assert.Empty(WireTypes.GroupBy(Alias).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [Fact]
    public void WireType_NumbersEachMemberOnce()
    {
        foreach (var type in WireTypes.Where(type => !type.IsSubclassOf(typeof(Exception)) && !IsSurrogate(type)))
        {
            var stored = type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(property => Backed(type, property)).ToArray();
            var numbers = stored.Select(property => property.CustomAttributes.SingleOrDefault(a => a.AttributeType.Name == "IdAttribute")).ToArray();
            Assert.True(numbers.All(number => number is not null), $"{type.Name}: a member has no [Id].");
            Assert.Equal(numbers.Length, numbers.Select(number => number!.ConstructorArguments[0].Value).Distinct().Count());
        }
    }

    [Fact]
    public void WireType_HoldsOnlyImmutableMembers()
    {
        var wrong = from type in WireTypes
                    where !type.IsSubclassOf(typeof(Exception))
                    from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    where Backed(type, property) && !MayTravel(property.PropertyType)
                    select $"{type.Name}.{property.Name}: {property.PropertyType}";

        Assert.Empty(wrong);
    }

    private static IEnumerable<MethodInfo> Methods() => Interfaces.SelectMany(type => type.GetMethods());

    private static bool Backed(Type type, PropertyInfo property) =>
        type.GetField($"<{property.Name}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance) is not null;

    private static Type Result(Type returned) => returned.IsGenericType ? returned.GetGenericArguments()[0] : typeof(void);

    private static bool MayTravel(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(UInt128) || type == typeof(DateTimeOffset) || type == typeof(TimeSpan)
            || type == typeof(ReadOnlyMemory<byte>))
            return true;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            return MayTravel(type.GetGenericArguments()[0]);
        return type.Assembly == typeof(JobId).Assembly || WireTypes.Contains(type);
    }

    private static bool IsSurrogate(Type type) => type.Name.EndsWith("Surrogate", StringComparison.Ordinal);

    private static bool Has(MemberInfo member, string attribute) => member.CustomAttributes.Any(data => data.AttributeType.Name == attribute);

    private static string Alias(MemberInfo member) =>
        member.CustomAttributes.FirstOrDefault(data => data.AttributeType.Name == "AliasAttribute")?.ConstructorArguments[0].Value as string ?? member.Name;

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";
}
