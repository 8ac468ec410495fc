using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Web;

/// <summary>
/// A silo and workers of as many owners as a verdict takes: 17 jurors beside the owners of a job's three seats. Each is the worker that
/// others run, over a connection of its own, in this process. One of them signs other outputs than its runs gave.
/// </summary>
public sealed class DisputedMarket(Chromium chromium) : Market(chromium)
{
    private const int WorkerCount = 20;
    private static readonly TokenAmount PriceMax = new(60);
    private static readonly TokenAmount Stake = new(100_000);

    private readonly List<Ed25519KeyPair> _keys = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private Task _working = Task.CompletedTask;

    /// <summary>The worker that signs wrong outputs.</summary>
    public WorkerId Liar => new(_keys[0].PublicKey);

    public override async ValueTask InitializeAsync()
    {
        if (!IsUsed)
        {
            return;
        }
        await StartSilo("--worker", "false");
        _keys.AddRange(Enumerable.Range(0, WorkerCount).Select(_ => new Ed25519KeyPair(RandomNumberGenerator.GetBytes(Ed25519.SeedSize))));
        await Task.WhenAll(_keys.Select(Back));
        var working = _keys.Select(key => Serve(key, lies: key.PublicKey == Liar.Value)).ToArray();
        _working = Task.WhenAll(working.Select(worker => worker.Working));
        await Task.WhenAll(working.Select(worker => worker.Offered)).WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>An API key of the account that owns the liar.</summary>
    public async Task<string> OwnersKey()
    {
        var opened = await Client.Accounts.Open(_keys[0], cancellation: TestContext.Current.CancellationToken);
        return opened.Key;
    }

    /// <summary>
    /// Who has seats is drawn, and a dispute is listed some time after its job has ended: jobs are run, as many at once as there are
    /// workers, until one is listed.
    /// </summary>
    public async Task<JobId> Disputed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Program("echo"));
        var program = await Client.Programs.Deploy(module, "echo", cancellation: cancellation);
        for (var round = 0; ; round++)
        {
            var specs = Enumerable
                .Range(0, WorkerCount)
                .Select(number => new JobSpec
                {
                    Program = program.Id,
                    InputText = $"disputed {round} {number}",
                    FuelMax = 1_000_000,
                    PriceMax = PriceMax,
                    Assurance = Assurance.Quorum(2, 3),
                });
            await foreach (var result in Client.Jobs.RunMany(specs, cancellation: cancellation))
            {
                Assert.Equal(JobState.Completed, result.Job?.State);
            }
            if ((await Client.Disputes.ListPage(cancellation: cancellation)).Items is [var dispute, ..])
            {
                return dispute.Job;
            }
            await Task.Delay(100, cancellation);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _working;
        await base.DisposeAsync();
        _http.Dispose();
        _keys.ForEach(key => key.Dispose());
        _stop.Dispose();
    }

    /// <summary>Its account is open, and money is at stake for it.</summary>
    private async Task Back(Ed25519KeyPair key)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Client.Accounts.Credit(new AccountId(key.PublicKey), $"open {key.PublicKey}", new TokenAmount(1), cancellation: cancellation);
        await Client.Workers.Stake(new WorkerId(key.PublicKey), new StakeRequest($"stake {key.PublicKey}"[..40], Stake), cancellation);
    }

    private (Task Offered, Task Working) Serve(Ed25519KeyPair key, bool lies)
    {
        var connection = SwarmLink.Over(Client.Url, key, _http, TimeProvider.System);
        var options = new WorkerOptions
        {
            Worker = new WorkerId(key.PublicKey),
            PayTo = new AccountId(key.PublicKey),
            Slots = 1,
        };
        var log = NullLogger<WorkerAgent>.Instance;
        var agent = lies
            ? new WorkerAgent(connection.Link, options, () => LyingRuns.Of(connection.Link, options), TimeProvider.System, log)
            : new WorkerAgent(connection.Link, options, TimeProvider.System, log);
        return (agent.Offered, Work());

        async Task Work()
        {
            using var leave = new CancellationTokenSource();
            var linked = connection.Run!(leave.Token);
            await agent.Run(_stop.Token);
            await leave.CancelAsync();
            await linked;
        }
    }

    /// <summary>Runs each job as it should, and says that something else came out.</summary>
    private sealed class LyingRuns(ILeaseRuns honest) : ILeaseRuns
    {
        private static readonly byte[] Lie = "a lie"u8.ToArray();

        public static LyingRuns Of(IMarketLink link, WorkerOptions options)
        {
            var programs = new InProcessHost(options.ModuleCacheBytesMax);
            return new LyingRuns(new GuestRuns(new JobRunner(link, options, programs, null, TimeProvider.System), programs, options.Slots));
        }

        public Task Serve(LeaseBook leases, Action<FinishedRun> finish) =>
            honest.Serve(leases, run => finish(run with { Result = run.Result with { Output = Lie, OutputSize = Lie.Length } }));

        public long Rest(TimeSpan idle) => honest.Rest(idle);

        public void Dispose() => honest.Dispose();
    }
}
