using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Receipts;
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
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryFolder _folder;
    private readonly BenchmarkNode _node;
    private readonly WebApplication _app;
    private readonly IGrainFactory _grains;
    private readonly MarketplaceClient _client;
    private ProgramId _program;

    private MarketNode(TemporaryFolder folder, BenchmarkNode node, WebApplication app)
    {
        (_folder, _node, _app) = (folder, node, app);
        _grains = app.Services.GetRequiredService<IGrainFactory>();
        _client = MarketplaceClient.FromDataFolder(folder.Path);
        Link = ActivatorUtilities.CreateInstance<LocalMarketLink>(app.Services);
    }

    /// <summary>The link of any worker, in memory.</summary>
    public IMarketLink Link { get; }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Who submits.</summary>
    public IReadOnlyList<Caller> Accounts { get; private set; } = [];

    /// <param name="accounts">How many accounts submit.</param>
    /// <param name="options">Of the silo, beside those that every measurement has.</param>
    public static async Task<MarketNode> Start(int accounts, params string[] options)
    {
        var folder = new TemporaryFolder();
        var node = await BenchmarkNode.Make(folder.Path);
        string[] arguments = ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--worker", "false", .. node.Options, .. options];
        var app = await SiloApplication.Build(
            SiloConfiguration.Read(arguments)!,
            // A line for each lease that is over would be measured too.
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error)
        );
        await app.StartAsync();
        var market = new MarketNode(folder, node, app);
        market.Accounts = await Task.WhenAll(Enumerable.Range(0, accounts).Select(number => market.Open(new Bytes32(Name(number)))));
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        market._program = (await market._client.Programs.Deploy(module, "echo")).Id;
        return market;
    }

    /// <summary>Opens the account of a worker, which one that comes over a socket needs.</summary>
    public Task OpenFor(Ed25519KeyPair worker) => Open(worker.PublicKey);

    /// <summary>The same, with what members of committees need at stake.</summary>
    public async Task OpenWithStake(Ed25519KeyPair worker) =>
        await _grains
            .GetGrain<IReputationGrain>(ReputationKeys.OfWorker(new WorkerId(worker.PublicKey)))
            .Stake(await Open(worker.PublicKey), new GrainInterfaces.StakeRequest("benchmark", new EpochTerms().StakeMin));

    /// <summary>Completes when so many workers are members of the epoch.</summary>
    public async Task HasMembers(int members, CancellationToken cancellation)
    {
        var committees = _grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
        while (await committees.GetCurrent() is not { } epoch || epoch.Drawn.Length < members)
        {
            await Task.Delay(LookEvery, cancellation);
        }
    }

    /// <summary>Completes when each job has ended and is settled.</summary>
    public async Task Settled()
    {
        foreach (var account in Accounts)
        {
            while ((await _grains.GetGrain<IAccountGrain>(account.Account.ToString()).Get()).OpenJobs > 0)
            {
                await Task.Delay(LookEvery);
            }
        }
    }

    /// <summary>What the jobs of one account, which have ended, have cost in the mean.</summary>
    /// <exception cref="BenchmarkException">One of them has not completed.</exception>
    public async Task<double> MeanPrice(Caller caller, IReadOnlyList<JobId> jobs)
    {
        var paid = TokenAmount.Zero;
        foreach (var job in jobs)
        {
            var view = await _grains.GetGrain<IJobGrain>(job.ToString()).Get(caller);
            paid +=
                view.Status == JobStatus.Completed
                    ? view.Charge
                    : throw new BenchmarkException($"Job {job} is {view.Status}: {view.Reason}");
        }
        return (double)paid.BaseUnits / jobs.Count;
    }

    public async Task<ReceiptFile> Receipt(Caller caller, JobId job) =>
        ReceiptFile.Parse((await _grains.GetGrain<IJobGrain>(job.ToString()).GetReceipt(caller)).Span);

    /// <summary>Submits so many jobs of one account, and returns when all are durable.</summary>
    public async Task<IReadOnlyList<JobId>> Submit(Caller caller, string name, int jobs, Assurance assurance = default)
    {
        var ids = new List<JobId>(jobs);
        foreach (var numbers in Enumerable.Range(0, jobs).Chunk(BatchJobs))
        {
            var results = await _grains
                .GetGrain<ISubmissionGrain>(0)
                .Submit(caller, [.. numbers.Select(number => new SubmitItem($"{name} {number}", Echo(assurance)))]);
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
        await _client.DisposeAsync();
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

    private Spec Echo(Assurance assurance) =>
        new(
            Program: _program,
            EntryPoint: null,
            Input: "hello marketplace"u8.ToArray(),
            InputBlob: null,
            Arguments: [],
            FuelMax: 10_000_000,
            MemoryPagesMax: 16,
            TimeMax: TimeSpan.FromMinutes(1),
            PriceMax: new TokenAmount(10 * (UInt128)assurance.Seats),
            RetriesMax: 3,
            ExpiresAfter: TimeSpan.FromHours(1),
            Assurance: assurance
        );

    private static byte[] Name(int number)
    {
        var name = new byte[Bytes32.Size];
        Encoding.ASCII.GetBytes($"benchmark account {number}", name);
        return name;
    }
}
