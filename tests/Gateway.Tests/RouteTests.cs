using System.Net;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Tests.Gateway;

/// <summary>Every route, from the table of the running gateway: who may call it, and that what is written down is what is served.</summary>
public sealed class RouteTests
{
    private static readonly string AnyId = new('0', 64);

    /// <summary>Their names change with their contents.</summary>
    private static readonly string Asset = new WebFiles().Names.First(name => name.StartsWith("assets/", StringComparison.Ordinal));

    [Fact]
    public async Task Routes_AreThoseWrittenDown()
    {
        await using var gateway = await GatewayFixture.Start();

        var served = RoutesOf(gateway).Select(route => route.ToString()).Order(StringComparer.Ordinal);

        var file = Path.Combine(AppContext.BaseDirectory, "routes.txt");
        Assert.Equal(await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken), served);
    }

    [Fact]
    public async Task WithoutKey_OnlyWhatIsForEverybodyAnswers()
    {
        await using var gateway = await GatewayFixture.Start();
        // Without the check of answers: the way to a WebSocket is not in the document.
        using var nobody = gateway.ClientOf(null, isChecked: false);

        foreach (var route in RoutesOf(gateway))
        {
            using var response = await nobody.Send(route.Method, route.Address, route.Body);
            if (route.Access.Worker == WorkerProof.Handshake)
            {
                Assert.True(response.StatusCode == HttpStatusCode.UpgradeRequired, $"{route}: {response.StatusCode}");
            }
            else if (route.Access.NeedsMarket)
            {
                // The empty body is refused, not the stranger.
                Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{route}: {response.StatusCode}");
            }
            else if (route.Access.Public)
            {
                Assert.True(response.IsSuccessStatusCode, route.ToString());
            }
            else
            {
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{route}: {response.StatusCode}");
            }
        }
        Assert.Equal(0, gateway.Market.Verifications);
    }

    [Fact]
    public async Task EveryScopeButTheNeededOne_IsForbidden()
    {
        await using var gateway = await GatewayFixture.Start();

        foreach (var route in RoutesOf(gateway).Where(route => route.Access is { Public: false, Worker: WorkerProof.None }))
        {
            Assert.True(
                route.Access.Needed is Scopes.Read or Scopes.Submit or Scopes.Deploy or Scopes.Transfer or Scopes.Admin,
                $"{route} needs exactly one scope"
            );
            using var lacking = gateway.ClientWith(GatewayFixture.AllScopes & ~route.Access.Needed);
            using var response = await lacking.Send(route.Method, route.Address, route.Body);
            Assert.True(response.StatusCode == HttpStatusCode.Forbidden, $"{route}: {response.StatusCode}");
        }
    }

    /// <summary>An id of another account is answered exactly like one that does not exist.</summary>
    [Fact]
    public async Task ForeignIds_AreAnsweredLikeUnknownOnes()
    {
        await using var gateway = await GatewayFixture.Start();
        var job = await gateway.Submit();
        using var stored = await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, "mine"u8.ToArray());
        var blob = (await stored.Read(ApiJson.Default.Blob)).Id;
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        var checkedRoutes = 0;

        foreach (var route in RoutesOf(gateway).Where(route => route.Pattern.Contains('{', StringComparison.Ordinal)))
        {
            // Programs and workers are public by their id, a PUT names bytes and not a thing of another, workers have no key, the operator
            // credits any account, an account's ledger is forbidden to others whether it has records or not. Epochs, disputes and
            // what committees sign are for all.
            if (
                route.Access.Worker != WorkerProof.None
                || route.Pattern.Contains("{program}", StringComparison.Ordinal)
                || route.Pattern.Contains("{account}", StringComparison.Ordinal)
                || route.Pattern.Contains("{ledger}", StringComparison.Ordinal)
                || route.Pattern.Contains("{epoch}", StringComparison.Ordinal)
                || route.Access.Public
                || route.Pattern.Contains("{root}", StringComparison.Ordinal)
                || route.Pattern.StartsWith(Routes.Disputes, StringComparison.Ordinal)
                || route.Pattern.Contains("{worker}", StringComparison.Ordinal)
                || route.Method == HttpMethod.Put
            )
            {
                continue;
            }
            var foreign = await Answer(mallory, route, job.ToString(), blob.ToString(), gateway.Key[..ApiKey.IdTextSize]);
            var unknown = await Answer(mallory, route, AnyId, $"blob{AnyId}", "mk0000000000000000");
            Assert.True(foreign.Status == HttpStatusCode.NotFound, $"{route}: {foreign}");
            Assert.Equal(unknown, foreign);
            checkedRoutes++;
        }
        Assert.True(checkedRoutes >= 9, $"only {checkedRoutes} routes with an id");
        Assert.Equal(JobStatus.Pending, gateway.Market.Jobs[job].View.Status);
        Assert.Contains((blob, GatewayFixture.Alice), gateway.Market.Pins.Keys);
    }

    [Theory]
    [InlineData("GET", "/v1"), InlineData("GET", "/v1/jobs/a/b/c"), InlineData("POST", "/v1/jobs:other")]
    [InlineData("GET", "/v2/jobs")]
    [InlineData("GET", "/v1/../../etc/passwd"), InlineData("GET", "/index.html")]
    public async Task UnknownRoute_IsAProblem(string method, string path)
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway.Client.Send(new HttpMethod(method), path).Refused(HttpStatusCode.NotFound, ErrorCode.NotFound);
    }

    [Theory]
    [InlineData("DELETE", Routes.Jobs), InlineData("PUT", Routes.Account), InlineData("OPTIONS", Routes.Jobs)]
    [InlineData("TRACE", Routes.Jobs), InlineData("BREW", Routes.Jobs)]
    public async Task UnknownMethod_IsAProblemThatNamesTheOthers(string method, string path)
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.Send(new HttpMethod(method), path);

        Assert.NotEmpty(response.Content.Headers.Allow);
        await Task.FromResult(response).Refused(HttpStatusCode.MethodNotAllowed, ErrorCode.NotFound);
    }

    private static async Task<(HttpStatusCode Status, string Text)> Answer(
        HttpClient client,
        Route route,
        string job,
        string blob,
        string key
    )
    {
        using var response = await client.Send(route.Method, Fill(route.Pattern, job, blob, key), route.Body);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        foreach (var id in new[] { blob, job, key })
        {
            text = text.Replace(id, "ID", StringComparison.Ordinal);
        }
        return (response.StatusCode, text);
    }

    private static string Fill(string pattern, string job, string blob, string key) =>
        pattern
            .Replace("{account}", AnyId, StringComparison.Ordinal)
            .Replace("{job}", job, StringComparison.Ordinal)
            .Replace("{blob}", blob, StringComparison.Ordinal)
            .Replace("{worker}", job, StringComparison.Ordinal)
            .Replace("{lease}", "1-1", StringComparison.Ordinal)
            .Replace("{program}", $"prog{AnyId}", StringComparison.Ordinal)
            .Replace("{ledger}", "market", StringComparison.Ordinal)
            .Replace("{root}", AnyId, StringComparison.Ordinal)
            .Replace("{**rest}", "", StringComparison.Ordinal)
            .Replace("{name}", Path.GetFileName(Asset), StringComparison.Ordinal)
            .Replace("{stateKey}", "63616665", StringComparison.Ordinal)
            .Replace("{key}", key, StringComparison.Ordinal);

    private static IEnumerable<Route> RoutesOf(GatewayFixture gateway) =>
        from source in gateway.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
        from endpoint in source.Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select new Route(
            new HttpMethod(method),
            endpoint.RoutePattern.RawText!,
            endpoint.Metadata.GetRequiredMetadata<AccessRule>(),
            endpoint.Metadata.GetMetadata<BodyRule>()
        );

    private sealed record Route(HttpMethod Method, string Pattern, AccessRule Access, BodyRule? Rule)
    {
        public string Address => Fill(Pattern, AnyId, $"blob{AnyId}", "mk0000000000000000");

        public byte[]? Body => Rule is null ? null : [];

        public override string ToString() => $"{Method} {Pattern} {Who}";

        private string Who =>
            Access.Public ? "everybody"
            : Access.Worker != WorkerProof.None ? $"worker by {Access.Worker}".ToLowerInvariant()
            : Access.Needed.ToString().ToLowerInvariant();
    }
}
