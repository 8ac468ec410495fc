using System.Globalization;
using System.Text.Json;

namespace Marketplace.Tests;

/// <summary>The service's OpenAPI document, and whether an answer is one of those that it promises.</summary>
internal sealed class ApiDocument
{
    private readonly JsonElement _root;
    private readonly SchemaCheck _schemas;
    private readonly List<(string[] Parts, JsonElement Path)> _paths;

    public ApiDocument(ReadOnlyMemory<byte> text)
    {
        _root = JsonDocument.Parse(text).RootElement;
        _schemas = new SchemaCheck(_root);
        // Fixed paths come before those with parameters.
        _paths =
        [
            .. _root
                .GetProperty("paths")
                .EnumerateObject()
                .OrderBy(path => path.Name.Contains('{', StringComparison.Ordinal))
                .Select(path => (path.Name.Split('/'), path.Value)),
        ];
    }

    public JsonElement Root => _root;

    public SchemaCheck Schemas => _schemas;

    /// <summary>What of an answer is against the document; empty where nothing is.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">The request's path, without its query.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="mediaType">Null where the answer has no body.</param>
    /// <param name="json">The body, where it is JSON.</param>
    public IReadOnlyList<string> Faults(string method, string path, int status, string? mediaType, JsonElement? json)
    {
        if (Operation(method, path) is not { } operation)
        {
            return status < 400 ? [$"{method} {path} is not in the document, and answered {status}"]
                : json is { } problem ? _schemas.Faults(_schemas.Component("#/components/schemas/Problem"), problem)
                : [];
        }
        if (!operation.GetProperty("responses").TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response))
        {
            return [$"the status {status} is not in the document"];
        }
        if (response.TryGetProperty("$ref", out var reference))
        {
            response = _schemas.Component(reference.GetString()!);
        }
        if (mediaType is null || method == "HEAD")
        {
            return [];
        }
        if (!response.TryGetProperty("content", out var content) || !content.TryGetProperty(mediaType, out var media))
        {
            return [$"the media type {mediaType} of status {status} is not in the document"];
        }
        return json is { } body ? _schemas.Faults(media.GetProperty("schema"), body) : [];
    }

    /// <summary>What of an event is against the document.</summary>
    public IReadOnlyList<string> EventFaults(string path, string name, string data)
    {
        var events = Operation("GET", path)!
            .Value.GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("text/event-stream")
            .GetProperty("x-events");
        if (!events.TryGetProperty(name, out var schema))
        {
            return [$"the event '{name}' is not in the document"];
        }
        using var json = JsonDocument.Parse(data);
        return _schemas.Faults(schema, json.RootElement);
    }

    /// <summary>What of a request's JSON is against the document.</summary>
    public IReadOnlyList<string> RequestFaults(string method, string path, JsonElement json) =>
        Operation(method, path) is { } operation
            ? _schemas.Faults(
                operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"),
                json
            )
            : [];

    private JsonElement? Operation(string method, string path)
    {
        var parts = path.Split('/');
        foreach (var (wanted, item) in _paths)
        {
            if (wanted.Length == parts.Length && wanted.Zip(parts).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second))
            {
                return item.TryGetProperty(method.ToLowerInvariant(), out var operation) ? operation : null;
            }
        }
        return null;
    }
}
