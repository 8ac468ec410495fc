using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Marketplace.Verify.Idempotency;

namespace Marketplace.Verify.Authz;

/// <summary>Every route of the document, asked for what is the victim's by those who may not.</summary>
internal sealed class AuthzRoutes(AuthzScene scene)
{
    private readonly List<string> _violations = [];
    private int _requests;

    public static async Task<AuthzResult> Run(AuthzScene scene)
    {
        var run = new AuthzRoutes(scene);
        using var document = JsonDocument.Parse(await scene.Owner.GetStringAsync(Routes.OpenApi));
        var routes = RoutesOf(document).ToArray();
        await run.Watch(async () =>
        {
            foreach (var route in routes)
            {
                await run.Try(route);
            }
        });
        return new AuthzResult(routes.Length, run._requests, run._violations);
    }

    private static IEnumerable<Route> RoutesOf(JsonDocument document) =>
        from path in document.RootElement.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        let keys = operation.Value.TryGetProperty("security", out var security) ? security.GetArrayLength() : 0
        let description = operation.Value.TryGetProperty("description", out var text) ? text.GetString()! : ""
        select new Route(
            operation.Name.ToUpperInvariant(),
            path.Name,
            IsPublic: keys == 0,
            NeedsMoreThanRead: description.Contains("Needs the scope '", StringComparison.Ordinal)
                && !description.Contains("Needs the scope 'read'", StringComparison.Ordinal)
        );

    /// <summary>The route once for each of those who may not, with the victim's ids; its books are the same after each.</summary>
    private async Task Try(Route route)
    {
        if (RequestOf(route) is null)
        {
            _violations.Add($"{route} has no case");
            return;
        }
        var before = await scene.Books();
        await Refused(route, scene.WithoutKey, "without a key", HttpStatusCode.Unauthorized, isRefused: !route.IsPublic);
        await Refused(route, scene.Revoked, "with a revoked key", HttpStatusCode.Unauthorized, isRefused: !route.IsPublic);
        await Refused(route, scene.Reader, "with a key that may read", HttpStatusCode.Forbidden, isRefused: route.NeedsMoreThanRead);
        await Refused(route, scene.Foreign, "from another account", null, isRefused: false);
        if (await scene.Books() is var after && after != before)
        {
            _violations.Add($"{route} changed what is the victim's:{Environment.NewLine}{before}{Environment.NewLine}{after}");
        }
    }

    private async Task Refused(Route route, HttpClient client, string how, HttpStatusCode? status, bool isRefused)
    {
        // With the victim's own key a read is no theft, and a route that reads is for that key.
        if (client == scene.Reader && !isRefused)
        {
            return;
        }
        using var request = RequestOf(route)!;
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync();
        }
        var said = $"{request.RequestUri} {(request.Content is { } body ? await body.ReadAsStringAsync() : "")}";
        _requests++;
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (isRefused && response.StatusCode != status)
        {
            _violations.Add($"{route} {how} is answered with {(int)response.StatusCode}, not {(int)status!}");
        }
        // Event streams never end; what they bring is read apart.
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            return;
        }
        var text = await response.Content.ReadAsStringAsync();
        foreach (var secret in scene.Secrets.Where(secret => !said.Contains(secret, StringComparison.OrdinalIgnoreCase)))
        {
            if (text.Contains(secret, StringComparison.OrdinalIgnoreCase))
            {
                _violations.Add($"{route} {how} tells '{secret}': {text}");
            }
        }
    }

    /// <summary>Another account watches everything, while the victim submits a job and cancels it, until it sees its own job.</summary>
    private async Task Watch(Func<Task> meanwhile)
    {
        using var stream = await scene.Foreign.GetStreamAsync($"{Routes.Events}?stream=jobs,capabilities,results,reputation,health");
        using var own = await scene.Foreign.GetStreamAsync(Routes.Events);
        await meanwhile();
        var hidden = await scene.Victim.Jobs.Submit(HttpCases.Job("victim-request-4e11", scene.Things.Program));
        await scene.Victim.Jobs.Cancel(hidden.Id);
        var thief = await Json(scene.Foreign, HttpMethod.Get, Routes.Account);
        await scene.Victim.Accounts.Credit(AccountId.Parse(thief.GetProperty("id").GetString()!), "bait", new TokenAmount(1_000));
        var bait = HttpCases.Job("bait", scene.Things.Program);
        using var submit = new HttpRequestMessage(HttpMethod.Post, Routes.Jobs)
        {
            Content = JsonContent.Create(bait, ApiJson.Default.JobRequest),
        };
        using var submitted = await scene.Foreign.SendAsync(submit);
        var id = JsonDocument.Parse(await submitted.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        await Json(scene.Foreign, HttpMethod.Post, Routes.JobCancel(JobId.Parse(id)));
        string[] secrets = [.. scene.Secrets, "victim-request-4e11", $"{hidden.Id}", $"{scene.Things.Own}"];
        await Heard(stream, "the streams of the market", id, secrets);
        await Heard(own, "the stream of its own jobs", id, secrets);
    }

    /// <summary>All that a stream brings until it tells of the bait's end.</summary>
    private async Task Heard(Stream stream, string what, string bait, string[] secrets)
    {
        using var reader = new StreamReader(stream);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var isOver = false; !isOver; )
        {
            var line = await reader.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException($"{what} ended");
            _violations.AddRange(
                from secret in secrets
                where line.Contains(secret, StringComparison.OrdinalIgnoreCase)
                select $"{what} tells another account '{secret}': {line}"
            );
            isOver = line.Contains(bait, StringComparison.Ordinal) && line.Contains("\"cancelled\"", StringComparison.Ordinal);
        }
    }

    private static async Task<JsonElement> Json(HttpClient client, HttpMethod method, string path)
    {
        using var response = await client.SendAsync(new HttpRequestMessage(method, path));
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    /// <returns>Null where the route has no case.</returns>
    private HttpRequestMessage? RequestOf(Route route)
    {
        if (HttpCases.All(scene.Things).TryGetValue($"{route.Method} {route.Path}", out var known))
        {
            return known.Request();
        }
        return $"{route.Method} {route.Path}" switch
        {
            "POST /v1/keys" => new HttpRequestMessage(HttpMethod.Post, route.Path)
            {
                Content = JsonContent.Create(new KeyRequest("stolen", [Scope.Read]), ApiJson.Default.KeyRequest),
            },
            "POST /v1/events/tickets" or "POST /v1/sign-ins" => new HttpRequestMessage(HttpMethod.Post, route.Path),
            "POST /v1/accounts" or "POST /v1/sign-ins:use" => new HttpRequestMessage(HttpMethod.Post, route.Path)
            {
                Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
            },
            _ when route.Method is "GET" or "HEAD" && Fill(route.Path) is { } path => new HttpRequestMessage(
                new HttpMethod(route.Method),
                path
            ),
            _ => null,
        };
    }

    private string? Fill(string path)
    {
        var filled = path.Replace("{job}", $"{scene.Job}", StringComparison.Ordinal)
            .Replace("{blob}", $"{scene.Things.Unwanted}", StringComparison.Ordinal)
            .Replace("{program}", $"{scene.Things.Program}", StringComparison.Ordinal)
            .Replace("{account}", $"{scene.Things.Own}", StringComparison.Ordinal)
            .Replace("{worker}", $"{HttpCases.Worker}", StringComparison.Ordinal)
            .Replace("{lease}", $"{new LeaseId(1, 1)}", StringComparison.Ordinal)
            .Replace("{ledger}", $"account.{scene.Things.Own}", StringComparison.Ordinal)
            .Replace("{epoch}", "1", StringComparison.Ordinal)
            .Replace("{number}", "1", StringComparison.Ordinal)
            .Replace("{root}", $"{default(Bytes32)}", StringComparison.Ordinal)
            .Replace("{stateKey}", "61", StringComparison.Ordinal)
            .Replace("{key}", scene.Things.Key, StringComparison.Ordinal);
        return filled.Contains('{', StringComparison.Ordinal) ? null : filled;
    }

    private sealed record Route(string Method, string Path, bool IsPublic, bool NeedsMoreThanRead)
    {
        public override string ToString() => $"{Method} {Path}";
    }
}
