using System.Net.Http.Headers;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Tests;
using Marketplace.Verify.Idempotency;

namespace Marketplace.Verify.Authz;

/// <summary>A real silo with an account that has something to hide, and another one that wants to know.</summary>
internal sealed class AuthzScene : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly List<IDisposable> _clients = [];
    private SiloProcess _silo = null!;

    /// <summary>What only the victim may see: contents and ids.</summary>
    public List<string> Secrets { get; } = ["victim-input-91bc", "victim-request-7f3a", "victim-blob-55d0", "victim-key-3d1e"];

    public Uri Url { get; private set; } = null!;

    public HttpCases.Things Things { get; private set; } = null!;

    /// <summary>A job that waits.</summary>
    public JobId Job { get; private set; }

    public MarketplaceClient Victim { get; private set; } = null!;

    /// <summary>Of the victim, with all scopes.</summary>
    public HttpClient Owner { get; private set; } = null!;

    public HttpClient WithoutKey { get; private set; } = null!;

    public HttpClient Revoked { get; private set; } = null!;

    public HttpClient Reader { get; private set; } = null!;

    /// <summary>Another account, with all that accounts may have.</summary>
    public HttpClient Foreign { get; private set; } = null!;

    /// <param name="isOwner">The other account is none: it has the victim's key.</param>
    public static async Task<AuthzScene> Start(bool isOwner = false)
    {
        var scene = new AuthzScene();
        // Without a worker of its own: jobs wait, so only requests change anything.
        scene._silo = await SiloProcess.Start(scene._data.Path, CancellationToken.None, "--worker", "false");
        await scene.Prepare();
        scene.Foreign = isOwner ? scene.Owner : scene.Foreign;
        return scene;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
        await _silo.DisposeAsync();
        _data.Dispose();
    }

    public HttpClient ClientOf(string? key)
    {
        var client = new HttpClient { BaseAddress = Url };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        _clients.Add(client);
        return client;
    }

    /// <summary>All that the victim can see of its own.</summary>
    public async Task<string> Books()
    {
        var parts = new List<string>();
        foreach (
            var route in new[]
            {
                Routes.Account,
                Routes.AccountRefusals,
                Routes.Jobs,
                Routes.Job(Job),
                Routes.Blobs,
                Routes.Keys,
                Routes.Programs,
                Routes.WorkerReputation(HttpCases.Worker),
            }
        )
        {
            parts.Add(await Owner.GetStringAsync(route));
        }
        return string.Join(Environment.NewLine, parts);
    }

    /// <summary>The money of ended jobs is on its way for a moment; that which is at stake stays on hold.</summary>
    public async Task Settle()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (
            await Victim.Account.Get(patience.Token) is var account
            && (account.Held != HttpCases.Unwanted.Amount || !account.UnderWay.IsZero)
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }
    }

    private async Task Prepare()
    {
        Url = new Uri((await File.ReadAllTextAsync(Path.Combine(_data.Path, "url"))).Trim());
        Owner = ClientOf((await File.ReadAllTextAsync(Path.Combine(_data.Path, "key"))).Trim());
        WithoutKey = ClientOf(null);
        Victim = _silo.Client();
        _clients.Add(Victim);
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = await Victim.Programs.Deploy(module, "echo");
        module.Position = 0;
        var unwanted = await Victim.Programs.Deploy(module, "unwanted", Encoding.UTF8.GetBytes("unwanted"));
        var blob = await Victim.Blobs.Put(Encoding.UTF8.GetBytes(Secrets[2]));
        var job = await Victim.Jobs.Submit(HttpCases.Job(Secrets[1], program.Id) with { InputText = Secrets[0] });
        Job = job.Id;
        await Victim.Workers.Stake(HttpCases.Worker, HttpCases.Unwanted);
        var key = await Victim.Keys.Create(new KeyRequest(Secrets[3], [Scope.Read]));
        Things = new HttpCases.Things(
            Module: program.Module,
            Program: program.Id,
            Stateful: await HttpCases.DeployStateful(Victim),
            Unwanted: blob.Id,
            UnwantedProgram: unwanted.Id,
            Cancelled: Job,
            Key: key.Details.Id,
            Own: (await Victim.Account.Get()).Id,
            Payee: new AccountId(program.Id.Value)
        );
        Secrets.AddRange([$"{Job}", $"{blob.Id}", key.Details.Id]);
        Reader = ClientOf(key.Key);
        var revoked = await Victim.Keys.Create(new KeyRequest("revoked", Enum.GetValues<Scope>()));
        Revoked = ClientOf(revoked.Key);
        await Victim.Keys.Revoke(revoked.Details.Id);
        using var thief = new Ed25519KeyPair([.. Enumerable.Repeat((byte)0xBA, Ed25519.SeedSize)]);
        Foreign = ClientOf((await Victim.Accounts.Open(thief)).Key);
        // What the gateway trusted before the revocation is asked again after some seconds.
        while ((await Revoked.GetAsync(Routes.Account)).IsSuccessStatusCode)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }
}
