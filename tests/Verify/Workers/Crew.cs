using System.Diagnostics;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Verify.Workers;

/// <summary>When a worker was killed.</summary>
internal readonly record struct Kill(WorkerId Worker, DateTimeOffset At);

/// <summary>Worker processes, each with its folder, that are killed and started again.</summary>
internal sealed class Crew(string url, string folder, int count, int slots, string isolation) : IAsyncDisposable
{
    private readonly WorkerProgram?[] _workers = new WorkerProgram?[count];

    public List<Kill> Kills { get; } = [];

    public async Task Start()
    {
        for (var index = 0; index < count; index++)
        {
            await Start(index);
        }
    }

    /// <summary>Each has so much at stake, and an epoch has begun with all of them.</summary>
    /// <param name="market">The operator, who brings the money in.</param>
    /// <param name="at">Where the market is.</param>
    /// <param name="stake">For each.</param>
    /// <param name="within">It takes no longer.</param>
    public async Task Serve(MarketplaceClient market, Uri at, TokenAmount stake, TimeSpan within)
    {
        foreach (var own in Folders)
        {
            using var key = KeyFile.Open(Path.Combine(own, "worker.key"));
            var worker = new WorkerId(key.PublicKey);
            await market.Accounts.Credit(new AccountId(worker.Value), $"stake of {worker}", stake);
            // The API key in the folder may only read.
            var opened = await market.Accounts.Open(key);
            await using var owner = new MarketplaceClient(new MarketplaceClientOptions { Url = at, Key = opened.Key });
            await owner.Workers.Stake(worker, new StakeRequest("stake", stake));
        }
        var clock = Stopwatch.StartNew();
        while (!(await market.Epochs.List()).Any(epoch => epoch.Shares == count))
        {
            if (clock.Elapsed > within)
            {
                throw new InvalidOperationException($"No epoch of all workers began within {within}.");
            }
            await Task.Delay(500);
        }
    }

    /// <summary>Until <paramref name="over"/>, and until a kill has met a run; then all workers live again.</summary>
    /// <param name="hasRun">Whether the worker has a job at the moment.</param>
    public async Task KillSome(Random chance, TimeSpan every, Func<WorkerId, Task<bool>> hasRun, CancellationToken over)
    {
        // Every fourth worker stays away until its leases are over by silence.
        var away = WorkerLimits.HeartbeatPeriod * 5;
        var met = false;
        for (var round = 1; ; round++)
        {
            await Wait(every / 2 * (1 + chance.NextDouble()), met ? over : default);
            if (met && over.IsCancellationRequested)
            {
                return;
            }
            var index = chance.Next(count);
            using var key = KeyFile.Open(Path.Combine(FolderOf(index), "worker.key"));
            await _workers[index]!.Kill();
            var killed = new WorkerId(key.PublicKey);
            Kills.Add(new Kill(killed, DateTimeOffset.UtcNow));
            // The market does not know of it yet, so what it says of the job is what the kill met; unless the result was on its way
            // already, which has arrived a moment later.
            if (!met && await hasRun(killed))
            {
                await Wait(TimeSpan.FromSeconds(1), default);
                met = await hasRun(killed);
            }
            if (round % 4 == 0)
            {
                await Wait(away, over);
            }
            await Start(index);
        }
    }

    /// <summary>What the workers' accounts have earned, by their own API keys.</summary>
    public async Task<TokenAmount> Earned()
    {
        var earned = TokenAmount.Zero;
        for (var index = 0; index < count; index++)
        {
            await using var client = MarketplaceClient.FromDataFolder(FolderOf(index));
            earned += (await client.Account.Get()).Earned;
        }
        return earned;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            if (worker is not null)
            {
                await worker.DisposeAsync();
            }
        }
    }

    /// <summary>It keeps its connections and says nothing.</summary>
    public Task Freeze(int index) => _workers[index]!.Freeze();

    public Task Thaw(int index) => _workers[index]!.Thaw();

    public async Task KillAndStart(int index)
    {
        await _workers[index]!.Kill();
        await Start(index);
    }

    /// <summary>What one has said since it was started.</summary>
    public string Output(int index) => _workers[index]?.Output ?? "";

    /// <summary>Where their keys are.</summary>
    public IEnumerable<string> Folders => Enumerable.Range(0, count).Select(FolderOf);

    private string FolderOf(int index) => Path.Combine(folder, $"worker-{index}");

    private async Task Start(int index)
    {
        if (_workers[index] is { } before)
        {
            await before.DisposeAsync();
        }
        _workers[index] = WorkerProgram.Start(
            "--url",
            url,
            "--data",
            FolderOf(index),
            "--slots",
            $"{slots}",
            "--isolation",
            isolation,
            // No worker is the cheapest: both have jobs.
            "--price",
            "1"
        );
        await _workers[index]!.Line("offers its slots", default);
    }

    private static Task Wait(TimeSpan time, CancellationToken over) =>
        Task.Delay(time, over).ContinueWith(static _ => { }, TaskScheduler.Default);
}
