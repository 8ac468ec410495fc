using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A grain's state as one document. The copy in memory is what the store had when it was read or written, or nothing: after a write that
/// failed the next use reads again. Another activation of the grain may have written since; then a write of this one is refused and changes
/// nothing, and an answer that must not be out of date asks for <see cref="Refresh"/> first. Used within the turns of one activation; reads
/// may interleave with one write.
/// </summary>
internal sealed class StoredDocument<TState>(
    IDocumentStore store,
    DocumentKey key,
    Func<TState, ReadOnlyMemory<byte>> encode,
    Func<ReadOnlyMemory<byte>, TState> decode
)
    where TState : class
{
    private long _version;
    private bool _loaded;
    private Task? _loading;

    /// <summary>Moves when a write begins and when it ends: what was read in between may be older than the copy in memory.</summary>
    private int _writeSteps;

    /// <summary>The document; null where it does not exist. Valid after <see cref="Load"/>.</summary>
    public TState? Value { get; private set; }

    /// <summary>Reads the document unless it is in memory.</summary>
    public ValueTask Load()
    {
        if (_loaded)
        {
            return default;
        }
        if (_loading is null or { IsCompleted: true })
        {
            _loading = Read();
        }
        return new ValueTask(_loading);
    }

    /// <summary>Reads the document again: it is then at least as new as the call, whichever activation wrote it.</summary>
    public async ValueTask Refresh()
    {
        // A write that is under way will itself tell whether the copy is the newest.
        if (_loaded && !IsWriting)
        {
            var steps = _writeSteps;
            var document = await store.ReadDocument(key);
            if (steps == _writeSteps)
            {
                Take(document);
            }
        }

        await Load();
    }

    /// <exception cref="InconsistentStateException">Another activation wrote first: nothing was written.</exception>
    /// <exception cref="MarketException"><see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public async ValueTask Write(TState value)
    {
        _writeSteps++;
        try
        {
            _version = await store.Write(key, _version, encode(value));
            Value = value;
        }
        catch (Exception failure)
        {
            Forget();
            throw StorageFailures.Translate(failure);
        }
        finally
        {
            _writeSteps++;
        }
    }

    /// <exception cref="InconsistentStateException">Another activation wrote first: nothing was deleted.</exception>
    /// <exception cref="MarketException"><see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public async ValueTask Delete()
    {
        if (Value is null)
        {
            return;
        }
        _writeSteps++;
        try
        {
            await store.Delete(key, _version);
        }
        catch (Exception failure)
        {
            throw StorageFailures.Translate(failure);
        }
        finally
        {
            Forget();
            _writeSteps++;
        }
    }

    private bool IsWriting => (_writeSteps & 1) != 0;

    private void Forget()
    {
        _loaded = false;
        Value = null;
    }

    private async Task Read() => Take(await store.ReadDocument(key));

    private void Take(Document? document)
    {
        Value = document is { } found ? decode(found.Content) : null;
        _version = document?.Version ?? 0;
        _loaded = true;
    }
}
