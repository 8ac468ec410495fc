using System.Net.Mime;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Marketplace.Gateway;

/// <summary>A record as JSON, written with its generated form straight into the connection's buffer.</summary>
internal sealed class JsonAnswer<TRecord>(TRecord record, JsonTypeInfo<TRecord> form)
    : IResult,
        IEndpointMetadataProvider,
        IStatusCodeHttpResult
{
    public int Status { get; init; } = StatusCodes.Status200OK;

    int? IStatusCodeHttpResult.StatusCode => Status;

    /// <summary>Where a created thing is found.</summary>
    public string? Location { get; init; }

    /// <summary>
    /// True: the record may be megabytes, so it is sent while it is written. Else it goes out in one piece, which is one system call
    /// less.
    /// </summary>
    public bool IsLarge { get; init; }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => Answer.Describe<TRecord>(builder);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        Answer.Begin(response, Status);
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }
        if (IsLarge)
        {
            httpContext.BodyIsUsed();
            await JsonSerializer.SerializeAsync(response.BodyWriter, record, form, httpContext.RequestAborted);
            return;
        }
        using var writer = new Utf8JsonWriter(response.BodyWriter);
        JsonSerializer.Serialize(writer, record, form);
    }
}

internal static class Answer
{
    /// <summary>What OpenAPI says of a route that answers with this record.</summary>
    public static void Describe<TRecord>(EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(TRecord), [MediaTypeNames.Application.Json]));

    /// <summary>The head of every answer in JSON.</summary>
    public static void Begin(HttpResponse response, int status = StatusCodes.Status200OK)
    {
        response.StatusCode = status;
        response.ContentType = MediaTypeNames.Application.Json;
    }

    public static JsonAnswer<TRecord> Ok<TRecord>(TRecord record, JsonTypeInfo<TRecord> form) => new(record, form);

    public static JsonAnswer<TRecord> Large<TRecord>(TRecord record, JsonTypeInfo<TRecord> form) => new(record, form) { IsLarge = true };

    public static JsonAnswer<TRecord> Created<TRecord>(TRecord record, JsonTypeInfo<TRecord> form, string location) =>
        new(record, form) { Status = StatusCodes.Status201Created, Location = location };
}
