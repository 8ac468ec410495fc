using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Marketplace;

/// <summary>
/// How messages of the service are read: like <see cref="ApiJson"/>, but a member that may be null may be absent, which is how it is
/// written, and unknown members are skipped, so that an older client understands a newer service.
/// </summary>
public static class Answers
{
    private static readonly JsonSerializerOptions Options = new(ApiJson.Default.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        TypeInfoResolver = ApiJson.Default.WithAddedModifier(LetNullableMembersBeAbsent),
    };

    /// <summary>The form of <typeparamref name="TAnswer"/>, one of the records of <see cref="ApiJson"/>.</summary>
    public static JsonTypeInfo<TAnswer> Of<TAnswer>() => Cache<TAnswer>.Info;

    internal static void LetNullableMembersBeAbsent(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            if (member.AssociatedParameter is { IsNullable: true })
            {
                member.IsRequired = false;
            }
        }
    }

    private static class Cache<TAnswer>
    {
        public static readonly JsonTypeInfo<TAnswer> Info = (JsonTypeInfo<TAnswer>)Options.GetTypeInfo(typeof(TAnswer));
    }
}
