using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Tests.Worker.Voting;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>A running worker on a fake market, stopped at the end of the test.</summary>
internal sealed class WorkerFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly Task _run;

    /// <param name="member">Serves in committees.</param>
    /// <param name="domain">The market's; null: one that settles nowhere.</param>
    public WorkerFixture(
        bool encoded = false,
        int slots = 2,
        IsolationKind isolation = IsolationKind.None,
        CacheOptions? cache = null,
        CommitteeScene? member = null,
        MarketDomain? domain = null
    )
    {
        Market = domain is null ? new FakeMarket() : new FakeMarket { Domain = domain };
        var options = new WorkerOptions
        {
            Worker = member?.Worker ?? new WorkerId(default),
            PayTo = member?.PayTo ?? new AccountId(default),
            Slots = slots,
            Isolation = isolation,
            Child = TestChild.Command,
            Cache = cache,
        };
        Agent = new WorkerAgent(
            encoded ? new EncodedLink(Market) : Market,
            options,
            TimeProvider.System,
            NullLogger<WorkerAgent>.Instance,
            member?.Voter
        );
        // Opening the children blocks.
        _run = Task.Run(() => Agent.Run(_stopping.Token, _draining.Token));
    }

    public FakeMarket Market { get; }

    public WorkerAgent Agent { get; }

    public BlobId Module(string name) =>
        Market.Add(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm")));

    /// <summary>A job of the program echo.</summary>
    /// <param name="does">What its child does before it runs; only children do it.</param>
    public WorkerLease Lease(string input, string? does = null) =>
        Market.Lease(Module("echo"), input) with
        {
            Environment = does is null ? null : new Dictionary<string, string> { [TestChild.Does] = does },
        };

    /// <summary>Completes when the worker has ended.</summary>
    public Task Ended => _run;

    public void Drain() => _draining.Cancel();

    public void StopAtOnce() => _stopping.Cancel();

    /// <summary>The next result that the worker reports; fails when the worker ends instead.</summary>
    public async Task<WorkerResult> NextResult()
    {
        var next = Market.NextResult().AsTask();
        if (await Task.WhenAny(next, _run) == _run)
        {
            await _run;
        }
        return await next;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
        _draining.Dispose();
    }
}
