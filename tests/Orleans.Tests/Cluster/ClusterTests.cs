using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Silo;

namespace Marketplace.Tests.Orleans.Cluster;

/// <summary>The grains on Orleans: what a job needs of them arrives, and so does what they refuse.</summary>
[Collection(ClusterFixture.Name)]
public sealed class ClusterTests(ClusterFixture cluster)
{
    private static readonly UInt128 Credit = 1_000_000;

    /// <summary>Milliseconds after which what a test waits for will not come any more.</summary>
    private const int Patience = 60_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Job_IsHeldRunSettledAndShown()
    {
        var caller = await OpenAccount("client");
        var program = await Deploy(caller);
        var results = await cluster.Client.GetGrain<ISubmissionGrain>(0).Submit(caller, [Item("one", program), Item("two", program)]);
        Assert.Equal([null, null], results.Select(result => result.Code));
        var worker = await Worker.Register(cluster, "worker");

        await worker.Run(jobs: 2);

        var job = cluster.Client.GetGrain<IJobGrain>(results[0].Job.ToString());
        var view = await job.WaitEnded(caller, TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(JobStatus.Completed, view.Status);
        Assert.Equal("out", Encoding.UTF8.GetString(view.Output.Inline.Span));
        Assert.Equal(worker.Id, view.Worker);
        Assert.Equal(
            [JobStatus.Pending, JobStatus.Matched, JobStatus.Running, JobStatus.Completed],
            view.History.Select(step => step.Status).Distinct()
        );
        Assert.Equal("log", Encoding.UTF8.GetString((await job.GetLog(caller)).Span));
        Assert.Contains((await job.Explain(caller)).Offers, offer => offer.Won);

        var payer = cluster.Client.GetGrain<IAccountGrain>(caller.Account.ToString());
        var settlements = await Task.WhenAll(
            results.Select(async result =>
                (await cluster.Client.GetGrain<IJobGrain>(result.Job.ToString()).GetSettlement(Authority.Account))!
            )
        );
        await payer.Settle([.. settlements], Authority.Market);
        var account = await payer.Get();
        Assert.Equal((0, TokenAmount.Zero, new TokenAmount(10)), (account.OpenJobs, account.Held, account.Spent));
    }

    [Fact(Timeout = Patience)]
    public async Task EndedJob_ReachesWhoReadsTheResults()
    {
        var board = cluster.Client.GetGrain<IResultsBoardGrain>(MarketStreams.Key);
        var place = (await board.Read(null, Stop)).Place;
        var caller = await OpenAccount("listener");
        var submitted = await cluster.Client.GetGrain<ISubmissionGrain>(0).Submit(caller, [Item("heard", await Deploy(caller))]);
        await (await Worker.Register(cluster, "worker")).Run(jobs: 1);

        EndedJob? heard = null;
        while (heard is null)
        {
            var page = await board.Read(place, Stop);
            heard = page.Ended.SelectMany(ended => ended.Jobs).SingleOrDefault(job => job.Job == submitted[0].Job);
            place = page.Place;
        }

        Assert.Equal(
            (caller.Account, "heard", JobStatus.Completed, 500_000),
            (heard.Account, heard.RequestId, heard.Status, heard.FuelUsed)
        );
        Assert.Equal("out", Encoding.UTF8.GetString(heard.Output.Inline.Span));
    }

    [Fact(Timeout = Patience)]
    public async Task News_ReachWhoReadsThem()
    {
        var board = cluster.Client.GetGrain<INewsBoardGrain>(MarketStreams.Key);
        var place = (await board.Read(MarketStreams.Jobs, null, Stop)).Place;
        Assert.Equal([MarketStreams.Jobs], (await board.GetListened()).AsEnumerable());
        var caller = await OpenAccount("watcher");
        var submitted = await cluster.Client.GetGrain<ISubmissionGrain>(0).Submit(caller, [Item("seen", await Deploy(caller))]);

        NewsItem? seen = null;
        while (seen is null)
        {
            var page = await board.Read(MarketStreams.Jobs, place, Stop);
            seen = page.News.SelectMany(news => news.Items).FirstOrDefault(item => item.Job == submitted[0].Job);
            place = page.Place;
        }

        Assert.Equal((NewsKind.Queued, caller.Account, "seen"), (seen.Kind, seen.Account!.Value, seen.RequestId));
    }

    [Fact]
    public async Task Refusal_ArrivesWithItsCode()
    {
        var unknown = IdDerivation.Program(IdDerivation.Blob("nothing"u8), default);

        var refusal = await Assert.ThrowsAsync<MarketException>(() => cluster.Client.GetGrain<IProgramGrain>(unknown.ToString()).Get());

        Assert.Equal(ErrorCode.ProgramNotFound, refusal.Code);
        Assert.Contains(unknown.ToString(), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedRead_IsARefusalThatSaysSo()
    {
        var refusal = await Assert.ThrowsAsync<MarketException>(() => cluster.Client.GetGrain<IWorkerGrain>(UnreadableDocuments.Id).Get());

        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
    }

    [Fact]
    public async Task Absence_ArrivesAsNull()
    {
        var blob = IdDerivation.Blob("nobody has this"u8);

        Assert.Null(await cluster.Client.GetGrain<IBlobGrain>(blob.ToString()).Find(default));
        Assert.Null(await cluster.Client.GetGrain<IMarketGrain>("nowhere").Explain(default));
        Assert.Null(
            await cluster
                .Client.GetGrain<IStateGrain>(default(ProgramId).ToString())
                .Read((await cluster.Client.GetGrain<IStateGrain>(default(ProgramId).ToString()).Begin(default)).Root, "key"u8.ToArray())
        );
    }

    [Fact]
    public async Task CancelledWait_ReachesTheGrain()
    {
        var caller = await OpenAccount("waiting");
        var program = await Deploy(caller);
        var cheap = new SubmitItem("waits", Spec(program) with { PriceMax = FuelPrice.Least });
        var job = (await cluster.Client.GetGrain<ISubmissionGrain>(0).Submit(caller, [cheap]))[0].Job;
        using var giveUp = new CancellationTokenSource();

        var waiting = cluster.Client.GetGrain<IJobGrain>(job.ToString()).WaitEnded(caller, MarketLimits.WaitMax, giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(JobStatus.Cancelled, (await cluster.Client.GetGrain<IJobGrain>(job.ToString()).Cancel(caller)).Status);
    }

    private static SubmitItem Item(string requestId, ProgramId program) => new(requestId, Spec(program));

    private static JobSpec Spec(ProgramId program) =>
        new(
            Program: program,
            EntryPoint: null,
            Input: "in"u8.ToArray(),
            InputBlob: null,
            Arguments: [],
            FuelMax: 1_000_000,
            MemoryPagesMax: 16,
            TimeMax: TimeSpan.FromSeconds(10),
            PriceMax: new TokenAmount(100),
            RetriesMax: 2,
            ExpiresAfter: TimeSpan.FromMinutes(10)
        );

    private async Task<Caller> OpenAccount(string name)
    {
        var id = new AccountId(Blake3.Hash(Encoding.UTF8.GetBytes(name)));
        var account = cluster.Client.GetGrain<IAccountGrain>(id.ToString());
        await account.Credit("first", new TokenAmount(Credit), at: null, Authority.Silo);
        var created = await account.CreateKey(
            new GrainInterfaces.KeyRequest("test", Scopes.Read | Scopes.Submit | Scopes.Deploy, null),
            null,
            Authority.Silo
        );
        Assert.True(ApiKey.TryParse(created.Key, out var key));
        var caller = await cluster.Client.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash);
        Assert.Equal(new Caller(id, key.Id, created.View.Scopes), caller);
        return caller!;
    }

    private async Task<ProgramId> Deploy(Caller caller)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo.wasm"));
        var stored = await cluster.Blobs.Put(module, module.Length, cancellation: Stop);
        await cluster.Client.GetGrain<IBlobGrain>(stored.Id.ToString()).Pin(caller.Account, stored.Size, caller, Authority.Gateway);
        var program = IdDerivation.Program(stored.Id, default);
        var view = await cluster
            .Client.GetGrain<IProgramGrain>(program.ToString())
            .Deploy(caller, new ProgramDeployment(stored.Id, default, "echo"));
        Assert.Equal((program, "wasi_command"), (view.Id, view.Abi));
        return program;
    }

    private sealed record Worker(WorkerId Id, IMarketGrain Market, long Start)
    {
        private long _sequence;

        public static async Task<Worker> Register(ClusterFixture cluster, string name)
        {
            var key = Blake3.Hash(Encoding.UTF8.GetBytes(name));
            var id = new WorkerId(key);
            var start = await cluster
                .Client.GetGrain<IWorkerGrain>(id.ToString())
                .Register(
                    new WorkerOffer(
                        Worker: id,
                        PayTo: new AccountId(key),
                        PricePerMillionFuel: new TokenAmount(10),
                        Slots: 4,
                        MemoryPagesMax: MarketLimits.MemoryPagesMax
                    )
                );
            return new Worker(id, cluster.Client.GetGrain<IMarketGrain>(MarketLimits.DefaultClass), start);
        }

        public async Task Run(int jobs)
        {
            while (jobs > 0)
            {
                var orders = await Market.Poll(new WorkerPoll(Id, Start, ++_sequence, LeasesMax: 4), Stop);
                Assert.True(orders.Known);
                if (orders.Leases.IsEmpty)
                {
                    continue;
                }
                await Market.Report(Id, [.. orders.Leases.Select(Completed)]);
                jobs -= orders.Leases.Length;
            }
        }

        private static LeaseReport Completed(Lease lease) =>
            new(
                Lease: lease.Id,
                Job: lease.Ticket.Job,
                Outcome: RunOutcome.Completed,
                Reason: null,
                FuelUsed: 500_000,
                Output: new GrainInterfaces.JobOutput("out"u8.ToArray(), null, 3),
                Log: "log"u8.ToArray(),
                StateChanges: ImmutableArray<StateChange>.Empty,
                StartedAt: lease.Ticket.SubmittedAt,
                EndedAt: lease.Ticket.SubmittedAt
            );
    }
}
