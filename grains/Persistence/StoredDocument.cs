using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A state that its grain keeps in a document by hand: one of very many activations, or one of several documents of a grain.
/// </summary>
internal sealed class StoredDocument<TState>(IDocumentStore store, DocumentKey key, StateForm<TState> form) : Stored<TState>
    where TState : class
{
    private long _version;

    protected override async ValueTask<TState?> ReadStored()
    {
        var document = await store.ReadDocument(key);
        _version = document?.Version ?? 0;
        return document is { } found ? form.Read(found.Content) : null;
    }

    protected override async ValueTask WriteStored(TState? value)
    {
        if (value is null)
        {
            await store.Delete(key, _version);
            _version = 0;
        }
        else
        {
            _version = await store.Write(key, _version, form.Write(value));
        }
    }
}
