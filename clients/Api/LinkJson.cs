using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Api.Workers;

namespace Marketplace;

/// <summary>
/// The JSON form of a worker's messages, generated at compile time: that of <see cref="ApiJson"/>. A member that may be null may be absent,
/// which is how it is written; none may be there twice.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(LinkHello))]
[JsonSerializable(typeof(LinkChallenge))]
[JsonSerializable(typeof(LinkProof))]
[JsonSerializable(typeof(LinkFrame))]
public sealed partial class LinkJson : JsonSerializerContext
{
    /// <summary>
    /// A frame with orders, a window of receipts and their seats nests nine deep; deeper JSON is an attack on the reader's stack.
    /// </summary>
    private const int DepthMax = 9;

    /// <summary>How the market reads: unknown members are refused.</summary>
    public static JsonTypeInfo<TRecord> OfWorker<TRecord>() => (JsonTypeInfo<TRecord>)Readers.OfWorker.GetTypeInfo(typeof(TRecord));

    /// <summary>How a worker reads: unknown members are skipped, so that an older worker understands a newer market.</summary>
    public static JsonTypeInfo<TRecord> OfMarket<TRecord>() => (JsonTypeInfo<TRecord>)Readers.OfMarket.GetTypeInfo(typeof(TRecord));

    /// <summary>In a class of their own: they stand on <see cref="Default"/>, which must be there before them.</summary>
    private static class Readers
    {
        public static readonly JsonSerializerOptions OfWorker = Make(JsonUnmappedMemberHandling.Disallow);
        public static readonly JsonSerializerOptions OfMarket = Make(JsonUnmappedMemberHandling.Skip);

        private static JsonSerializerOptions Make(JsonUnmappedMemberHandling unknown) =>
            new(Default.Options)
            {
                MaxDepth = DepthMax,
                AllowDuplicateProperties = false,
                UnmappedMemberHandling = unknown,
                TypeInfoResolver = Default.WithAddedModifier(Answers.LetNullableMembersBeAbsent),
            };
    }
}
