using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Verify.Idempotency;

/// <summary>What came of repeating every request that changes something.</summary>
internal sealed record HttpRepeatResult(int Routes, int Classified, int NeverRepeated, int Requests, IReadOnlyList<string> Violations);

/// <summary>
/// The real silo, whose API says itself which routes change something. Each is sent ten times in turn, ten times at once, and again after
/// the silo was stopped and started: everything that the account can see is as after the first time, and the answers are equal.
/// </summary>
internal sealed class HttpRepeats
{
    private const int Times = 10;
    private static readonly TimeSpan RestWithin = TimeSpan.FromSeconds(10);
    private static readonly string[] Reads = ["get", "head", "options"];

    private readonly List<string> _violations = [];
    private readonly Dictionary<string, string> _answers = [];
    private int _requests;

    public static async Task<HttpRepeatResult> Run()
    {
        using var data = new TemporaryFolder();
        var repeats = new HttpRepeats();
        HttpCases.Things things;
        IReadOnlyList<string> routes;
        string books;
        await using (var silo = await Start(data.Path))
        {
            using var client = Client(data.Path);
            things = await Prepare(silo);
            routes = await ChangingRoutes(client);
            foreach (var (name, subject) in HttpCases.All(things))
            {
                await repeats.Send(client, name, subject);
            }
            books = await Books(client);
            await silo.Stop(CancellationToken.None);
        }

        await using (await Start(data.Path))
        {
            using var client = Client(data.Path);
            foreach (var (name, subject) in HttpCases.All(things))
            {
                await repeats.SendAll(client, name, subject, Times, together: false);
            }
            await repeats.Expect(client, books, "after a restart");
        }

        var known = HttpCases.All(things).Keys.Concat(HttpCases.NeverRepeated).ToHashSet(StringComparer.Ordinal);
        repeats._violations.AddRange(routes.Except(known).Select(route => $"{route} has no case"));
        repeats._violations.AddRange(known.Except(routes).Select(route => $"{route} is no route"));
        return new HttpRepeatResult(
            routes.Count,
            routes.Count(known.Contains),
            HttpCases.NeverRepeated.Count,
            repeats._requests,
            repeats._violations
        );
    }

    /// <summary>Without a worker: jobs wait, so nothing but the requests changes anything.</summary>
    private static Task<SiloProcess> Start(string folder) => SiloProcess.Start(folder, CancellationToken.None, "--worker", "false");

    private static HttpClient Client(string folder)
    {
        var client = new HttpClient { BaseAddress = new Uri(File.ReadAllText(Path.Combine(folder, "url")).Trim()) };
        var key = File.ReadAllText(Path.Combine(folder, "key")).Trim();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<HttpCases.Things> Prepare(SiloProcess silo)
    {
        await using var client = silo.Client();
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = await client.Programs.Deploy(module, "echo");
        var unwanted = await client.Blobs.Put("unwanted"u8.ToArray());
        module.Position = 0;
        var unwantedProgram = await client.Programs.Deploy(module, "unwanted", Encoding.UTF8.GetBytes("unwanted"));
        var cancelled = await client.Jobs.Submit(HttpCases.Job("cancelled", program.Id));
        var key = await client.Keys.Create(new KeyRequest("revoked", [Scope.Read]));
        var payee = new AccountId(program.Id.Value);
        await client.Accounts.Credit(payee, "first", new TokenAmount(1));
        await client.Workers.Stake(HttpCases.Worker, HttpCases.Unwanted);
        return new HttpCases.Things(
            Module: program.Module,
            Program: program.Id,
            Stateful: await HttpCases.DeployStateful(client),
            Unwanted: unwanted.Id,
            UnwantedProgram: unwantedProgram.Id,
            Cancelled: cancelled.Id,
            Key: key.Details.Id,
            Own: (await client.Account.Get()).Id,
            Payee: payee
        );
    }

    private static async Task<IReadOnlyList<string>> ChangingRoutes(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        return
        [
            .. from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where !Reads.Contains(operation.Name)
            select $"{operation.Name.ToUpperInvariant()} {path.Name}",
        ];
    }

    private static async Task<string> Books(HttpClient client)
    {
        // A transfer arrives behind its answer.
        while (!(await client.GetStringAsync(Routes.Account)).Contains("\"underWay\":\"0\"", StringComparison.Ordinal)) { }
        var parts = new List<string>();
        foreach (
            var route in new[]
            {
                Routes.Account,
                Routes.AccountRefusals,
                Routes.Jobs,
                Routes.Blobs,
                Routes.Keys,
                Routes.Programs,
                Routes.WorkerReputation(HttpCases.Worker),
                Routes.SiloLogLevels,
                $"{Routes.Admissions}?{Routes.State}=admitted",
            }
        )
        {
            parts.Add(await client.GetStringAsync(route));
        }
        using var programs = JsonDocument.Parse(await client.GetStringAsync(Routes.Programs));
        foreach (var program in programs.RootElement.GetProperty("items").EnumerateArray())
        {
            parts.Add(await client.GetStringAsync(Routes.ProgramState(ProgramId.Parse(program.GetProperty("id").GetString()!))));
        }
        return string.Join(Environment.NewLine, parts);
    }

    private async Task Send(HttpClient client, string name, HttpCase subject)
    {
        var before = await Books(client);
        await SendAll(client, name, subject, 1, together: false);
        var once = await Books(client);
        if (subject.Changes == (before == once))
        {
            _violations.Add($"{name} {(subject.Changes ? "has no effect" : "has an effect")}");
        }
        await SendAll(client, name, subject, Times - 1, together: false);
        await Expect(client, once, $"after {name} {Times} times");
        await SendAll(client, name, subject, Times, together: true);
        await Expect(client, once, $"after {name} {Times} times at once");
    }

    private async Task SendAll(HttpClient client, string name, HttpCase subject, int times, bool together)
    {
        for (var left = times; left > 0; )
        {
            var count = together ? left : 1;
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Answer(client, subject))))
            {
                _requests++;
                // That a thing which was to go is gone says the same as that it went.
                var isGone = answer == nameof(HttpStatusCode.NotFound) && name.StartsWith("DELETE", StringComparison.Ordinal);
                if (!isGone && _answers.TryAdd(name, answer) == false && _answers[name] != answer)
                {
                    _violations.Add($"{name} answered '{_answers[name]}' and '{answer}'");
                }
            }

            left -= count;
        }
    }

    private static async Task<string> Answer(HttpClient client, HttpCase subject)
    {
        using var request = subject.Request();

        // A body of unknown length is charged as the longest there may be, and ten of those at once are more than an account's part.
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync();
        }
        using var response = await client.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            return response.StatusCode.ToString();
        }
        var text = await response.Content.ReadAsStringAsync();
        if (text.Length == 0)
        {
            return "";
        }
        using var body = JsonDocument.Parse(text);
        return subject.Learn(body.RootElement);
    }

    /// <summary>What is released behind the answer, as a hold that turned out to be superfluous, has its moment.</summary>
    private async Task Expect(HttpClient client, string books, string when)
    {
        using var limit = new CancellationTokenSource(RestWithin);
        string seen;
        while ((seen = await Books(client)) != books)
        {
            if (limit.IsCancellationRequested)
            {
                _violations.Add(
                    $"{when} the account shows{Environment.NewLine}{seen}{Environment.NewLine}instead of{Environment.NewLine}{books}"
                );
                return;
            }
        }
    }
}
