using Marketplace.Api.Workers;

namespace Marketplace.Worker;

/// <summary>A lease that the worker holds, with the token that stops its run.</summary>
internal sealed class HeldLease(WorkerLease lease, long since, RunProgress progress)
{
    private readonly CancellationTokenSource _stop = new();

    public WorkerLease Lease { get; } = lease;

    public RunProgress Progress { get; } = progress;

    /// <summary>A timestamp: a wall clock that is set changes no waiting.</summary>
    public long Since { get; } = since;

    public CancellationToken Stopped => _stop.Token;

    public void Stop() => _stop.Cancel();
}

/// <summary>The leases that wait and run, and how many more the worker wants. Thread-safe.</summary>
internal sealed class LeaseBook(int slots, TimeProvider time)
{
    private const double RunTimeWeight = 0.05;
    private const double AnswerTimeWeight = 0.05;
    private readonly Lock _lock = new();
    private readonly LinkedList<HeldLease> _waiting = new();
    private readonly Dictionary<LeaseId, HeldLease> _held = [];

    /// <summary>Their runs have ended; the market does not have their reports yet.</summary>
    private readonly Dictionary<LeaseId, HeldLease> _unreported = [];

    /// <summary>Results that the worker has committed to and keeps until the market asks for them.</summary>
    private readonly Dictionary<LeaseId, WorkerResult> _sealed = [];
    private readonly SemaphoreSlim _ready = new(0);
    private readonly CancellationTokenSource _closed = new();
    private long _lastHeld = time.GetTimestamp();
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _draining;
    private double _runSeconds = WorkerPolicy.PrefetchTime.TotalSeconds;
    private double _answerSeconds;

    /// <summary>
    /// One lease per slot, and as many more as recent runs would get through while the market answers twice: a poll and the one before it.
    /// </summary>
    public int LeasesWanted
    {
        get
        {
            lock (_lock)
            {
                if (_draining)
                {
                    return 0;
                }
                var hidden = Math.Clamp(
                    2 * _answerSeconds,
                    WorkerPolicy.PrefetchTime.TotalSeconds,
                    WorkerPolicy.PrefetchTimeMax.TotalSeconds
                );
                var ahead = slots * hidden / Math.Max(_runSeconds, 1e-6);
                return slots + (int)Math.Min(ahead, WorkerPolicy.PrefetchMax);
            }
        }
    }

    /// <summary>How long there has been no lease, waiting or running; zero while there is one.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_lock)
            {
                return _held.Count + _running > 0 ? TimeSpan.Zero : time.GetElapsedTime(_lastHeld);
            }
        }
    }

    /// <summary>Leases that wait and run.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Completes when, after <see cref="Drain"/>, no lease waits or runs and no result is sealed.</summary>
    public Task Emptied => _emptied.Task;

    /// <summary>Queues a lease; one that is held already (a repeated answer) stays as it is.</summary>
    /// <returns>False where none are taken any more.</returns>
    public bool Add(WorkerLease lease)
    {
        lock (_lock)
        {
            if (_draining)
            {
                return _held.ContainsKey(lease.Id);
            }
            var held = new HeldLease(lease, time.GetTimestamp(), new RunProgress(time));
            if (!_held.TryAdd(lease.Id, held))
            {
                return true;
            }
            _waiting.AddLast(held);
        }
        _ready.Release();
        return true;
    }

    /// <summary>No more leases are taken; those that run go on.</summary>
    /// <returns>Those that waited for a slot, taken out.</returns>
    public IReadOnlyList<WorkerLease> Drain()
    {
        lock (_lock)
        {
            _draining = true;
            WorkerLease[] waited = [.. _waiting.Select(held => held.Lease)];
            foreach (var lease in waited)
            {
                _held.Remove(lease.Id);
            }
            _waiting.Clear();
            NoteEmpty();
            return waited;
        }
    }

    /// <summary>Waits for a lease to run; null when the book is closed.</summary>
    public HeldLease? TakeNext()
    {
        while (true)
        {
            try
            {
                _ready.Wait(_closed.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            if (TryTake() is { } held)
            {
                return held;
            }
        }
    }

    /// <inheritdoc cref="TakeNext"/>
    public async ValueTask<HeldLease?> TakeNextAsync()
    {
        while (true)
        {
            try
            {
                await _ready.WaitAsync(_closed.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            if (TryTake() is { } held)
            {
                return held;
            }
        }
    }

    private HeldLease? TryTake()
    {
        lock (_lock)
        {
            // A lease that was stopped or returned while it waited leaves its permit behind.
            if (_waiting.First is not { } first)
            {
                return null;
            }
            _waiting.RemoveFirst();
            _running++;
            return first.Value;
        }
    }

    /// <returns>Whether the result is to be reported: not for a lease that was stopped.</returns>
    public bool Finish(HeldLease held, TimeSpan took)
    {
        lock (_lock)
        {
            _running--;
            _lastHeld = time.GetTimestamp();
            _runSeconds += (took.TotalSeconds - _runSeconds) * RunTimeWeight;
            var reportIt = _held.Remove(held.Lease.Id);
            if (reportIt)
            {
                held.Progress.Enter(LeaseStage.Reporting);
                _unreported[held.Lease.Id] = held;
            }
            NoteEmpty();
            return reportIt;
        }
    }

    /// <summary>Keeps a result until the market asks for it, unless too many are kept or the lease is over.</summary>
    /// <param name="result">With the salt of its commitment.</param>
    /// <returns>Whether it is kept.</returns>
    public bool Seal(WorkerResult result)
    {
        lock (_lock)
        {
            return _unreported.ContainsKey(result.Lease)
                && _sealed.Count < WorkerPolicy.SealedResultsMax
                && _sealed.TryAdd(result.Lease, result);
        }
    }

    /// <summary>The market asks for a sealed result.</summary>
    /// <returns>Null where there is none, as when it asks again.</returns>
    public WorkerResult? Unseal(LeaseId lease)
    {
        lock (_lock)
        {
            if (_sealed.Remove(lease, out var result))
            {
                NoteEmpty();
            }
            return result;
        }
    }

    /// <summary>The market has what was to be told of them.</summary>
    /// <param name="took">Until it answered.</param>
    public void Reported(IReadOnlyList<ReportItem> results, TimeSpan took)
    {
        lock (_lock)
        {
            _answerSeconds += (took.TotalSeconds - _answerSeconds) * AnswerTimeWeight;
            foreach (var result in results)
            {
                _unreported.Remove(result.Lease);
            }
        }
    }

    /// <summary>A run has begun some time ago, and the market has not heard of it.</summary>
    public bool HasUntold
    {
        get
        {
            lock (_lock)
            {
                return _held.Values.Any(held => !held.Progress.IsTold && held.Progress.Begun >= WorkerPolicy.UntoldMax);
            }
        }
    }

    /// <summary>All leases, as the next heartbeat tells them.</summary>
    public IReadOnlyList<LeaseBeat> Beats()
    {
        lock (_lock)
        {
            var beats = new List<LeaseBeat>(_held.Count + _unreported.Count);
            foreach (var held in _held.Values.Concat(_unreported.Values))
            {
                var progress = held.Progress;
                var beat = new LeaseBeat(held.Lease.Id, progress.Stage, progress.Guest.FuelUsed);
                progress.IsTold = beat.Stage != LeaseStage.Waiting;
                beats.Add(beat);
            }
            return beats;
        }
    }

    /// <summary>Asks the runs for news, which the heartbeat after tells.</summary>
    public void AskRuns()
    {
        HeldLease[] running;
        lock (_lock)
        {
            running = [.. _held.Values.Where(held => held.Progress.Stage == LeaseStage.Running)];
        }
        foreach (var held in running)
        {
            held.Progress.Guest.Ask?.Invoke();
        }
    }

    public void Stop(LeaseId id)
    {
        HeldLease? held;
        lock (_lock)
        {
            _unreported.Remove(id);
            if (_sealed.Remove(id))
            {
                NoteEmpty();
            }
            if (!_held.Remove(id, out held))
            {
                return;
            }
            _waiting.Remove(held);
        }
        held.Stop();
    }

    /// <returns>Those that were stopped: no result of them is reported.</returns>
    public IReadOnlyList<WorkerLease> StopAll()
    {
        HeldLease[] all;
        lock (_lock)
        {
            all = [.. _held.Values];
            _held.Clear();
            _waiting.Clear();
            _unreported.Clear();
            _sealed.Clear();
        }
        foreach (var held in all)
        {
            held.Stop();
        }
        return [.. all.Select(held => held.Lease)];
    }

    private void NoteEmpty()
    {
        if (_draining && _held.Count + _running + _sealed.Count == 0)
        {
            _emptied.TrySetResult();
        }
    }

    /// <summary>
    /// Takes out the leases that have waited longer than <see cref="WorkerPolicy.LeaseWaitMax"/>; no more are prefetched until runs are
    /// short again.
    /// </summary>
    public IReadOnlyList<WorkerLease> TakeStale()
    {
        var stale = new List<WorkerLease>();
        lock (_lock)
        {
            while (_waiting.First is { } first && time.GetElapsedTime(first.Value.Since) > WorkerPolicy.LeaseWaitMax)
            {
                _waiting.RemoveFirst();
                _held.Remove(first.Value.Lease.Id);
                stale.Add(first.Value.Lease);
            }
            if (stale.Count > 0)
            {
                _runSeconds = Math.Max(_runSeconds, WorkerPolicy.LeaseWaitMax.TotalSeconds);
            }
        }
        return stale;
    }

    /// <summary>Ends the waits and stops every run.</summary>
    public void Close()
    {
        _closed.Cancel();
        StopAll();
    }
}
