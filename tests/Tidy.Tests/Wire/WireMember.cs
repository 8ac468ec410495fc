using System.Reflection;

namespace Marketplace.Tests.Tidy.Wire;

/// <summary>What a wire type stores of itself: a field, or a property with storage of its own.</summary>
/// <param name="Member">The member as the source declares it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Id">Its number on the wire; null where the source gives none.</param>
internal sealed record WireMember(MemberInfo Member, Type Type, uint? Id)
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    public string Name => Member.Name;

    public static IEnumerable<WireMember> Of(Type type) =>
        from field in type.GetFields(Declared)
        let member = PropertyOf(field) ?? (MemberInfo)field
        select new WireMember(member, field.FieldType, IdOf(member));

    /// <summary>Members with a number and without storage: a generator would write them as well.</summary>
    public static IEnumerable<PropertyInfo> NumberedButComputed(Type type) =>
        type.GetProperties(Declared)
            .Where(property => IdOf(property) is not null && type.GetField($"<{property.Name}>k__BackingField", Declared) is null);

    private static PropertyInfo? PropertyOf(FieldInfo field) =>
        field.Name is ['<', .. var name] && name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? field.DeclaringType!.GetProperty(name[..^">k__BackingField".Length], Declared)
            : null;

    private static uint? IdOf(MemberInfo member) => member.Find("IdAttribute")?.ConstructorArguments[0].Value as uint?;
}
