using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// A program's state. Commits come one at a time and are conditional on the height; readers interleave and see the state before or after a
/// commit, never in between. Old roots can be read for a while. Before a run begins, and before a root is refused as gone, the grain reads
/// what another activation may have committed.
/// </summary>
public sealed partial class StateGrain : Grain, IStateGrain
{
    private readonly IEventLog _events;
    private readonly StateBounds _bounds;
    private readonly TimeProvider _clock;
    private readonly ILogger<StateGrain> _log;
    private readonly ProgramId _id;
    private readonly string _stream;
    private readonly StateStore _store;
    private readonly StateViews _views = new();
    private readonly List<JobId> _acknowledged = [];
    private ProgramState _state = ProgramState.Empty();
    private bool _stale;

    public StateGrain(
        IEventLog events,
        IDocumentStore documents,
        StatePageCache cache,
        StateBounds bounds,
        TimeProvider clock,
        ILogger<StateGrain> log
    )
    {
        (_events, _bounds, _clock, _log) = (events, bounds, clock, log);
        _id = ProgramId.Parse(this.GetPrimaryKeyString());
        _stream = $"state/{_id}";
        _store = new StateStore(documents, _id.ToString(), cache);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => Load();

    public async Task<StateHead> Begin(JobId job)
    {
        await LoadIfStale();
        await CatchUp();
        if (_state.Import is not null)
        {
            throw new MarketException(
                ErrorCode.Unavailable,
                $"The state of {_id} is being imported. Its jobs wait until that is complete."
            );
        }
        return new StateHead(_state.Tree.Root, _state.Height, _state.FindRun(job));
    }

    public Task<ReadOnlyMemory<byte>?> Read(StateRoot root, ReadOnlyMemory<byte> key) => Ask(root, tree => tree.Find(key));

    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> List(StateRoot root, ReadOnlyMemory<byte> prefix)
    {
        var list = await Ask(root, tree => tree.Keys(prefix, null, StatePolicy.KeysMax, StatePolicy.ListBytesMax));
        return list.IsWhole
            ? list.Keys
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The keys with this prefix have more than {StatePolicy.ListBytesMax} bytes together. List longer prefixes."
            );
    }

    public async Task<StateRoot> RootWith(StateRoot root, ImmutableArray<StateChange> changes)
    {
        if (StateRules.Refusal(changes) is { } refusal)
        {
            throw new MarketException(ErrorCode.LimitExceeded, $"There is no root to tell: {refusal}.");
        }
        // Gives a root also if the state would be too large: the commit refuses then, and the client pays for the run. A refusal here would
        // end the run unpaid.
        return (await Ask(root, tree => ProgramState.With(tree, changes))).Root;
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
        if (_state.Height != height || _state.Tree.Root != before)
        {
            return null;
        }
        var tree = await Reading(() => ProgramState.With(_state.Tree, changes));
        if (end.RootAfter is { } claimed && claimed != tree.Root)
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"The run's changes give the root {tree.Root}; the end that was to be kept with them says {claimed}."
            );
        }
        _bounds.Require(tree.Count, tree.Bytes);
        var at = _clock.GetUtcNow();
        var run = new RunCommitted(job, changes, end with { RootBefore = before, RootAfter = tree.Root }, [.. _acknowledged], at);
        await Append(run, RunCommitted.Write(run), tree, height);
        _acknowledged.Clear();
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

    private async ValueTask Append(StateEvent happened, ReadOnlyMemory<byte> bytes, StateTree tree, long height)
    {
        try
        {
            await _events.Append(_stream, height, [bytes]);
        }
        catch (Exception failure)
        {
            // It may have happened: memory may no longer be the state.
            _stale = true;
            throw StorageFailures.Translate(failure);
        }

        // A reader may have caught up meanwhile and read this very entry.
        if (_state.Height == height)
        {
            _views.Add(_state.Tree);
            _state.Apply(happened, tree, happened.At!.Value);
        }
        _eventBytes += bytes.Length;
        CheckpointIfDue();
    }

    /// <summary>Asks the tree at a root.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.StateRootGone"/>, <see cref="ErrorCode.Unavailable"/>.</exception>
    private async Task<TAnswer> Ask<TAnswer>(StateRoot root, Func<StateTree, ValueTask<TAnswer>> question)
    {
        if (_stale)
        {
            throw new MarketException(ErrorCode.Unavailable, "The state is being read again after a failed write. Send the request again.");
        }
        if (!IsKept(root))
        {
            await CatchUp();
        }
        PruneRoots();
        if (!IsKept(root))
        {
            throw NotKept(root);
        }
        if (_state.Tree.Root == root)
        {
            return await Reading(() => question(_state.Tree));
        }
        try
        {
            return await question(await _views.Get(root, () => OldTree(root)));
        }
        catch (StatePageGoneException)
        {
            throw Gone(root);
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    /// <summary>What needs pages of the newest tree.</summary>
    private async ValueTask<TAnswer> Reading<TAnswer>(Func<ValueTask<TAnswer>> read)
    {
        try
        {
            return await read();
        }
        catch (StatePageGoneException)
        {
            // Another activation has written since, and removed what was replaced.
            _stale = true;
            throw new MarketException(ErrorCode.Unavailable, "The state has moved on to another silo. Send the request again.");
        }
        catch (Exception failure)
        {
            throw StorageFailures.TranslateRead(failure);
        }
    }

    private bool IsKept(StateRoot root) => _state.Tree.Root == root || _state.Roots.TryFind(root, out _);

    /// <summary>Of a root that is not kept nobody knows whether it ever was the state's.</summary>
    private MarketException NotKept(StateRoot root) =>
        new(
            ErrorCode.StateRootGone,
            $"The root {root} is not kept for program {_id}: it never was the root of its state, or others have come since. The newest is "
                + $"{_state.Tree.Root}, and all since {_state.Roots.All.First().At:O} can be read. Ask for one of these."
        );

    /// <summary>It was kept when the question began.</summary>
    private MarketException Gone(StateRoot root) =>
        new(ErrorCode.StateRootGone, $"The state of {_id} has moved on from root {root} to {_state.Tree.Root}. Run again.");

    private async ValueTask LoadIfStale()
    {
        if (_stale)
        {
            await Load();
        }
    }

    private async Task Load()
    {
        // A checkpoint that is being written belongs to what is thrown away here.
        await _saving;
        var state = await Reading(LoadCheckpoint);
        _eventBytes = 0;
        await _events.Replay(
            _stream,
            state.Height + 1,
            long.MaxValue,
            async entry =>
            {
                await Reading(() => Apply(state, entry));
                _eventBytes += entry.Content.Length;
            }
        );

        foreach (var job in _acknowledged)
        {
            state.Forget(job);
        }
        _views.Clear();
        (_state, _stale, _lookedAt) = (state, false, 0);
        CheckpointIfDue();
    }

    private async ValueTask<ProgramState> LoadCheckpoint()
    {
        var stored = await _store.Load();
        _hasEarlier = stored.Earlier is not null;
        if (stored.Earlier is { Length: > 0 } earlier)
        {
            var read = await ProgramState.ReadEarlier(_store.Empty, earlier);
            read.Roots.Add(new KeptRoot(read.Height, read.Tree.Root, _clock.GetUtcNow()));
            return read;
        }
        var state = new ProgramState(stored.Tree, stored.Height);
        state.ReadRuns(stored.Extra.Span);
        foreach (var root in stored.Roots)
        {
            state.Roots.Add(root);
        }
        if (state.Roots.Count == 0)
        {
            state.Roots.Add(new KeptRoot(state.Height, state.Tree.Root, _clock.GetUtcNow()));
        }
        return state;
    }

    /// <summary>Applies what another activation has committed since.</summary>
    private ValueTask CatchUp() =>
        _events.Replay(
            _stream,
            _state.Height + 1,
            long.MaxValue,
            async entry =>
            {
                var state = _state;
                if (entry.Version != state.Height + 1)
                {
                    return;
                }
                var happened = StateEvent.Read(entry.Content.Span);
                var before = state.Tree;
                var tree = await Reading(() => ProgramState.With(before, happened, _store.Empty));
                // A commit of this activation, or another reader, may have come to the same entry first.
                if (state == _state && entry.Version == state.Height + 1)
                {
                    state.Apply(happened, tree, happened.At ?? _clock.GetUtcNow());
                }
            }
        );

    private async ValueTask<bool> Apply(ProgramState state, LogEntry entry)
    {
        var happened = StateEvent.Read(entry.Content.Span);
        var tree = await ProgramState.With(state.Tree, happened, _store.Empty);
        state.Apply(happened, tree, happened.At ?? _clock.GetUtcNow());
        return true;
    }
}
