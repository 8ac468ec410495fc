using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// What accounts that have deployed the program may see of its state, and how they bring in a state that was exported elsewhere. Others
/// learn what the program's own jobs tell them: a program may keep from its callers what it keeps.
/// </summary>
public sealed partial class StateGrain
{
    public async Task<StateKeysView> ListFor(
        Caller caller,
        StateRoot? root,
        ReadOnlyMemory<byte> prefix,
        ReadOnlyMemory<byte>? after,
        int count
    )
    {
        await RequireDeployer(caller, Scopes.Read);
        RequireKey(prefix);
        RequireKey(after.GetValueOrDefault());
        return await AskNewest(
            root,
            async tree =>
            {
                var list = await tree.Keys(prefix, after, count, StatePolicy.ShownKeysBytesMax);
                return new StateKeysView(tree.Root, tree.Count, tree.Bytes, list.Keys, list.IsWhole);
            }
        );
    }

    public async Task<StateProofView> Prove(Caller caller, StateRoot? root, ReadOnlyMemory<byte> key)
    {
        await RequireDeployer(caller, Scopes.Read);
        RequireKey(key);
        return await AskNewest(
            root,
            async tree =>
            {
                var proof = await tree.Prove(key);
                return new StateProofView(
                    tree.Root,
                    proof.ToBytes(),
                    proof.Kind == StateProofKind.Present ? proof.Value : (ReadOnlyMemory<byte>?)null
                );
            }
        );
    }

    public async Task<StateChunkView> Export(Caller caller, StateRoot? root, Bytes32? after)
    {
        await RequireDeployer(caller, Scopes.Read);
        return await AskNewest(
            root,
            async tree =>
            {
                StateChunk chunk;
                try
                {
                    chunk = await tree.Chunk(after, StatePolicy.ExportBytesMax);
                }
                catch (ArgumentException unknown)
                {
                    throw new MarketException(ErrorCode.MalformedRequest, $"{unknown.Message} Name the end of the chunk before.");
                }
                return new StateChunkView(tree.Root, chunk.ToBytes(), chunk.IsLast ? null : chunk.End);
            }
        );
    }

    public async Task<StateImportView> Import(Caller caller, StateRoot root, ReadOnlyMemory<byte> chunk)
    {
        await RequireDeployer(caller, Scopes.Deploy);
        var program = await GrainFactory.GetGrain<IProgramGrain>(_id.ToString()).Get();
        if (!program.UsesState)
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"Program {_id} imports no function that reads or writes state: nothing could read what is imported. Import into a program "
                    + "that uses state."
            );
        }
        if (program.Deployer != caller.Account)
        {
            // Its keys would be those that the others' jobs find.
            throw new MarketException(
                ErrorCode.Forbidden,
                $"Program {_id} was deployed by another account first, which alone may import state. "
                    + "Deploy the module with a salt of your own."
            );
        }
        await LoadIfStale();
        await CatchUp();
        var part = ReadChunk(chunk);
        if (WasTaken(root, part) is { } known)
        {
            return known;
        }
        var isFirst = part.Previous is null;
        RequireImportable(root, isFirst);
        if (StateChunks.Refusal(root, isFirst ? null : _state.Import!.End, part) is { } refusal)
        {
            throw new MarketException(ErrorCode.MalformedRequest, $"The chunk is not the next one of the state {root}. {refusal}");
        }
        ImmutableArray<StateChange> entries = [.. part.Entries.Select(static entry => new StateChange(entry.Key, entry.Value))];
        var imported = new StateImported(root, isFirst, part.IsLast ? null : part.End, entries, _clock.GetUtcNow());
        var height = _state.Height;
        var tree = await Reading(() => ProgramState.With(_state.Tree, imported, _store.Empty));
        _bounds.Require(tree.Count, tree.Bytes);
        await Append(imported, StateImported.Write(imported), tree, height);
        return new StateImportView(imported.End, tree.Count);
    }

    /// <summary>A repeated chunk: what has been imported so far is the answer.</summary>
    private StateImportView? WasTaken(StateRoot root, StateChunk part)
    {
        if (_state.Import is { } import)
        {
            var isBehind = import.Root == root && part.End is { } end && end.CompareTo(import.End) <= 0;
            return isBehind ? new StateImportView(import.End, _state.Tree.Count) : null;
        }
        // The state is the one that is wanted, by this import or otherwise.
        return part.IsLast && !root.Value.IsZero && _state.Tree.Root == root ? new StateImportView(null, _state.Tree.Count) : null;
    }

    private void RequireImportable(StateRoot root, bool isFirst)
    {
        if (root.Value.IsZero)
        {
            throw new MarketException(ErrorCode.MalformedRequest, "A state without keys needs no import: a new program has it.");
        }
        if (_state.Import is { } import)
        {
            if (!isFirst && import.Root != root)
            {
                throw new MarketException(
                    ErrorCode.StateNotEmpty,
                    $"An import of the state {import.Root} is under way. Send its next chunk, or the first chunk of another state."
                );
            }
            return;
        }
        if (_state.Height > 0)
        {
            throw new MarketException(
                ErrorCode.StateNotEmpty,
                $"Program {_id} has had state: its root is {_state.Tree.Root}. Deploy the module with another salt and import there."
            );
        }
        if (!isFirst)
        {
            throw new MarketException(ErrorCode.MalformedRequest, "No import is under way. Send the first chunk first.");
        }
    }

    private static StateChunk ReadChunk(ReadOnlyMemory<byte> chunk)
    {
        try
        {
            return StateChunk.Read(chunk);
        }
        catch (FormatException malformed)
        {
            throw new MarketException(ErrorCode.MalformedRequest, malformed.Message);
        }
    }

    /// <summary>The newest state is read anew: another activation may have committed.</summary>
    private async Task<TAnswer> AskNewest<TAnswer>(StateRoot? root, Func<StateTree, ValueTask<TAnswer>> question)
    {
        // No reader of a run: these calls wait for their turn, so what a failed write left behind can be read again here.
        await LoadIfStale();
        if (root is null)
        {
            await CatchUp();
        }
        return await Ask(root ?? _state.Tree.Root, question);
    }

    /// <summary>Foreign programs and unknown ones answer alike.</summary>
    private async ValueTask RequireDeployer(Caller caller, Scopes scope)
    {
        Authorities.Require(caller, scope);
        if (!await GrainFactory.GetGrain<IProgramGrain>(_id.ToString()).IsDeployedBy(caller.Account))
        {
            throw new MarketException(
                ErrorCode.ProgramNotFound,
                $"This account has not deployed a program {_id}. Only accounts that have deployed a program see its state."
            );
        }
    }

    private static void RequireKey(ReadOnlyMemory<byte> key)
    {
        if (key.Length > ProgramLimits.StateKeyBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"A state key has at most {ProgramLimits.StateKeyBytesMax} bytes; this one has {key.Length}."
            );
        }
    }
}
