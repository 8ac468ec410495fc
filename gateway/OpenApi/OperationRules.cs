using System.Net.Mime;
using Marketplace.Api;
using Marketplace.Grains;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>Writes a route's rules into its operation: who may call it, what it takes, how it refuses.</summary>
internal static class OperationRules
{
    private static readonly Dictionary<string, string> PathPatterns = new(StringComparer.Ordinal)
    {
        ["job"] = SchemaShapes.HexId,
        ["blob"] = SchemaShapes.BlobPattern,
        ["program"] = SchemaShapes.ProgramPattern,
        ["key"] = SchemaShapes.KeyPattern,
    };

    public static async Task Apply(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var document = context.Document
            ?? throw new InvalidOperationException("An operation stands outside a document. This is a bug in the gateway.");
        Name(operation, context.Description.HttpMethod);
        if (metadata.OfType<CreatesRule>().Any())
            operation.Responses?.Remove("200");
        Secure(operation, document, metadata.OfType<AccessRule>().Single());
        Path(operation);
        Query(operation, metadata.OfType<QueryRule>());
        if (metadata.OfType<BodyRule>().LastOrDefault() is { } body)
            await Body(operation, context, document, body, cancellation);
        await Problems(operation, context, document, cancellation);
    }

    /// <summary>
    /// A route that answers to GET and HEAD is two operations, which need two ids. Documentation comments come with their line breaks.
    /// </summary>
    private static void Name(OpenApiOperation operation, string? method)
    {
        if (method == HttpMethods.Head)
            operation.OperationId = $"{operation.OperationId}Head";
        operation.Summary = operation.Summary?.ReplaceLineEndings(" ");
    }

    private static void Secure(OpenApiOperation operation, OpenApiDocument document, AccessRule access)
    {
        var key = new OpenApiSecuritySchemeReference(DocumentFrame.KeyScheme, document);
        operation.Security = access.Public ? [] : [new OpenApiSecurityRequirement { [key] = [] }];
        if (access.Needed != Scopes.None)
            operation.Description = $"{operation.Description} Needs the scope '{access.Needed.ToString().ToLowerInvariant()}'.".TrimStart();
    }

    private static void Path(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.In == ParameterLocation.Path && parameter.Name is { } name && PathPatterns.TryGetValue(name, out var pattern))
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = pattern };
        }
    }

    private static void Query(OpenApiOperation operation, IEnumerable<QueryRule> rules)
    {
        foreach (var rule in rules)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = rule.Name,
                In = ParameterLocation.Query,
                Description = rule.Description,
                Schema = new OpenApiSchema { Type = rule.IsNumber ? JsonSchemaType.Integer : JsonSchemaType.String },
            });
        }
    }

    private static async Task Body(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, OpenApiDocument document, BodyRule body,
        CancellationToken cancellation)
    {
        IOpenApiSchema schema = body.Record is { } record
            ? await Component(context, document, record, cancellation)
            : new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType> { [body.ContentType] = new() { Schema = schema } },
        };
    }

    private static async Task Problems(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, OpenApiDocument document, CancellationToken cancellation)
    {
        var problem = await Component(context, document, typeof(Problem), cancellation);
        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "The request is refused: the code says why, the detail what to do.",
            Content = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Application.ProblemJson] = new() { Schema = problem } },
        };
    }

    private static async Task<OpenApiSchemaReference> Component(
        OpenApiOperationTransformerContext context, OpenApiDocument document, Type record, CancellationToken cancellation)
    {
        if (document.Components?.Schemas?.ContainsKey(record.Name) != true)
            document.AddComponent(record.Name, await context.GetOrCreateSchemaAsync(record, parameterDescription: null, cancellation));
        return new OpenApiSchemaReference(record.Name, document);
    }
}
