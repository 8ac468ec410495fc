namespace Marketplace.Tests.Tidy.Wire;

/// <summary>The rules for one source on two grain hosts: what wire types may look like.</summary>
public sealed class WireTypeTests
{
    /// <summary>
    /// Numbers that a member once had: alias and number, each with the version that removed it. They are never given again.
    /// </summary>
    private static readonly Dictionary<(string Alias, uint Id), string> Retired = [];

    private static readonly Type[] Surrogates = [.. Contracts.Converters.Select(converter => converter.Surrogate)];

    private static readonly Type[] Records =
    [
        .. Contracts.WireTypes.Where(type => !type.IsSubclassOf(typeof(Exception)) && !Surrogates.Contains(type)),
    ];

    [Fact]
    public void WireType_StandsWithTheGrainInterfaces() =>
        Violations.AssertNone(
            Contracts
                .WireTypes.Where(type => !type.IsIn(Contracts.InterfacesAssembly, Contracts.HostAssembly))
                .Select(type => type.FullName)
        );

    [Fact]
    public void WireType_IsASealedRecordOrAReadonlyRecordStruct() =>
        Violations.AssertNone(
            Records
                .Where(type => !type.IsSealed || !IsRecord(type) || (type.IsValueType && !type.Has("IsReadOnlyAttribute")))
                .Select(type => type.Name)
        );

    [Fact]
    public void WireType_IsSeenByTheGenerator() =>
        Violations.AssertNone(
            Contracts
                .WireTypes.Where(type => type.IsNestedPrivate || type.IsNestedFamily || type.IsGenericType)
                .Select(type => type.FullName)
        );

    [Fact]
    public void WireType_IsImmutable() =>
        Violations.AssertNone(Records.Concat(Surrogates).Where(type => !type.Has("ImmutableAttribute")).Select(type => type.Name));

    [Fact]
    public void WireType_HasAnAliasOfItsOwn()
    {
        Violations.AssertNone(Contracts.WireTypes.Where(type => type.Alias() is null).Select(type => type.Name));
        Violations.AssertNone(
            Contracts
                .WireTypes.Concat(Contracts.Interfaces)
                .GroupBy(type => type.Alias())
                .Where(sharing => sharing.Count() > 1)
                .Select(sharing => sharing.Key)
        );
    }

    [Fact]
    public void WireType_NumbersItsMembersFromZeroWithoutGaps() =>
        Violations.AssertNone(
            from type in Contracts.WireTypes
            let numbers = WireMember.Of(type).Select(member => member.Id).ToArray()
            let retired = Retired.Keys.Where(key => key.Alias == type.Alias()).Select(key => (uint?)key.Id)
            where
                !numbers
                    .Concat(retired)
                    .Order()
                    .SequenceEqual(Enumerable.Range(0, numbers.Length + retired.Count()).Select(number => (uint?)number))
            let named = WireMember.Of(type).Select(member => $"{member.Name} {member.Id?.ToString() ?? "has no [Id]"}")
            select $"{type.Name}: {string.Join(", ", named)}"
        );

    [Fact]
    public void WireType_NumbersNoComputedProperty() =>
        Violations.AssertNone(
            from type in Contracts.WireTypes
            from property in WireMember.NumberedButComputed(type)
            select $"{type.Name}.{property.Name}"
        );

    [Fact]
    public void WireType_HoldsOnlyImmutableMembers() =>
        Violations.AssertNone(
            from type in Contracts.WireTypes
            from member in WireMember.Of(type)
            where !WireNames.MayTravel(member.Type)
            select $"{type.Name}.{member.Name}: {member.Type}"
        );

    [Fact]
    public void Value_HasOneConverterWithASurrogateOfItsName()
    {
        Violations.AssertNone(
            Contracts
                .Converters.GroupBy(converter => converter.Value)
                .Where(sharing => sharing.Count() > 1)
                .Select(sharing => sharing.Key.Name)
        );
        Violations.AssertNone(
            Contracts
                .Converters.Where(converter =>
                    converter.Type.Name != $"{converter.Value.Name}Converter"
                    || converter.Surrogate.Name != $"{converter.Value.Name}Surrogate"
                )
                .Select(converter => converter.Type.Name)
        );
        Violations.AssertNone(
            Contracts
                .Converters.Where(converter =>
                    !converter.Surrogate.IsValueType || !Contracts.WireTypes.Contains(converter.Surrogate) || !converter.Type.IsSealed
                )
                .Select(converter => converter.Type.Name)
        );
    }

    [Fact]
    public void Exception_ThatAGrainMayThrow_Travels() =>
        Violations.AssertNone(
            Contracts
                .Exceptions.Where(type => type.IsIn(Contracts.InterfacesAssembly, Contracts.GrainsAssembly))
                .Where(type => !Contracts.WireTypes.Contains(type) || !type.IsSealed || !type.IsPublic)
                .Select(type => type.FullName)
        );

    private static bool IsRecord(Type type) =>
        type.GetMethods(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)
            .Any(method => method.Name == "PrintMembers");
}
