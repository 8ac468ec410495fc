namespace Marketplace.Storage;

/// <summary>Lets nothing happen: for a store that is only read.</summary>
internal sealed class QuietDriver : IStoreDriver
{
    public bool ContinueOnPool => true;

    public void Start(IStoreWork work) { }

    public void WriteWaits() =>
        throw new InvalidOperationException("This is a bug in the store: a caller writes to one that is only read.");

    public void FoldWaits() { }

    /// <summary>The filter stays empty, which means that every key may be there: one look more into the tables.</summary>
    public void DoBeside(Action<CancellationToken> work) { }

    public ValueTask Stop() => default;
}
