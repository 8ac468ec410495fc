using System.Net;
using System.Text;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>Two built silos, the built command line, one database.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SilosThatStartAtOnce_MakeOneAccount_AndServeItAlike()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var silos = await cluster.Start(Cancellation, "one", "two");

        var first = Assert.Single(silos, silo => File.Exists(Path.Combine(silo.Folder, "key")));
        Assert.Single(silos, silo => File.Exists(Path.Combine(silo.Folder, "account.key")));
        foreach (var silo in silos)
        {
            var (code, output, error) = await CommandLine.Run(
                silo.Folder,
                "job",
                "run",
                CommandLine.Program("echo"),
                "--text",
                "hello",
                "--url",
                Url(silo),
                "--key",
                Key(first)
            );
            Assert.Equal((0, "HELLO", ""), (code, output, error));
        }
        using var other = Client(silos.Single(silo => silo != first), first);
        Assert.Equal(TokenAmount.Zero, (await other.Account.Get(Cancellation)).Held);
        Assert.Equal(2, await other.Jobs.List(JobState.Completed, cancellation: Cancellation).CountAsync(Cancellation));
        var books = await FreshBooks.Of(other, Cancellation);
        Assert.Equal((BooksState.Sound, null), (books.State, books.Violations));
        Assert.False(books.Sums!.Credited.IsZero);
    }

    [Fact]
    public async Task JobOfOneSilo_IsAnEventOfTheOther()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var first = Assert.Single(await cluster.Start(Cancellation, "one"));
        var second = Assert.Single(await cluster.Start(Cancellation, "two"));
        using var there = Client(second, first);
        var open = new TaskCompletionSource();
        var heard = Heard();
        await open.Task.WaitAsync(Cancellation);

        await CommandLine.Run(
            first.Folder,
            "job",
            "run",
            CommandLine.Program("echo"),
            "--text",
            "hello",
            "--data",
            first.Folder,
            "--request-id",
            "heard"
        );

        Assert.Equal("HELLO", await heard);

        async Task<string> Heard()
        {
            await foreach (var ended in there.Events.Jobs(open.SetResult, Cancellation))
            {
                if (ended.RequestId == "heard")
                {
                    return Encoding.UTF8.GetString(ended.Output!.Inline!.Value.Span);
                }
            }
            return "";
        }
    }

    [Fact]
    public async Task KilledSilo_LeavesTheOtherServing_AndComesBack()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var first = Assert.Single(await cluster.Start(Cancellation, "one"));
        var second = Assert.Single(await cluster.Start(Cancellation, "two"));
        var key = Key(first);
        await Run(first, key, "before");

        // The first one has the market: it started alone. Until its death is noticed, requests are refused, and the same request is sent
        // again.
        await first.Kill();
        while (!await TryRun(second, key, "without"))
        {
            Cancellation.ThrowIfCancellationRequested();
        }
        await cluster.Start(Cancellation, "one");
        await second.Stop(Cancellation);

        using var client = MarketplaceClient.FromDataFolder(cluster.FolderOf("one"));
        Assert.Equal(2, await client.Jobs.List(JobState.Completed, cancellation: Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task SilosThatJoinStopAndDie_AreNamedInTheLogsOfTheOthers()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var first = Assert.Single(await cluster.Start(Cancellation, "one"));
        var second = Assert.Single(await cluster.Start(Cancellation, "two"));
        await Says(first, "Silo two is in the cluster");

        Assert.Equal(0, await second.Stop(Cancellation));
        Assert.Contains("Silo two has stopped", second.Output, StringComparison.Ordinal);
        await Says(first, "Silo two has stopped, as it was asked to");

        var third = Assert.Single(await cluster.Start(Cancellation, "three"));
        await Says(first, "Silo three is in the cluster");
        await third.Kill();
        await Says(first, "Silo three is dead, ");
    }

    [Fact]
    public async Task FrozenSilo_IsGivenUp_AndEndsWithOneLineAndACodeWhenItWakes()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var first = Assert.Single(await cluster.Start(Cancellation, "one"));
        var second = Assert.Single(await cluster.Start(Cancellation, "two"));
        await Says(first, "Silo two is in the cluster");

        await second.Freeze();
        await Says(first, "Silo two is dead, ");
        await second.Thaw();

        Assert.Equal(DeclaredDead.ExitCode, await second.Ended(Cancellation));
        var line = Assert.Single(
            second.Output.Split(Environment.NewLine),
            line => line.Contains("given this one up", StringComparison.Ordinal)
        );
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line);
        Assert.DoesNotContain("FATAL EXCEPTION", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FailFast", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SiloWithAWrongBlobFolder_DoesNotStart_AndOneThatLosesItsFolderIsNotReadyUntilItIsBack()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var first = Assert.Single(await cluster.Start(Cancellation, "one"));
        await using (
            var wrong = SiloProcess.Launch(
                cluster.FolderOf("two"),
                "--database",
                cluster.Database,
                "--silo-port",
                "0",
                "--blob-folder",
                cluster.FolderOf("unmounted")
            )
        )
        {
            var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => wrong.Ready(Cancellation));
            Assert.Contains("it is not mounted", ended.Message, StringComparison.Ordinal);
        }

        using var client = MarketplaceClient.FromDataFolder(first.Folder);
        Directory.Move(cluster.Blobs, cluster.Blobs + "-away");
        await IsAtLast(client, "unavailable");
        await Says(first, "Lost the blob folder");
        Directory.Move(cluster.Blobs + "-away", cluster.Blobs);
        await IsAtLast(client, "ready");
        await Says(first, "the blob folder. This silo is ready again");
    }

    [Fact]
    public async Task SiloWhoseBlobFolderStaysAway_LeavesTheCluster_WithOneLineAndACode()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var silo = Assert.Single(await cluster.Start(Cancellation, "one"));
        Directory.Move(cluster.Blobs, cluster.Blobs + "-away");

        Assert.Equal(4, await silo.Ended(Cancellation));
        Assert.Single(
            silo.Output.Split(Environment.NewLine),
            line => line.Contains("This silo leaves the cluster", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task SiloWithoutItsDatabase_IsNotReady_AndReadyWhenItIsBack()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var silo = Assert.Single(await cluster.Start(Cancellation, "one"));
        using var client = MarketplaceClient.FromDataFolder(silo.Folder);

        cluster.Server.Pause();
        try
        {
            await IsAtLast(client, "unavailable");
        }
        finally
        {
            cluster.Server.Resume();
        }

        await IsAtLast(client, "ready");
        await Says(silo, "Lost the database: ");
        await Says(silo, "the database. This silo is ready again");
    }

    [Fact]
    public async Task Dashboard_IsServedOnlyWhereItIsAskedFor()
    {
        await using var cluster = await ClusterOfSilos.Make();
        var silo = Assert.Single(await cluster.Start(Cancellation, "one"));
        using var http = new HttpClient { BaseAddress = new Uri(Url(silo)) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key(silo));

        using var answer = await http.GetAsync("/orleans/", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Dashboard_IsForAdminKeysOnly()
    {
        await using var cluster = await ClusterOfSilos.Make("--dashboard", "true");
        var silo = Assert.Single(await cluster.Start(Cancellation, "one"));
        var (_, made, _) = await CommandLine.Run(
            silo.Folder,
            "key",
            "create",
            "reader",
            "--scope",
            "read",
            "--data",
            silo.Folder,
            "--json"
        );
        var reader = System.Text.Json.JsonDocument.Parse(made).RootElement.GetProperty("key").GetString()!;
        using var http = new HttpClient { BaseAddress = new Uri(Url(silo)) };

        using var refused = await http.GetAsync("/orleans/", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Basic", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        Assert.Equal(HttpStatusCode.Forbidden, await Status($"Bearer {reader}"));
        Assert.Equal(HttpStatusCode.OK, await Status($"Bearer {Key(silo)}"));
        Assert.Equal(HttpStatusCode.OK, await Status(Login(Key(silo))));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(Login(Key(silo)), "/v1/account"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(Login(Key(silo)), host: "evil.example"));

        async Task<HttpStatusCode> Status(string authorization, string path = "/orleans/", string? host = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            request.Headers.Host = host;
            using var answer = await http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }

        static string Login(string key) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"operator:{key}"))}";
    }

    private static async Task Run(SiloProcess silo, string key, string text) => Assert.True(await TryRun(silo, key, text));

    /// <returns>False where the service asks to try again.</returns>
    private static async Task<bool> TryRun(SiloProcess silo, string key, string text)
    {
        var (code, output, error) = await CommandLine.Run(
            silo.Folder,
            "job",
            "run",
            CommandLine.Program("echo"),
            "--text",
            text,
            "--url",
            Url(silo),
            "--key",
            key,
            "--request-id",
            text,
            "--max-price",
            "1000"
        );
        if (code != 0)
        {
            Assert.True(error.Contains("again", StringComparison.Ordinal), error);
        }
        else
        {
            Assert.Equal(text.ToUpperInvariant(), output);
        }
        return code == 0;
    }

    /// <summary>Asks at the pace of an operator's probe: a silo refuses an address that asks thousands of times a second.</summary>
    private static async Task IsAtLast(MarketplaceClient client, string status)
    {
        while ((await client.Health.Ready(Cancellation)).Status != status)
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private static async Task Says(SiloProcess silo, string line)
    {
        // What a process writes arrives some time after it was written; there is nothing to wait on but the text itself.
        while (!silo.Output.Contains(line, StringComparison.Ordinal))
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private static string Url(SiloProcess silo) => File.ReadAllText(Path.Combine(silo.Folder, "url")).Trim();

    private static string Key(SiloProcess silo) => File.ReadAllText(Path.Combine(silo.Folder, "key")).Trim();

    private static MarketplaceClient Client(SiloProcess silo, SiloProcess first) =>
        new(new MarketplaceClientOptions { Url = new Uri(Url(silo)), Key = Key(first) });
}
