using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>What stands around the operations: title, how to show a key, and the problem that every refusal is.</summary>
internal static class DocumentFrame
{
    public const string KeyScheme = "key";

    public static Task Apply(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Marketplace",
            Version = OpenApiSetup.Document,
            Description = "A marketplace for computation and storage. Requests carry an API key; every refusal is a problem "
                + "(RFC 9457) with a code of a closed list; sending a job again with the same request id reaches the same job.",
        };
        // The address depends on who asks; the paths do not.
        document.Servers = null;
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "id_secret",
                Description = "An API key: 'mk' and 16 hexadecimal digits, '_' and 64 hexadecimal digits.",
            },
        };
        UseOwnWords(document.Components.Schemas ?? new Dictionary<string, IOpenApiSchema>());
        return Task.CompletedTask;
    }

    /// <summary>
    /// The values' documentation speaks to programmers of this code; clients get words of their own, wherever the first ones were copied
    /// to.
    /// </summary>
    private static void UseOwnWords(IDictionary<string, IOpenApiSchema> schemas)
    {
        foreach (var (name, words) in SchemaShapes.Words)
        {
            if (!schemas.TryGetValue(name, out var value) || value.Description is not { } given)
                continue;
            var copies = schemas.Values.SelectMany(schema => schema.Properties?.Values ?? []).Append(value).OfType<OpenApiSchema>();
            foreach (var copy in copies.Where(copy => copy.Description == given))
                copy.Description = words;
        }
    }
}
