using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// What is written behind: the log has every commit, and from time to time the pages that changed are stored, so that a start has little to
/// read. Old roots are read from the checkpoint before them and the log.
/// </summary>
public sealed partial class StateGrain
{
    private Task _saving = Task.CompletedTask;

    /// <summary>Of the log, after the newest checkpoint.</summary>
    private long _eventBytes;

    /// <summary>When it was asked last whether a checkpoint is due.</summary>
    private long _lookedAt;

    /// <summary>What is stored is of a build without checkpoints: the roots before the first checkpoint could not be read.</summary>
    private bool _hasEarlier;

    private void CheckpointIfDue()
    {
        if (!_saving.IsCompleted || _stale)
        {
            return;
        }
        if (!_hasEarlier)
        {
            if (_eventBytes < _lookedAt + _bounds.CheckpointEventBytesMin)
            {
                return;
            }
            _lookedAt = _eventBytes;
            // A checkpoint costs at most as much as the commits before it, unless a start would take too long, or memory is short.
            var unstored = StateStore.UnstoredBytes(_state.Tree);
            if (unstored > _eventBytes && unstored < StatePolicy.UnstoredBytesMax && _eventBytes < StatePolicy.CheckpointEventBytesMax)
            {
                return;
            }
        }
        _saving = Checkpoint();
    }

    /// <summary>A checkpoint that fails costs the next activation time, nothing else. Commits go on meanwhile.</summary>
    private async Task Checkpoint()
    {
        PruneRoots();
        var (tree, height, eventBytes, runs) = (_state.Tree, _state.Height, _eventBytes, _state.WriteRuns());
        KeptRoot[] roots = [.. _state.Roots.All];
        try
        {
            await _store.Save(tree, height, runs, roots);
            (_eventBytes, _lookedAt, _hasEarlier) = (_eventBytes - eventBytes, 0, false);
            PruneRoots();
            while (_state.Roots.OldestHeight is { } oldest && await _store.Prune(oldest))
            {
                // Each step removes a bounded number of documents; other calls have their turns between two.
            }
        }
        catch (VersionConflictException lost)
        {
            // Another activation has stored a checkpoint: this one's pages will be removed as replaced ones.
            _stale = true;
            LogCheckpointFailed(lost, _id);
        }
        catch (Exception failure)
        {
            LogCheckpointFailed(failure, _id);
        }
    }

    private void PruneRoots()
    {
        var checkpoints = _store.Checkpoints;
        // Roots from before the oldest checkpoint cannot be made again; and the oldest go where they take too much room.
        var floor =
            checkpoints.Count == 0 ? _state.Height
            : checkpoints.Count > 1 && _store.ReplacedBytes > StatePolicy.ReplacedBytesMax ? checkpoints[1].Height
            : checkpoints[0].Height;
        _state.Roots.Prune(StatePolicy.RootsMin, StatePolicy.RootsMax, _clock.GetUtcNow() - StatePolicy.RootsKeptFor, floor);
    }

    /// <summary>A root that is no longer the newest: the checkpoint before it, and the commits up to it.</summary>
    private async Task<StateTree> OldTree(StateRoot root)
    {
        if (
            !_state.Roots.TryFind(root, out var height)
            || _store.Checkpoints.LastOrDefault(one => one.Height <= height) is not { } checkpoint
        )
        {
            throw Gone(root);
        }
        var state = new ProgramState(await _store.Open(checkpoint), checkpoint.Height);
        await _events.Replay(_stream, checkpoint.Height + 1, height, async entry => await Apply(state, entry));
        return state.Tree.Root == root
            ? state.Tree
            : throw new InvalidDataException(
                $"The state of {_id} at height {height} has root {state.Tree.Root}, and {root} was told of it."
            );
    }
}
