using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>What stands around the operations: title, address, how to show a key, what the groups are, and the records' schemas.</summary>
internal sealed class DocumentFrame(RecordSchemas schemas) : IOpenApiDocumentTransformer
{
    public const string KeyScheme = "key";
    public const string TicketScheme = "ticket";
    public const string WorkerScheme = "worker";

    private static readonly Dictionary<string, string> Groups = new(StringComparer.Ordinal)
    {
        ["Account"] = "The money of the account that asks.",
        ["Blobs"] = "Bytes by their hash: modules, inputs, outputs.",
        ["Document"] = "This document.",
        ["Events"] = "Jobs of the account as they end, without polling.",
        ["Health"] = "Whether the service lives and takes work. No key is needed.",
        ["Jobs"] = "Submit, look, wait, cancel; what a job gave and wrote.",
        ["Keys"] = "API keys of the account.",
        ["Market"] = "Queue, workers and prices at a glance.",
        ["Programs"] = "WebAssembly modules, deployed once and never changed.",
        ["Workers"] = "What a lease is the right to: its blobs, and a place for its outputs. worker/PROTOCOL.md has the rest.",
    };

    public async Task TransformAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "Marketplace",
            Version = OpenApiSetup.Document,
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            Description =
                "A marketplace for computation and storage. Requests carry an API key; every refusal is a problem "
                + "(RFC 9457) with a code of a closed list; sending a job again with the same request id reaches the same job. "
                + "A member without a value is left out, never null. Answers may get new members; skip those that you do not know.",
        };
        // The paths are the same wherever the service is reached: the address is that of this document.
        document.Servers = [new OpenApiServer { Url = "/", Description = "The service that gave this document." }];
        document.Tags = Groups.Select(group => new OpenApiTag { Name = group.Key, Description = group.Value }).ToHashSet();
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
            [TicketScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Query,
                Name = Tickets.Parameter,
                Description = "A single-use ticket, for clients that cannot send a header.",
            },
            [WorkerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "Authorization",
                Description = "'Worker KEY.CALL.TIME.SIGNATURE': a worker's signature of the request, by worker/PROTOCOL.md.",
            },
        };
        document.Components.Schemas = await schemas.Make(
            document,
            async type => RecordWords.Of(await context.GetOrCreateSchemaAsync(type, parameterDescription: null, cancellationToken))
        );
    }
}
