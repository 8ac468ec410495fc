using System.Collections.Concurrent;
using System.Diagnostics;

namespace Marketplace.Verify.Kill9;

/// <summary>
/// Clients that submit batches of mixed jobs to a silo that may vanish at any moment, and write down each acknowledgement: short jobs,
/// longer ones, ones that write program state, endless ones that run out of fuel, endless ones that are cancelled.
/// </summary>
internal sealed class Workload(ProgramId echo, ProgramId primes, ProgramId kvstore, ProgramId faulty, bool dedup)
{
    public const int BatchJobs = 40;

    private readonly ConcurrentBag<Request> _requests = [];
    private int _names;

    public IReadOnlyCollection<Request> Requests => _requests;

    public int Unknown => _unknown;

    public ProgramId Echo => echo;

    private int _unknown;

    /// <summary>Deploys the programs that the jobs run.</summary>
    public static async Task<Workload> Prepare(MarketplaceClient client, bool dedup) =>
        new(
            await Deploy(client, "echo"),
            await Deploy(client, "primes"),
            await Deploy(client, "kvstore"),
            await Deploy(client, "faulty"),
            dedup
        );

    /// <summary>Submits, cancels and looks until the silo is gone or the time is over.</summary>
    /// <param name="client">A client of the silo, without retries of its own.</param>
    /// <param name="seed">What is submitted.</param>
    /// <param name="pace">Time from batch to batch, at least.</param>
    /// <param name="until">The time is over.</param>
    public async Task Run(MarketplaceClient client, int seed, TimeSpan pace, CancellationToken until)
    {
        var chance = new Random(seed);
        try
        {
            await Repeat(
                client,
                [.. _requests.Where(request => request.Acknowledged is null && chance.Next(4) == 0).Take(BatchJobs)],
                until
            );
            while (!until.IsCancellationRequested)
            {
                var next = Task.Delay(pace, until);
                var batch = Enumerable.Range(0, BatchJobs).Select(_ => NewRequest(chance)).ToArray();
                foreach (var request in batch)
                {
                    _requests.Add(request);
                }
                await Send(client, batch, until);
                await CancelSome(client, batch, until);
                await LookAtSome(client, chance, until);
                await next;
            }
        }
        catch (Exception gone) when (gone is MarketplaceUnreachableException or MarketplaceException or OperationCanceledException)
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    /// <summary>
    /// Sends again what was never acknowledged: with its request id it is the same job, whether or not the first attempt arrived.
    /// </summary>
    public async Task Repeat(MarketplaceClient client, IReadOnlyList<Request> requests, CancellationToken cancellation)
    {
        foreach (var batch in requests.Chunk(BatchJobs))
        {
            if (!dedup)
            {
                foreach (var request in batch)
                {
                    request.Job = request.Job with { RequestId = $"{request.Name}/{Interlocked.Increment(ref _names)}" };
                }
            }
            await Send(client, batch, cancellation);
            await CancelSome(client, batch, cancellation);
        }
    }

    /// <summary>Sends again what was never acknowledged, waits for every job's end and for the books to follow.</summary>
    /// <returns>The jobs by id; each that is lost or does not end is a violation.</returns>
    public async Task<IReadOnlyDictionary<JobId, Job>> EndAll(MarketplaceClient client, List<string> violations)
    {
        await Repeat(client, [.. Requests.Where(request => request.Acknowledged is null)], CancellationToken.None);
        await CancelSome(client, [.. _requests], CancellationToken.None);
        var jobs = new Dictionary<JobId, Job>();
        foreach (var request in Requests)
        {
            if (await End(client, request, violations) is { } job)
            {
                jobs[job.Id] = job;
            }
        }
        await Quiet(client);
        return jobs;
    }

    /// <summary>
    /// All jobs have ended: waits until lists and books have followed, or for as long as an account may take to ask for settlements that
    /// went down with a silo; what is open then is a violation.
    /// </summary>
    private static async Task Quiet(MarketplaceClient client)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(3); await Task.Delay(20))
        {
            if ((await client.Account.Get()).OpenJobs == 0 && (await client.Market.Get()).ReadModelLag == 0)
            {
                return;
            }
        }
    }

    private static async Task<Job?> End(MarketplaceClient client, Request request, List<string> violations)
    {
        if (request.Acknowledged is not { } id)
        {
            violations.Add($"{request.Name}: it is not acknowledged although the silo is well.");
            return null;
        }
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            var job = await client.Jobs.Get(id, limit.Token);
            return job.State.HasEnded() ? job : await client.Jobs.Wait(job.Id, cancellation: limit.Token);
        }
        catch (MarketplaceException missing) when (missing.Code == ErrorCode.JobNotFound)
        {
            violations.Add($"{request.Name}: the acknowledged job {id} is lost.");
        }
        catch (OperationCanceledException)
        {
            violations.Add($"{request.Name}: the job {id} has not ended in three minutes.");
        }
        return null;
    }

    private static async Task<ProgramId> Deploy(MarketplaceClient client, string name)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));
        return (await client.Programs.Deploy(module, name)).Id;
    }

    private static async Task Send(MarketplaceClient client, IReadOnlyList<Request> batch, CancellationToken cancellation)
    {
        var items = await client.Jobs.SubmitBatch([.. batch.Select(request => request.Job)], cancellation);
        for (var index = 0; index < batch.Count; index++)
        {
            if (items[index].Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                continue;
            }
            if (items[index].Code is { } code)
            {
                throw new InvalidOperationException($"{batch[index].Name} was refused: {code} {items[index].Message}");
            }
            batch[index].Acknowledge(items[index].Id);
        }
    }

    private static async Task CancelSome(MarketplaceClient client, IReadOnlyList<Request> batch, CancellationToken cancellation)
    {
        foreach (var request in batch.Where(request => request is { Cancel: true, Acknowledged: not null, Ended: null }))
        {
            try
            {
                request.Ended = await client.Jobs.Cancel(request.Acknowledged!.Value, cancellation);
            }
            catch (MarketplaceException ended) when (ended.Code == ErrorCode.JobEnded)
            {
                request.Ended = await client.Jobs.Get(request.Acknowledged!.Value, cancellation);
            }
        }
    }

    private async Task LookAtSome(MarketplaceClient client, Random chance, CancellationToken cancellation)
    {
        var some = _requests
            .Where(request => request is { Acknowledged: not null, Ended: null })
            .OrderBy(_ => chance.Next())
            .Take(20)
            .ToArray();
        if (some.Length == 0)
        {
            return;
        }
        var found = await client.Jobs.GetMany([.. some.Select(request => request.Acknowledged!.Value)], cancellation);
        foreach (var job in found.Jobs.Where(job => job.State.HasEnded()))
        {
            some.First(request => request.Acknowledged == job.Id).Ended = job;
        }
    }

    private Request NewRequest(Random chance)
    {
        var name = $"request {Interlocked.Increment(ref _names)}";
        var kind = chance.Next(100);
        var (program, input, fuel) = kind switch
        {
            < 80 => (echo, $"hello from {name}", 10_000_000L),
            < 88 => (primes, "20000", 500_000_000L),
            < 92 => (kvstore, $$"""{"op":"put","key":"{{name}}","data_base64":"eA=="}""", 50_000_000L),
            < 96 => (faulty, "loop", 20_000_000L),
            _ => (faulty, "loop", 1_000_000_000_000L),
        };
        var job = new JobRequest
        {
            RequestId = name,
            Program = program,
            InputText = input,
            FuelMax = fuel,
            PriceMax = new TokenAmount(2_000_000),
            TimeMaxMs = 60_000,
        };
        return new Request(name, job, cancel: kind >= 96);
    }
}
