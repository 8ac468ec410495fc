using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>Reads what a request says. What is not of the expected form is refused with a message that shows it.</summary>
internal static class RequestReader
{
    /// <summary>
    /// The API's JSON as the gateway reads it: bounded depth, no member twice, because readers differ in which of the two counts, and
    /// faults that say what was found.
    /// </summary>
    public static readonly ApiJson Json = new(
        new JsonSerializerOptions(ApiJson.Default.Options)
        {
            MaxDepth = GatewayPolicy.JsonDepthMax,
            AllowDuplicateProperties = false,
            Converters = { new ExactText(), new ExactNumber<int>(), new ExactNumber<long>(), new ExactBytes() },
        }
    );

    /// <summary>Reads the body straight from the connection's buffer.</summary>
    /// <exception cref="JsonException">The body is not such a record.</exception>
    public static async ValueTask<TRecord> Body<TRecord>(HttpContext http, JsonTypeInfo<TRecord> form)
        where TRecord : class =>
        await JsonSerializer.DeserializeAsync(http.ChargedBody(), form, http.RequestAborted)
        ?? throw Malformed(string.Format(CultureInfo.InvariantCulture, GatewayMessages.NullItem, "$"));

    public static JobId Job(string text) =>
        JobId.TryParse(text, out var id) ? id : throw Malformed(GatewayMessages.BadId("a job id", text, "64 hexadecimal digits"));

    public static AccountId Account(string text) =>
        AccountId.TryParse(text, out var id) ? id : throw Malformed(GatewayMessages.BadId("an account", text, "64 hexadecimal digits"));

    public static WorkerId Worker(string text) =>
        WorkerId.TryParse(text, out var id) ? id : throw Malformed(GatewayMessages.BadId("a worker id", text, "64 hexadecimal digits"));

    public static BlobId Blob(string text) =>
        BlobId.TryParse(text, out var id)
            ? id
            : throw Malformed(GatewayMessages.BadId("a blob id", text, "'blob' and 64 hexadecimal digits"));

    public static ProgramId Program(string text) =>
        ProgramId.TryParse(text, out var id)
            ? id
            : throw Malformed(GatewayMessages.BadId("a program id", text, "'prog' and 64 hexadecimal digits"));

    public static LeaseId Lease(string text) =>
        LeaseId.TryParse(text, out var id)
            ? id
            : throw Malformed(GatewayMessages.BadId("a lease id", text, "two whole numbers joined by '-'"));

    public static string? Text(HttpContext http, string name) =>
        http.Request.Query.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>A whole number of the query, inside its range.</summary>
    public static int Number(HttpContext http, QueryRule rule)
    {
        var range = rule.Range!;
        if (Text(http, rule.Name) is not { } text)
        {
            return range.Absent;
        }
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= range.Min
            && number <= range.Max
            ? number
            : throw Malformed(GatewayMessages.NumberOutside(rule.Name, text, range.Min, range.Max));
    }

    public static MarketException Malformed(string message) => new(ErrorCode.MalformedRequest, message);
}
