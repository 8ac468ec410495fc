using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A program's state. Commits come one at a time and are conditional on the height; readers interleave and see the state before or after a
/// commit, never in between. Only the newest root can be read. Before a run begins, and before a root is refused as gone, the grain reads
/// what another activation may have committed.
/// </summary>
public sealed partial class StateGrain : Grain, IStateGrain
{
    private readonly IEventLog _events;
    private readonly ILogger<StateGrain> _log;
    private readonly ProgramId _id;
    private readonly string _stream;
    private readonly StoredDocument<StateSnapshot> _snapshot;
    private readonly List<JobId> _acknowledged = [];
    private ProgramState _state = new();
    private bool _stale;
    private int _eventBytes;

    public StateGrain(IEventLog events, IDocumentStore documents, ILogger<StateGrain> log)
    {
        (_events, _log) = (events, log);
        _id = ProgramId.Parse(this.GetPrimaryKeyString());
        _stream = $"state/{_id}";
        _snapshot = new StoredDocument<StateSnapshot>(
            documents,
            new DocumentKey("state", _id.ToString()),
            new StateForm<StateSnapshot>(snapshot => snapshot.Bytes, bytes => new StateSnapshot(bytes))
        );
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => Load();

    public async Task<StateHead> Begin(JobId job)
    {
        await LoadIfStale();
        await CatchUp();
        return new StateHead(_state.Keys.Root, _state.Height, _state.FindRun(job));
    }

    public async Task<ReadOnlyMemory<byte>?> Read(StateRoot root, ReadOnlyMemory<byte> key) => (await At(root)).Find(key);

    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> List(StateRoot root, ReadOnlyMemory<byte> prefix) =>
        (await At(root)).Keys(prefix);

    public async Task<StateRoot> RootWith(StateRoot root, ImmutableArray<StateChange> changes)
    {
        if (StateRules.Refusal(changes) is { } refusal)
        {
            throw new MarketException(ErrorCode.LimitExceeded, $"There is no root to tell: {refusal}.");
        }
        // Gives a root also if the state would be too large: the commit refuses then, and the client pays for the run. A refusal here would
        // end the run unpaid.
        return (await At(root)).With(changes).Root;
    }

    public async Task<JobEnd?> Commit(
        JobId job,
        long height,
        StateRoot before,
        ImmutableArray<StateChange> changes,
        JobEnd end,
        Authority by
    )
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        await LoadIfStale();
        if (_state.FindRun(job) is { } committed)
        {
            return committed;
        }
        if (_state.Height != height || _state.Keys.Root != before)
        {
            return null;
        }
        var keys = _state.Keys.With(changes);
        if (end.RootAfter is { } claimed && claimed != keys.Root)
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"The run's changes give the root {keys.Root}; the end that was to be kept with them says {claimed}."
            );
        }
        RequireRoom(keys);
        var run = new RunCommitted(job, changes, end with { RootBefore = before, RootAfter = keys.Root }, [.. _acknowledged]);
        var bytes = RunCommitted.Write(run);
        try
        {
            await _events.Append(_stream, height, [bytes]);
        }
        catch (Exception failure)
        {
            // The commit may have happened: memory may no longer be the state.
            _stale = true;
            throw StorageFailures.Translate(failure);
        }

        // A reader may have caught up meanwhile and read this very commit.
        if (_state.Height == height)
        {
            _state.Apply(run);
        }
        _acknowledged.Clear();
        _eventBytes += bytes.Length;
        if (_eventBytes >= Math.Max(StatePolicy.SnapshotEventBytesMin, _state.Keys.Size))
        {
            await SaveSnapshot();
        }
        return run.End;
    }

    public Task Acknowledge(JobId job, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        // Stored with the next commit. After a restart before that the run is back in memory, and no call asks for it.
        if (_state.Forget(job))
        {
            _acknowledged.Add(job);
        }
        return Task.CompletedTask;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.StateRootGone"/>.</exception>
    private async ValueTask<KeySpace> At(StateRoot root)
    {
        if (_stale)
        {
            throw new MarketException(ErrorCode.Unavailable, "The state is being read again after a failed write. Send the request again.");
        }
        if (_state.Keys.Root != root)
        {
            await CatchUp();
        }
        return _state.Keys.Root == root
            ? _state.Keys
            : throw new MarketException(
                ErrorCode.StateRootGone,
                $"The state of {_id} has moved on from root {root} to {_state.Keys.Root}. Run again."
            );
    }

    internal static void RequireRoom(KeySpace keys)
    {
        if (keys.Count > StatePolicy.KeysMax || keys.Size > StatePolicy.StateBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The program's state would have {keys.Count} keys with {keys.Size} bytes; allowed are {StatePolicy.KeysMax} with "
                    + $"{StatePolicy.StateBytesMax}."
            );
        }
    }

    private async ValueTask LoadIfStale()
    {
        if (_stale)
        {
            await Load();
        }
    }

    private async Task Load()
    {
        await _snapshot.Load();
        var state = _snapshot.Value is { } snapshot ? ProgramState.Read(snapshot.Bytes.Span) : new ProgramState();
        _eventBytes = 0;
        await _events.Replay(
            _stream,
            state.Height + 1,
            entry =>
            {
                state.Apply(RunCommitted.Read(entry.Content.Span));
                _eventBytes += entry.Content.Length;
            }
        );

        foreach (var job in _acknowledged)
        {
            state.Forget(job);
        }
        _state = state;
        _stale = false;
    }

    /// <summary>Applies what another activation has committed since.</summary>
    private ValueTask CatchUp() =>
        _events.Replay(
            _stream,
            _state.Height + 1,
            entry =>
            {
                // A commit of this activation, or another reader, may have come to the same entry first.
                if (entry.Version == _state.Height + 1)
                {
                    _state.Apply(RunCommitted.Read(entry.Content.Span));
                }
            }
        );

    /// <summary>A snapshot that fails costs the next activation time, nothing else.</summary>
    private async ValueTask SaveSnapshot()
    {
        try
        {
            await _snapshot.Load();
            await _snapshot.Write(new StateSnapshot(_state.Write()));
            _eventBytes = 0;
        }
        catch (Exception failure) when (failure is MarketException or InconsistentStateException)
        {
            LogSnapshotFailed(failure, _id);
        }
    }

    private sealed record StateSnapshot(ReadOnlyMemory<byte> Bytes);
}
