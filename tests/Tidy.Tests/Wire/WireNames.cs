using System.Collections.Immutable;
using System.Reflection;

namespace Marketplace.Tests.Tidy.Wire;

/// <summary>Writes types as the source does, wire types under their alias.</summary>
internal static class WireNames
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
    };

    public static string Of(ParameterInfo parameter) => Of(Nullability.Create(parameter));

    public static string Of(WireMember member) =>
        Of(member.Member is PropertyInfo property ? Nullability.Create(property) : Nullability.Create((FieldInfo)member.Member));

    public static string Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{Of(value)}?";
        }
        return type.IsGenericType
            ? Generic(type, type.GetGenericArguments().Select(Of))
            : Keywords.GetValueOrDefault(type) ?? type.Alias() ?? type.Name;
    }

    private static string Of(NullabilityInfo info)
    {
        if (info.Type.IsValueType && Nullable.GetUnderlyingType(info.Type) is { } value)
        {
            return $"{Of(value)}?";
        }
        var name = info.Type.IsGenericType ? Generic(info.Type, info.GenericTypeArguments.Select(Of)) : Of(info.Type);
        return !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable ? $"{name}?" : name;
    }

    private static string Generic(Type type, IEnumerable<string> arguments) =>
        $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", arguments)}>";

    /// <summary>Whether a value of the type may be an argument, a result or a member: nobody can change it after it was sent.</summary>
    public static bool MayTravel(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum || Keywords.ContainsKey(type))
        {
            return type != typeof(object) && type != typeof(void);
        }
        if (type == typeof(UInt128) || type == typeof(DateTimeOffset) || type == typeof(TimeSpan) || type == typeof(ReadOnlyMemory<byte>))
        {
            return true;
        }
        if (type.IsGenericType)
        {
            return type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) && MayTravel(type.GetGenericArguments()[0]);
        }
        return Contracts.Converters.Any(converter => converter.Value == type) || Contracts.WireTypes.Contains(type);
    }
}
