using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A grain's state as one document. The copy in memory is what the store has, or nothing: after a write that failed, whose outcome is
/// therefore unknown, the next use reads again. Used within the turns of one activation; reads may interleave with one write.
/// </summary>
internal sealed class StoredDocument<TState>(
    IDocumentStore store, DocumentKey key, Func<TState, ReadOnlyMemory<byte>> encode, Func<ReadOnlyMemory<byte>, TState> decode)
    where TState : class
{
    private long _version;
    private bool _loaded;
    private Task? _loading;

    /// <summary>What the store has; null where the document does not exist. Valid after <see cref="Load"/>.</summary>
    public TState? Value { get; private set; }

    /// <summary>Reads the document unless it is in memory.</summary>
    public ValueTask Load()
    {
        if (_loaded)
            return default;
        if (_loading is null or { IsCompleted: true })
            _loading = Read();
        return new ValueTask(_loading);
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.Unavailable"/>: nothing was written; <see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public async ValueTask Write(TState value)
    {
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
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.Unavailable"/>: nothing was deleted; <see cref="ErrorCode.OutcomeUnknown"/>.</exception>
    public async ValueTask Delete()
    {
        if (Value is null)
            return;
        try
        {
            await store.Delete(key, _version);
            Forget();
        }
        catch (Exception failure)
        {
            Forget();
            throw StorageFailures.Translate(failure);
        }
    }

    private void Forget()
    {
        _loaded = false;
        Value = null;
    }

    private async Task Read()
    {
        var document = await store.Read(key);
        Value = document is { } found ? decode(found.Content) : null;
        _version = document?.Version ?? 0;
        _loaded = true;
    }
}
