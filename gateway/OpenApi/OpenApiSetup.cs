using System.Net.Mime;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>The OpenAPI document: derived from the routes and their rules, so that it cannot say what the gateway does not do.</summary>
internal static class OpenApiSetup
{
    public const string Document = "v1";

    public static void AddApiDescription(this IServiceCollection services)
    {
        // The document describes the API's JSON by these options; the answers are written with the generated form itself.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            // The framework asks for it with the first request: by reflection that makes the converters of all plain types.
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, ObjectJson.Default);
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        services.AddOpenApi(
            Document,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                var schemas = new RecordSchemas();
                options.AddOperationTransformer(new OperationRules(schemas));
                options.AddDocumentTransformer(new DocumentFrame(schemas));
            }
        );
        services.AddSingleton<OpenApiText>();
    }

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet(Routes.OpenApi, Get)
            .WithName("GetOpenApi")
            .WithTags("Document")
            .ForEverybody()
            .Produces<JsonObject>(StatusCodes.Status200OK, MediaTypeNames.Application.Json);

    /// <summary>This document: OpenAPI 3.1 in JSON.</summary>
    internal static async Task<IResult> Get(OpenApiText text, HttpContext http) =>
        Results.Bytes(await text.Get().WaitAsync(http.RequestAborted), MediaTypeNames.Application.Json);
}

/// <summary>The document's text, made when it is first asked for and kept: the routes do not change while the process runs.</summary>
internal sealed class OpenApiText([FromKeyedServices(OpenApiSetup.Document)] IOpenApiDocumentProvider provider)
{
    private readonly Lock _gate = new();
    private Task<byte[]>? _text;

    public Task<byte[]> Get()
    {
        lock (_gate)
        {
            if (_text is null or { IsFaulted: true })
            {
                _text = Make();
            }
            return _text;
        }
    }

    private async Task<byte[]> Make()
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var text = new MemoryStream();
        await document.SerializeAsJsonAsync(text, OpenApiSpecVersion.OpenApi3_1);
        return text.ToArray();
    }
}

/// <summary>What the framework wants to know of an answer's type where a handler writes its answer itself.</summary>
[JsonSerializable(typeof(object))]
internal sealed partial class ObjectJson : JsonSerializerContext;
