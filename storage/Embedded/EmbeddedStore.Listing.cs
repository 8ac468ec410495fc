namespace Marketplace.Storage;

public sealed partial class EmbeddedStore
{
    public long Lag
    {
        get
        {
            lock (_memory.Gate)
            {
                return _memory.QueueCount == 0 ? 0 : _memory.DurableSequence - _memory.FoldedSequence;
            }
        }
    }

    public ValueTask<IReadOnlyList<ListingRow>> List(ListingQuery query, CancellationToken cancellation = default)
    {
        StoreArguments.Check(query);
        return new(_folded.Ask(reader => ListingReader.List(reader.Connection, query)));
    }

    public async ValueTask CatchUp(CancellationToken cancellation = default)
    {
        Task folded;
        lock (_memory.Gate)
        {
            ThrowIfStopped();
            folded = _memory.WaitForFold(_memory.DurableSequence, _driver.ContinueOnPool);
        }
        _driver.FoldWaits();
        await folded.WaitAsync(cancellation).ConfigureAwait(KeepsContext);
    }
}
