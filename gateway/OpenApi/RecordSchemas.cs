using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>
/// The schemas of the API's records, from what the serializer itself knows of them: a member that is left out when it is null is not
/// required and never null, an enum has the names that are written, bytes are text in base64. Bounds come from <see cref="MemberBounds"/>.
/// </summary>
internal sealed class RecordSchemas
{
    private readonly Dictionary<string, (Type Type, bool IsRequest)> _components = new(StringComparer.Ordinal);
    private readonly Queue<string> _open = new();

    /// <summary>A reference to the schema of <paramref name="type"/>, or the schema itself where it is one of JSON's own types.</summary>
    /// <param name="document">The document that the reference stands in.</param>
    /// <param name="isRequest">Clients write it: members that the service does not know are refused, members with a default may be left
    /// out.</param>
    public IOpenApiSchema Of(OpenApiDocument document, Type type, bool isRequest)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Plain(type) is { } plain)
        {
            return plain;
        }
        var form = FormOf(type);
        return form.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = Of(document, form.ElementType!, isRequest),
            },
            JsonTypeInfoKind.Dictionary => new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                AdditionalProperties = Of(document, form.ElementType!, isRequest),
            },
            _ => Reference(document, type, isRequest),
        };
    }

    /// <summary>Makes the schemas that were referred to, and those that they refer to.</summary>
    /// <param name="words">What the documentation comments say of a record and its members.</param>
    public async Task<Dictionary<string, IOpenApiSchema>> Make(OpenApiDocument document, Func<Type, Task<RecordWords>> words)
    {
        var made = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        while (_open.TryDequeue(out var name))
        {
            var (type, isRequest) = _components[name];
            made[name] =
                ValueShapes.Of(type)
                ?? (type.IsEnum ? Enumeration(type, await words(type)) : Record(document, type, isRequest, await words(type)));
        }
        return made;
    }

    public static string NameOf(Type type) =>
        type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}Of{string.Concat(type.GenericTypeArguments.Select(NameOf))}"
            : type.Name;

    private OpenApiSchemaReference Reference(OpenApiDocument document, Type type, bool isRequest)
    {
        var name = NameOf(type);
        var isShared = type.IsEnum || ValueShapes.Of(type) is not null;
        if (_components.TryAdd(name, (type, isRequest)))
        {
            _open.Enqueue(name);
        }
        else if (!isShared && _components[name] != (type, isRequest))
        {
            throw new InvalidOperationException(
                $"{name} is both sent and received, or two records have that name. This is a bug in the gateway."
            );
        }
        return new OpenApiSchemaReference(name, document);
    }

    private OpenApiSchema Record(OpenApiDocument document, Type type, bool isRequest, RecordWords words)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = words.Description,
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
            Required = new HashSet<string>(StringComparer.Ordinal),
            AdditionalPropertiesAllowed = !isRequest,
        };
        foreach (var member in FormOf(type).Properties)
        {
            var value = Of(document, member.PropertyType, isRequest);
            if (value is OpenApiSchema inline)
            {
                MemberBounds.Apply(inline, type, member.Name);
            }
            var description = words.Members.GetValueOrDefault(member.Name);
            switch (value)
            {
                case OpenApiSchemaReference reference:
                    reference.Reference.Description = description;
                    break;
                case OpenApiSchema own:
                    own.Description = description;
                    break;
            }
            schema.Properties[member.Name] = value;
            if (isRequest ? member.IsRequired : !member.IsGetNullable)
            {
                schema.Required.Add(member.Name);
            }
        }
        if (Examples.Of(type) is { } example)
        {
            schema.Examples = [example];
        }
        return schema;
    }

    private static OpenApiSchema Enumeration(Type type, RecordWords words)
    {
        var form = FormOf(type);
        return new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = words.Description,
            Enum = [.. Enum.GetValues(type).Cast<object>().Select(value => JsonSerializer.SerializeToNode(value, form)!)],
        };
    }

    private static OpenApiSchema? Plain(Type type)
    {
        if (type == typeof(string))
        {
            return new OpenApiSchema { Type = JsonSchemaType.String };
        }
        if (type == typeof(bool))
        {
            return new OpenApiSchema { Type = JsonSchemaType.Boolean };
        }
        if (type == typeof(int))
        {
            return new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" };
        }
        if (type == typeof(long))
        {
            return new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" };
        }
        if (type == typeof(DateTimeOffset))
        {
            return new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
        }
        if (type == typeof(ReadOnlyMemory<byte>))
        {
            return new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Format = "byte",
                ContentEncoding = "base64",
            };
        }
        if (type == typeof(JsonObject))
        {
            return new OpenApiSchema { Type = JsonSchemaType.Object };
        }
        return null;
    }

    private static JsonTypeInfo FormOf(Type type) =>
        ApiJson.Default.GetTypeInfo(type)
        ?? throw new InvalidOperationException($"{type} is no record of {nameof(ApiJson)}. This is a bug in the gateway.");
}

/// <summary>What the documentation comments say of a record: of it as a whole, and of its members by their names in JSON.</summary>
internal sealed record RecordWords(string? Description, IReadOnlyDictionary<string, string?> Members)
{
    /// <summary>The framework copies the comments into the schemas that it makes; they are all that is taken of those.</summary>
    public static RecordWords Of(OpenApiSchema schema) =>
        new(
            OneLine(schema.Description),
            (schema.Properties ?? new Dictionary<string, IOpenApiSchema>()).ToDictionary(
                member => member.Key,
                member => OneLine(Find(member.Value)),
                StringComparer.Ordinal
            )
        );

    private static string? Find(IOpenApiSchema schema) =>
        schema switch
        {
            OpenApiSchemaReference reference => reference.Reference.Description,
            OpenApiSchema { Metadata: { } metadata } when metadata.TryGetValue("x-ref-description", out var words) => words as string,
            OpenApiSchema { OneOf: { Count: > 0 } choices } => choices.Select(Find).FirstOrDefault(words => words is not null),
            _ => schema.Description,
        };

    private static string? OneLine(string? text) => text?.ReplaceLineEndings(" ");
}
