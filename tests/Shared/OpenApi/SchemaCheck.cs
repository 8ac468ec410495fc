using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Marketplace.Tests;

/// <summary>
/// Compares JSON with the schemas of an OpenAPI 3.1 document, more strictly than JSON Schema asks: a member that no schema names is a
/// fault, a keyword that is not known here too, so that nothing passes because it was not understood.
/// </summary>
internal sealed class SchemaCheck(JsonElement document)
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "description",
        "default",
        "examples",
        "contentEncoding",
        "title",
    };

    private static readonly HashSet<string> Formats = new(StringComparer.Ordinal) { "int32", "int64", "date-time", "byte", "binary" };

    /// <summary>All that is wrong with <paramref name="value"/>; empty where it is as the schema says.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value)
    {
        var faults = new List<string>();
        Check(schema, value, "$", faults, isWhole: true);
        return faults;
    }

    public JsonElement Component(string reference)
    {
        var element = document;
        foreach (var part in reference.Split('/').Skip(1))
        {
            if (!element.TryGetProperty(part, out element))
            {
                throw new InvalidOperationException($"The document has no {reference}.");
            }
        }
        return element;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> faults, bool isWhole)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            CheckKeyword(keyword, value, path, faults);
        }
        if (!isWhole || value.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        var named = new HashSet<string>(StringComparer.Ordinal);
        if (!Gather(schema, named))
        {
            return;
        }
        foreach (var member in value.EnumerateObject().Where(member => !named.Contains(member.Name)))
        {
            faults.Add($"{path}.{member.Name} is not in the document");
        }
    }

    private void CheckKeyword(JsonProperty keyword, JsonElement value, string path, List<string> faults)
    {
        var wanted = keyword.Value;
        var holds = keyword.Name switch
        {
            "$ref" => Deeper(() => Check(Component(wanted.GetString()!), value, path, faults, isWhole: false)),
            "allOf" => Deeper(() =>
            {
                foreach (var part in wanted.EnumerateArray())
                {
                    Check(part, value, path, faults, isWhole: false);
                }
            }),
            "type" => IsOfType(wanted.GetString()!, value),
            "format" => Formats.Contains(wanted.GetString()!) ? HasFormat(wanted.GetString()!, value) : throw Unknown($"format {wanted}"),
            "enum" => wanted.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)),
            "pattern" => value.ValueKind != JsonValueKind.String
                || Regex.IsMatch(value.GetString()!, wanted.GetString()!, RegexOptions.CultureInvariant),
            "minLength" => value.ValueKind != JsonValueKind.String || Characters(value) >= wanted.GetInt32(),
            "maxLength" => value.ValueKind != JsonValueKind.String || Characters(value) <= wanted.GetInt32(),
            "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= wanted.GetDecimal(),
            "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= wanted.GetDecimal(),
            "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= wanted.GetInt32(),
            "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= wanted.GetInt32(),
            "maxProperties" => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() <= wanted.GetInt32(),
            "items" => Deeper(() => CheckItems(wanted, value, path, faults)),
            "properties" => Deeper(() => CheckMembers(wanted, value, path, faults)),
            "additionalProperties" => Deeper(() => CheckOthers(wanted, value, path, faults)),
            "required" => Deeper(() => CheckRequired(wanted, value, path, faults)),
            _ => Words.Contains(keyword.Name) ? true : throw Unknown(keyword.Name),
        };
        if (!holds)
        {
            faults.Add($"{path}: {Short(value)} is against {keyword.Name} {Short(wanted)}");
        }
    }

    private void CheckItems(JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return;
        }
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            Check(schema, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), faults, isWhole: true);
        }
    }

    private void CheckMembers(JsonElement schemas, JsonElement value, string path, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (var schema in schemas.EnumerateObject())
        {
            if (value.TryGetProperty(schema.Name, out var member))
            {
                Check(schema.Value, member, $"{path}.{schema.Name}", faults, isWhole: true);
            }
        }
    }

    /// <summary>A map's values; 'false' is what every object here is checked for anyway.</summary>
    private void CheckOthers(JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        if (schema.ValueKind == JsonValueKind.False || value.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (var member in value.EnumerateObject())
        {
            Check(schema, member.Value, $"{path}.{member.Name}", faults, isWhole: true);
        }
    }

    private static void CheckRequired(JsonElement names, JsonElement value, string path, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (var name in names.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
        {
            faults.Add($"{path}.{name} is missing");
        }
    }

    /// <returns>False: the schema is of any object, or of a map.</returns>
    private bool Gather(JsonElement schema, HashSet<string> named)
    {
        var isClosed = false;
        if (schema.TryGetProperty("properties", out var members))
        {
            named.UnionWith(members.EnumerateObject().Select(member => member.Name));
            isClosed = true;
        }
        if (schema.TryGetProperty("$ref", out var reference))
        {
            isClosed |= Gather(Component(reference.GetString()!), named);
        }
        if (schema.TryGetProperty("allOf", out var parts))
        {
            foreach (var part in parts.EnumerateArray())
            {
                isClosed |= Gather(part, named);
            }
        }
        return isClosed;
    }

    private static bool IsOfType(string type, JsonElement value) =>
        type switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number
                && value.TryGetDecimal(out var number)
                && number == decimal.Truncate(number),
            _ => throw Unknown($"type {type}"),
        };

    private static bool HasFormat(string format, JsonElement value) =>
        format switch
        {
            "int32" => value.ValueKind != JsonValueKind.Number || value.TryGetInt32(out _),
            "int64" => value.ValueKind != JsonValueKind.Number || value.TryGetInt64(out _),
            "date-time" => value.ValueKind != JsonValueKind.String || value.TryGetDateTimeOffset(out _),
            "byte" => value.ValueKind != JsonValueKind.String || value.TryGetBytesFromBase64(out _),
            _ => true,
        };

    private static int Characters(JsonElement text) => text.GetString()!.EnumerateRunes().Count();

    private static bool Deeper(Action check)
    {
        check();
        return true;
    }

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 100 ? string.Concat(text.AsSpan(0, 100), "…") : text;
    }

    private static InvalidOperationException Unknown(string what) =>
        new($"The document uses {what}, which the check of answers does not know. Teach it, or the answers go unchecked.");
}
