using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Silo;
using Marketplace.Tests;
using Marketplace.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spec = Marketplace.GrainInterfaces.JobSpec;

namespace Marketplace.Benchmarks;

/// <summary>A whole silo without a worker in this process, so that workers may reach its grains without a socket.</summary>
internal sealed class MarketNode : IAsyncDisposable
{
    private const int BatchJobs = JobLimits.BatchJobsMax;

    private readonly TemporaryFolder _folder;
    private readonly BenchmarkNode _node;
    private readonly WebApplication _app;
    private readonly IGrainFactory _grains;
    private ProgramId _program;

    private MarketNode(TemporaryFolder folder, BenchmarkNode node, WebApplication app)
    {
        (_folder, _node, _app) = (folder, node, app);
        _grains = app.Services.GetRequiredService<IGrainFactory>();
        Link = ActivatorUtilities.CreateInstance<LocalMarketLink>(app.Services);
    }

    /// <summary>The link of any worker, in memory.</summary>
    public IMarketLink Link { get; }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Who submits.</summary>
    public IReadOnlyList<Caller> Accounts { get; private set; } = [];

    public static async Task<MarketNode> Start(int accounts)
    {
        var folder = new TemporaryFolder();
        var node = await BenchmarkNode.Make(folder.Path);
        string[] arguments = ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--worker", "false", .. node.Options];
        var app = await SiloApplication.Build(
            SiloConfiguration.Read(arguments)!,
            // A line for each lease that is over would be measured too.
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error)
        );
        await app.StartAsync();
        var market = new MarketNode(folder, node, app);
        market.Accounts = await Task.WhenAll(Enumerable.Range(0, accounts).Select(number => market.Open(new Bytes32(Name(number)))));
        await using var client = MarketplaceClient.FromDataFolder(folder.Path);
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        market._program = (await client.Programs.Deploy(module, "echo")).Id;
        return market;
    }

    /// <summary>Opens the account of a worker, which one that comes over a socket needs.</summary>
    public Task OpenFor(Ed25519KeyPair worker) => Open(worker.PublicKey);

    /// <summary>Submits so many jobs of one account, and returns when all are durable.</summary>
    public async Task<IReadOnlyList<JobId>> Submit(Caller caller, string name, int jobs)
    {
        var ids = new List<JobId>(jobs);
        foreach (var numbers in Enumerable.Range(0, jobs).Chunk(BatchJobs))
        {
            var results = await _grains
                .GetGrain<ISubmissionGrain>(0)
                .Submit(caller, [.. numbers.Select(number => new SubmitItem($"{name} {number}", Echo()))]);
            foreach (var result in results)
            {
                ids.Add(
                    result.Code is null
                        ? result.Job
                        : throw new InvalidOperationException($"A job was refused: {result.Code} {result.Message}")
                );
            }
        }
        return ids;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Caller> Open(Bytes32 id)
    {
        var account = _grains.GetGrain<IAccountGrain>(id.ToString());
        await account.Credit("benchmark", new TokenAmount(1_000_000_000_000), at: null, Authority.Silo);
        var key = await account.CreateKey(new GrainInterfaces.KeyRequest("benchmark", Scopes.Submit, null), null, Authority.Silo);
        return new Caller(new AccountId(id), key.View.Id, key.View.Scopes);
    }

    private Spec Echo() =>
        new(
            Program: _program,
            EntryPoint: null,
            Input: "hello marketplace"u8.ToArray(),
            InputBlob: null,
            Arguments: [],
            FuelMax: 10_000_000,
            MemoryPagesMax: 16,
            TimeMax: TimeSpan.FromMinutes(1),
            PriceMax: new TokenAmount(10),
            RetriesMax: 3,
            ExpiresAfter: TimeSpan.FromHours(1)
        );

    private static byte[] Name(int number)
    {
        var name = new byte[Bytes32.Size];
        Encoding.ASCII.GetBytes($"benchmark account {number}", name);
        return name;
    }
}
