using Marketplace.Crypto;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Worker;

/// <summary>How one worker of a swarm reaches its market.</summary>
/// <param name="Link">Its link.</param>
/// <param name="Run">Keeps the link connected until it is cancelled; null where a link needs no connection.</param>
/// <param name="Met">Completes with the first connection.</param>
public sealed record SwarmLink(IMarketLink Link, Func<CancellationToken, Task>? Run = null, Task? Met = null)
{
    /// <summary>A link over a socket of its own, by PROTOCOL.md. It takes the market for the right one that it meets first.</summary>
    public static SwarmLink Over(Uri market, Ed25519KeyPair key, HttpMessageInvoker http, TimeProvider time)
    {
        var remote = new RemoteMarket
        {
            Url = market,
            Key = key,
            Pin = new FirstMarket(),
            Http = http,
        };
        var link = new RemoteMarketLink(remote, time, NullLogger<RemoteMarketLink>.Instance);
        return new SwarmLink(link, link.Run, link.Met);
    }

    private sealed class FirstMarket : IMarketPin
    {
        public MarketDomain? Domain { get; private set; }

        public void Keep(MarketDomain domain) => Domain = domain;
    }
}

/// <summary>
/// Many simulated workers in this process. Each is a <see cref="WorkerAgent"/> as any other, with its offers, polls, heartbeats and
/// reports; only its runs are simulated, and what goes wrong with them and with its connection is as the options say.
/// </summary>
public sealed class Swarm
{
    private readonly SwarmOptions _options;
    private readonly TimeProvider _time;
    private readonly SwarmCounter _counter = new();
    private readonly (WorkerAgent Agent, UnsteadyLink Link, SwarmLink Connection, Random Chance)[] _workers;

    /// <param name="options">What the workers are like.</param>
    /// <param name="workers">Their keys' public halves, one for each worker.</param>
    /// <param name="payTo">The account that earns; null: each worker's own.</param>
    /// <param name="link">Makes the link of the worker with this number.</param>
    /// <param name="time">The clock of runs, outages and links.</param>
    /// <param name="begun">Told of each lease whose run begins; thread-safe.</param>
    /// <exception cref="ArgumentException">An option is outside its bounds, or there are not as many keys as workers.</exception>
    public Swarm(
        SwarmOptions options,
        IReadOnlyList<WorkerId> workers,
        AccountId? payTo,
        Func<int, SwarmLink> link,
        TimeProvider time,
        Action<WorkerId, Api.Workers.WorkerLease>? begun = null
    )
    {
        options.Validate();
        if (workers.Count != options.Workers)
        {
            throw new ArgumentException($"{workers.Count} keys for {options.Workers} workers.", nameof(workers));
        }
        (_options, _time) = (options, time);
        _workers = [.. workers.Select((worker, index) => Make(worker, index, payTo, link(index), begun))];
    }

    /// <summary>What the workers have done so far.</summary>
    public SwarmCounts Counts =>
        new(
            Leases: Interlocked.Read(ref _counter.Leases),
            Honest: Interlocked.Read(ref _counter.Honest),
            Lies: Interlocked.Read(ref _counter.Lies),
            Stalls: Interlocked.Read(ref _counter.Stalls),
            Stopped: Interlocked.Read(ref _counter.Stopped),
            Failed: Interlocked.Read(ref _counter.Failed),
            Disconnects: Interlocked.Read(ref _counter.Disconnects),
            CallsRefused: Interlocked.Read(ref _counter.CallsRefused),
            BytesRead: Interlocked.Read(ref _counter.BytesRead),
            JobsReported: _workers.Sum(worker => worker.Agent.JobsReported),
            FuelReported: _workers.Sum(worker => worker.Agent.FuelReported)
        );

    /// <summary>Works until <paramref name="stopping"/>; then runs are stopped, and what has ended is reported.</summary>
    /// <exception cref="Protocol.LinkEndedException">A market does not let its worker in.</exception>
    public async Task Run(CancellationToken stopping)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var connecting = new SemaphoreSlim(SwarmPolicy.ConnectingMax);
        await Task.WhenAll(
                _workers.Select(async worker =>
                {
                    try
                    {
                        await Run(worker.Agent, worker.Link, worker.Connection, worker.Chance, connecting, failed.Token)
                            .ConfigureAwait(false);
                    }
                    catch
                    {
                        // One that cannot work says why for all of them.
                        await failed.CancelAsync().ConfigureAwait(false);
                        throw;
                    }
                })
            )
            .ConfigureAwait(false);
    }

    private (WorkerAgent, UnsteadyLink, SwarmLink, Random) Make(
        WorkerId worker,
        int index,
        AccountId? payTo,
        SwarmLink connection,
        Action<WorkerId, Api.Workers.WorkerLease>? begun
    )
    {
        // A generator of its own for each worker, so that what one does changes nothing for the others.
        var chance = new Random(HashCode32(_options.Seed, index));
        var span = (long)(_options.PriceMax - _options.PriceMin).BaseUnits;
        var options = new WorkerOptions
        {
            Worker = worker,
            PayTo = payTo ?? new AccountId(worker.Value),
            PricePerMillionFuel = _options.PriceMin + new TokenAmount((UInt128)chance.NextInt64(span + 1)),
            Slots = _options.Slots,
            Labels = [SwarmPolicy.Label],
        };
        var link = new UnsteadyLink(connection.Link, _counter);
        // Runs and outages draw in turns that depend on time, so each has its own.
        var (runs, outages) = (new Random(chance.Next()), new Random(chance.Next()));
        var agent = new WorkerAgent(
            link,
            options,
            () => new SimulatedRuns(link, worker, _options, runs, _counter, begun, _time),
            _time,
            NullLogger<WorkerAgent>.Instance
        );
        return (agent, link, connection, outages);
    }

    private async Task Run(
        WorkerAgent agent,
        UnsteadyLink link,
        SwarmLink connection,
        Random chance,
        SemaphoreSlim connecting,
        CancellationToken stopping
    )
    {
        using var leave = new CancellationTokenSource();
        var connected = Connected(link, connection, chance, connecting, stopping, leave.Token);
        var working = agent.Run(stopping);
        if (await Task.WhenAny(connected, working).ConfigureAwait(false) == connected && connected.IsFaulted)
        {
            // The agent waits for a link that does not come.
            await connected.ConfigureAwait(false);
        }
        await working.ConfigureAwait(false);
        await leave.CancelAsync().ConfigureAwait(false);
        await connected.ConfigureAwait(false);
    }

    /// <summary>Keeps the worker connected, but for its outages, until the worker has ended.</summary>
    private async Task Connected(
        UnsteadyLink link,
        SwarmLink connection,
        Random chance,
        SemaphoreSlim connecting,
        CancellationToken stopping,
        CancellationToken leave
    )
    {
        // Workers come a few at a time.
        await connecting.WaitAsync(leave).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var isFirst = true; !leave.IsCancellationRequested; isFirst = false)
        {
            using var period = CancellationTokenSource.CreateLinkedTokenSource(leave);
            var running = connection.Run?.Invoke(period.Token) ?? Forever(period.Token);
            if (isFirst)
            {
                await Task.WhenAny(running, connection.Met ?? Task.CompletedTask).ConfigureAwait(false);
                connecting.Release();
            }
            var lost = _options.DisconnectEvery is { } every ? Wait(Spread(every, chance), stopping, leave) : Forever(leave);
            var first = await Task.WhenAny(running, lost).ConfigureAwait(false);
            if (first == running || leave.IsCancellationRequested || stopping.IsCancellationRequested)
            {
                await running.ConfigureAwait(false);
                return;
            }
            Interlocked.Increment(ref _counter.Disconnects);
            link.Cut();
            await period.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            await Wait(Spread(_options.Outage, chance), stopping, leave).ConfigureAwait(false);
            link.Mend();
        }
    }

    private async Task Wait(TimeSpan time, CancellationToken stopping, CancellationToken leave)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, leave);
        await Task.Delay(time, _time, either.Token).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static Task Forever(CancellationToken until) =>
        Task.Delay(Timeout.InfiniteTimeSpan, until).ContinueWith(static _ => { }, TaskScheduler.Default);

    private static TimeSpan Spread(TimeSpan mean, Random chance) => mean * (0.5 + chance.NextDouble());

    private static int HashCode32(long seed, int index) =>
        unchecked((int)((((ulong)seed * 0x9E3779B97F4A7C15) + (uint)index) * 0xBF58476D1CE4E5B9 >> 32));
}
