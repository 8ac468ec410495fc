using System.Text.Encodings.Web;
using System.Text.Json;
using Marketplace.Api;

namespace Marketplace.Tests.Gateway;

/// <summary>
/// What the outside sees is a file in review: gateway/openapi.json. After a wanted change, a run with the variable MARKETPLACE_WRITE_OPENAPI set to
/// that file's full path writes it anew.
/// </summary>
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Document_IsTheOneThatIsCheckedIn()
    {
        await using var gateway = await GatewayFixture.Start();
        using var nobody = gateway.ClientOf(null);

        using var response = await nobody.Get(Routes.OpenApi);

        var served = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var kept =
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "openapi.json"), TestContext.Current.CancellationToken);
        if (Normal(kept) != Normal(served) && Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_OPENAPI") is { Length: > 0 } path)
            await File.WriteAllTextAsync(path, Normal(served), TestContext.Current.CancellationToken);
        Assert.Equal(Normal(kept), Normal(served));
    }

    [Fact]
    public async Task EveryOperation_StatesKeyAnswersAndProblems()
    {
        await using var gateway = await GatewayFixture.Start();
        using var response = await gateway.Client.Get(Routes.OpenApi);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        var count = 0;
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var name = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("operationId", out _), name);
                Assert.True(operation.Value.TryGetProperty("summary", out _), name);
                Assert.True(operation.Value.GetProperty("responses").TryGetProperty("default", out _), name);
                var keys = operation.Value.TryGetProperty("security", out var security) ? security.GetArrayLength() : 0;
                Assert.Equal(path.Name.StartsWith("/health", StringComparison.Ordinal) ? 0 : 1, keys);
                count++;
            }
        }
        Assert.Equal(31, count);
    }

    /// <summary>The same indentation and line ends, and no difference for a file's last line break.</summary>
    private static string Normal(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Readable) + "\n";
    }
}
