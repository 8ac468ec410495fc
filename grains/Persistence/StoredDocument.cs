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

    protected override ValueTask<long> WriteStored(TState? value)
    {
        if (value is null)
        {
            return DeleteStored();
        }
        if (form.WriteTo is not { } writeTo)
        {
            return store.Write(key, _version, form.Write(value));
        }
        var writer = CompactWriter.Rent();
        writeTo(writer, value);
        var written = store.Write(key, _version, writer.Finish());
        // The store has its copy.
        writer.Return();
        return written;
    }

    protected override void HasWritten(long version) => _version = version;

    private async ValueTask<long> DeleteStored()
    {
        await store.Delete(key, _version);
        return 0;
    }
}
