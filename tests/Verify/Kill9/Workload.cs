using System.Collections.Concurrent;
using Marketplace.Api;
using Marketplace.Sdk;

namespace Marketplace.Verify.Kill9;

/// <summary>
/// Clients that submit batches of mixed jobs to a silo that may vanish at any moment, and write down each acknowledgement: short jobs, longer ones, ones that
/// write program state, endless ones that run out of fuel, endless ones that are cancelled.
/// </summary>
internal sealed class Workload(ProgramId echo, ProgramId primes, ProgramId kvstore, ProgramId faulty, bool dedup)
{
    private const int BatchJobs = 40;
    private readonly ConcurrentBag<Request> _requests = [];
    private int _names;

    public IReadOnlyCollection<Request> Requests => _requests;

    public int Unknown => _unknown;

    private int _unknown;

    /// <summary>Submits, cancels and looks until the silo is gone or the time is over.</summary>
    public async Task Run(MarketplaceClient client, int seed, CancellationToken until)
    {
        var chance = new Random(seed);
        try
        {
            await Repeat(client, [.. _requests.Where(request => request.Acknowledged is null && chance.Next(4) == 0).Take(BatchJobs)], until);
            while (!until.IsCancellationRequested)
            {
                var batch = Enumerable.Range(0, BatchJobs).Select(_ => NewRequest(chance)).ToArray();
                foreach (var request in batch)
                    _requests.Add(request);
                await Send(client, batch, until);
                await CancelSome(client, batch, until);
                await LookAtSome(client, chance, until);
            }
        }
        catch (Exception gone) when (gone is MarketplaceUnreachableException or MarketplaceException or OperationCanceledException)
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    /// <summary>Cancels what was acknowledged and meant to be cancelled, and whose cancellation was cut off.</summary>
    public Task CancelLeftOvers(MarketplaceClient client) => CancelSome(client, [.. _requests], CancellationToken.None);

    /// <summary>Sends again what was never acknowledged: with its request id it is the same job, whether or not the first attempt arrived.</summary>
    public async Task Repeat(MarketplaceClient client, IReadOnlyList<Request> requests, CancellationToken cancellation)
    {
        foreach (var batch in requests.Chunk(BatchJobs))
        {
            if (!dedup)
            {
                foreach (var request in batch)
                    request.Job = request.Job with { RequestId = $"{request.Name}/{Interlocked.Increment(ref _names)}" };
            }
            await Send(client, batch, cancellation);
            await CancelSome(client, batch, cancellation);
        }
    }

    private static async Task Send(MarketplaceClient client, IReadOnlyList<Request> batch, CancellationToken cancellation)
    {
        var items = await client.Jobs.SubmitBatch([.. batch.Select(request => request.Job)], cancellation);
        for (var index = 0; index < batch.Count; index++)
        {
            if (items[index].Code is { } code)
                throw new InvalidOperationException($"{batch[index].Name} was refused: {code} {items[index].Message}");
            batch[index].Acknowledged = items[index].Id;
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
        var some = _requests.Where(request => request is { Acknowledged: not null, Ended: null }).OrderBy(_ => chance.Next()).Take(20).ToArray();
        if (some.Length == 0)
            return;
        var found = await client.Jobs.GetMany([.. some.Select(request => request.Acknowledged!.Value)], cancellation);
        foreach (var job in found.Jobs.Where(job => job.State.HasEnded()))
            some.First(request => request.Acknowledged == job.Id).Ended = job;
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
