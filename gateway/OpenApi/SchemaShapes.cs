using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>The JSON forms of the values: ids and amounts travel as strings, which their converters do not tell by themselves.</summary>
internal static class SchemaShapes
{
    public const string HexId = "^[0-9a-fA-F]{64}$";
    public const string BlobPattern = "^blob[0-9a-fA-F]{64}$";
    public const string ProgramPattern = "^prog[0-9a-fA-F]{64}$";
    public const string KeyPattern = "^mk[0-9a-f]{16}$";

    private static readonly Dictionary<Type, (string Pattern, string Description)> Texts = new()
    {
        [typeof(AccountId)] = (HexId, "An account: an Ed25519 public key."),
        [typeof(JobId)] = (HexId, "A job, derived from the account and the request id."),
        [typeof(WorkerId)] = (HexId, "A worker: an Ed25519 public key."),
        [typeof(StateRoot)] = (HexId, "The root of a program's state."),
        [typeof(BlobId)] = (BlobPattern, "Bytes, named by their BLAKE3 hash: 'blob' and the digits that b3sum prints."),
        [typeof(ProgramId)] = (ProgramPattern, "A deployed program."),
        [typeof(TokenAmount)] =
            ("^[0-9]{1,39}$", "Base units: a whole number below 2^128, as a string because JSON numbers lose digits above 2^53."),
    };

    /// <summary>What clients are told of each value, by the name of its schema.</summary>
    public static IEnumerable<(string Name, string Words)> Words => Texts.Select(text => (text.Key.Name, text.Value.Description));

    public static Task Apply(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        var isNullable = type != context.JsonTypeInfo.Type;
        if (Texts.TryGetValue(type, out var text))
        {
            schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            schema.Pattern = text.Pattern;
            schema.Description ??= text.Description;
        }
        else if (type == typeof(ReadOnlyMemory<byte>))
        {
            schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            schema.Format = "byte";
        }
        return Task.CompletedTask;
    }
}
