using Marketplace.Api.Workers;
using Marketplace.Engine;

namespace Marketplace.Worker;

/// <summary>
/// Runs that take time and fuel, and compute nothing: modules and inputs are read and checked as a worker does it, then the run waits. What
/// each run does is drawn from the worker's own chance, in the order in which its leases come.
/// </summary>
internal sealed class SimulatedRuns(
    IMarketLink link,
    WorkerId worker,
    SwarmOptions options,
    Random chance,
    SwarmCounter counter,
    Action<WorkerId, WorkerLease>? begun,
    TimeProvider time
) : ILeaseRuns
{
    private static readonly byte[] Output = "simulated"u8.ToArray();

    private readonly Lock _lock = new();
    private readonly HashSet<BlobId> _modules = [];
    private readonly SemaphoreSlim _slots = new(options.Slots);

    public async Task Serve(LeaseBook leases, Action<FinishedRun> finish)
    {
        while (true)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
            if (await leases.TakeNextAsync().ConfigureAwait(false) is not { } held)
            {
                break;
            }
            _ = RunOne(held, finish);
        }
        // The slot that no lease came for is free already.
        for (var slot = 1; slot < options.Slots; slot++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }
    }

    public long Rest(TimeSpan idle) => 0;

    public void Dispose() => _slots.Dispose();

    private async Task RunOne(HeldLease held, Action<FinishedRun> finish)
    {
        var started = time.GetTimestamp();
        begun?.Invoke(worker, held.Lease);
        Interlocked.Increment(ref counter.Leases);
        var result = await Result(held, Draw()).ConfigureAwait(false);
        finish(new FinishedRun(held, result, time.GetElapsedTime(started)));
        _slots.Release();
    }

    private async Task<WorkerResult> Result(HeldLease held, Fate fate)
    {
        var (lease, startedAt) = (held.Lease, time.GetUtcNow());
        try
        {
            held.Progress.Enter(LeaseStage.SettingUp);
            await Fetch(held).ConfigureAwait(false);
            held.Progress.Enter(LeaseStage.Running);
            if (fate.Kind == FateKind.Stalls)
            {
                Interlocked.Increment(ref counter.Stalls);
            }
            await Task.Delay(fate.Time, time, held.Stopped).ConfigureAwait(false);
            held.Progress.Enter(LeaseStage.Reporting);
            return fate.Kind == FateKind.Lies ? Lie(lease, fate, startedAt) : Honest(lease, fate, startedAt);
        }
        catch (OperationCanceledException) when (held.Stopped.IsCancellationRequested)
        {
            Interlocked.Increment(ref counter.Stopped);
            return JobRunner.NotRun(lease, RunOutcome.Cancelled, "The run was stopped.", startedAt);
        }
        catch (InputUnavailableException missing)
        {
            Interlocked.Increment(ref counter.Failed);
            return JobRunner.NotRun(lease, RunOutcome.InputUnavailable, missing.Message, startedAt);
        }
        catch (Exception fault)
        {
            Interlocked.Increment(ref counter.Failed);
            return JobRunner.NotRun(lease, RunOutcome.WorkerFault, $"{fault.GetType().Name}: {fault.Message}", startedAt);
        }
    }

    private Fate Draw()
    {
        lock (_lock)
        {
            var (kind, spread, lie) = (chance.NextDouble(), chance.NextDouble(), chance.Next(3));
            var isStall = kind < options.Stalls;
            return new Fate(
                isStall ? FateKind.Stalls
                    : kind < options.Stalls + options.Lies ? FateKind.Lies
                    : FateKind.Honest,
                isStall ? Timeout.InfiniteTimeSpan : options.RunTime * (0.5 + spread),
                lie
            );
        }
    }

    private WorkerResult Honest(WorkerLease lease, Fate fate, DateTimeOffset startedAt)
    {
        Interlocked.Increment(ref counter.Honest);
        var fuel = Math.Clamp((long)(fate.Time.TotalSeconds * options.FuelPerSecond), 1, Math.Max(1, lease.FuelMax));
        return JobRunner.NotRun(lease, RunOutcome.Completed, "", startedAt) with
        {
            Reason = null,
            FuelUsed = fuel,
            Output = Output,
            OutputSize = Output.Length,
            ExitCode = 0,
            EndedAt = time.GetUtcNow(),
        };
    }

    private WorkerResult Lie(WorkerLease lease, Fate fate, DateTimeOffset startedAt)
    {
        Interlocked.Increment(ref counter.Lies);
        var honest = Honest(lease, fate, startedAt);
        Interlocked.Decrement(ref counter.Honest);
        return fate.Lie switch
        {
            0 => honest with { FuelUsed = lease.FuelMax },
            1 => honest with { Output = default, OutputBlob = new BlobId(lease.Job.Value), OutputSize = JobLimits.InlineBytesMax + 1 },
            _ => honest with { OutputSize = Output.Length + 1 },
        };
    }

    /// <summary>The module once, and the input; other files of a job are not read.</summary>
    private async Task Fetch(HeldLease held)
    {
        var lease = held.Lease;
        long calls = 0;
        bool isNew;
        lock (_lock)
        {
            isNew = _modules.Add(lease.Module);
        }
        if (isNew)
        {
            try
            {
                await Fetch(lease.Module, EngineLimits.Default.ModuleBytesMax).ConfigureAwait(false);
            }
            catch
            {
                lock (_lock)
                {
                    _modules.Remove(lease.Module);
                }
                throw;
            }
        }
        if (lease.InputBlob is { } input)
        {
            await Fetch(input, JobLimits.InputBytesMax).ConfigureAwait(false);
        }

        async Task Fetch(BlobId blob, int bytesMax)
        {
            var stream =
                await link.OpenBlob(new LeaseCall(worker, lease.Id, ++calls), blob, held.Stopped).ConfigureAwait(false)
                ?? throw new InputUnavailableException($"The market does not have {blob}.");
            await using (stream.ConfigureAwait(false))
            {
                var size = await Read(stream, bytesMax, held.Stopped).ConfigureAwait(false);
                if (options.BytesPerSecond is { } rate)
                {
                    await Task.Delay(TimeSpan.FromSeconds((double)size / rate), time, held.Stopped).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Its content is nothing to a simulation; only its size is.</summary>
    private async Task<long> Read(Stream stream, int bytesMax, CancellationToken stopped)
    {
        var chunk = new byte[SwarmPolicy.ChunkBytes];
        long size = 0;
        for (int count; (count = await stream.ReadAsync(chunk, stopped).ConfigureAwait(false)) > 0; )
        {
            size += count;
            if (size > bytesMax)
            {
                throw new InputUnavailableException($"A blob is larger than the {bytesMax} bytes that a worker takes.");
            }
        }
        Interlocked.Add(ref counter.BytesRead, size);
        return size;
    }

    private enum FateKind
    {
        Honest,
        Lies,
        Stalls,
    }

    /// <summary>What a run will do.</summary>
    private readonly record struct Fate(FateKind Kind, TimeSpan Time, int Lie);
}
