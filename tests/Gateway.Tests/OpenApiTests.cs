using System.Text.Encodings.Web;
using System.Text.Json;

namespace Marketplace.Tests.Gateway;

/// <summary>
/// What the outside sees is a file in review: gateway/openapi.json. After a wanted change, a run with the variable
/// MARKETPLACE_WRITE_OPENAPI set to that file's full path writes it anew. <see cref="AnswerCheck"/> compares every answer of this project's
/// tests with it.
/// </summary>
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public async Task Document_IsTheOneThatIsCheckedIn()
    {
        await using var gateway = await GatewayFixture.Start();
        // Without the check of answers: a new document is not that of the file yet.
        using var reader = gateway.ClientOf(null, isChecked: false);

        using var response = await reader.Get(Routes.OpenApi);

        var served = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var kept = await File.ReadAllTextAsync(GatewayFixture.DocumentFile, TestContext.Current.CancellationToken);
        if (Normal(kept) != Normal(served) && Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_OPENAPI") is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, Normal(served), TestContext.Current.CancellationToken);
        }
        Assert.Equal(Normal(kept), Normal(served));
    }

    [Fact]
    public void EveryOperation_StatesKeyAnswersRefusalsAndWords()
    {
        var count = 0;
        foreach (var path in GatewayFixture.Document.Root.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var name = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("operationId", out _), name);
                Assert.True(operation.Value.TryGetProperty("summary", out _), name);
                Assert.Equal(1, operation.Value.GetProperty("tags").GetArrayLength());
                var statuses = operation.Value.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToArray();
                Assert.True(statuses.Any(status => status[0] == '2'), name);
                Assert.True(statuses.Any(status => status[0] == '4'), name);
                Assert.DoesNotContain("default", statuses);
                var isPublic =
                    path.Name.StartsWith("/health", StringComparison.Ordinal)
                    || path.Name.StartsWith(Routes.Settlements, StringComparison.Ordinal)
                    || path.Name is Routes.OpenApi or Routes.Info or Routes.Accounts or Routes.AccountChallenges or Routes.SignInUse;
                var keys = operation.Value.TryGetProperty("security", out var security) ? security.GetArrayLength() : 0;
                Assert.Equal(isPublic, keys == 0);
                // The ticket that it takes stands for a key.
                Assert.Equal(!isPublic || path.Name == Routes.SignInUse, statuses.Contains("401"));
                count++;
            }
        }
        Assert.Equal(85, count);
    }

    [Fact]
    public void EveryRecordAndMember_HasWords()
    {
        var silent =
            from schema in Schemas()
            from member in schema.Value.TryGetProperty("properties", out var members) ? members.EnumerateObject().ToArray() : []
            where !member.Value.TryGetProperty("description", out _)
            select $"{schema.Name}.{member.Name}";

        Assert.Empty(Schemas().Where(schema => !schema.Value.TryGetProperty("description", out _)).Select(schema => schema.Name));
        Assert.Empty(silent);
    }

    [Fact]
    public void EveryExample_IsAsItsSchemaSays()
    {
        var count = 0;
        foreach (var schema in Schemas())
        {
            foreach (var example in schema.Value.TryGetProperty("examples", out var examples) ? examples.EnumerateArray().ToArray() : [])
            {
                Assert.True(GatewayFixture.Document.Schemas.Faults(schema.Value, example) is [], $"{schema.Name}: {example}");
                count++;
            }
        }
        Assert.True(count > 20, $"{count} examples");
    }

    /// <summary>What a client sends has an end: texts a length or a form, lists a number of items, numbers a range.</summary>
    [Fact]
    public void EveryMemberOfARequest_IsBounded()
    {
        foreach (var schema in Schemas().Where(schema => schema.Name.EndsWith("Request", StringComparison.Ordinal)))
        {
            Assert.False(schema.Value.GetProperty("additionalProperties").GetBoolean());
            foreach (
                var member in schema
                    .Value.GetProperty("properties")
                    .EnumerateObject()
                    .Where(member => member.Value.TryGetProperty("type", out _))
            )
            {
                string[] bounds = member.Value.GetProperty("type").GetString() switch
                {
                    "string" => ["maxLength"],
                    "array" => ["maxItems", "items"],
                    "integer" => ["minimum", "maximum"],
                    "boolean" => [],
                    _ => ["maxProperties", "additionalProperties"],
                };
                Assert.True(bounds.All(bound => member.Value.TryGetProperty(bound, out _)), $"{schema.Name}.{member.Name}");
            }
        }
    }

    [Theory]
    [InlineData("GET", "/v1/unwritten", 200, """{}""", "is not in the document, and answered 200")]
    [InlineData("GET", "/v1/account", 418, null, "the status 418")]
    [InlineData(
        "POST",
        "/v1/events/tickets",
        201,
        """{"ticket":"0000000000000000000000000000000000000000000000000000000000000000"}""",
        "expiresAt is missing"
    )]
    [InlineData("GET", "/health/live", 200, """{"status":"live","version":"1","extra":1}""", "extra is not in the document")]
    [InlineData("GET", "/health/live", 200, """{"status":"live","version":"1","reason":null}""", "against type")]
    [InlineData("GET", "/health/live", 200, """{"status":"lively","version":"1"}""", "against enum")]
    [InlineData("GET", "/v1/account", 404, """{"type":"t","title":"t","status":404,"code":"job_not_found","detail":"d"}""", "against enum")]
    public void CheckOfAnswers_FindsWhatTheDocumentDoesNotSay(string method, string path, int status, string? json, string fault)
    {
        using var body = json is null ? null : JsonDocument.Parse(json);
        var mediaType =
            json is null ? null
            : status < 400 ? "application/json"
            : "application/problem+json";

        var faults = GatewayFixture.Document.Faults(method, path, status, mediaType, body?.RootElement);

        Assert.Contains(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    private static IEnumerable<JsonProperty> Schemas() =>
        GatewayFixture.Document.Root.GetProperty("components").GetProperty("schemas").EnumerateObject();

    /// <summary>The same indentation and line ends, and no difference for a file's last line break.</summary>
    private static string Normal(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Readable) + "\n";
    }
}
