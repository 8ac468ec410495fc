using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

/// <summary>The embedded store on real files with its own threads.</summary>
public sealed class RealStore : StoreUnderTest
{
    private static readonly EmbeddedStoreOptions Options = new()
    {
        Projections = [new TextProjection(TextProjection.Thing)],
        SegmentBytes = 1 << 16,
        FoldDelay = TimeSpan.FromMilliseconds(20),
    };

    private readonly TemporaryFolder _folder = new();
    private EmbeddedStore _store;

    public RealStore() => _store = EmbeddedStore.Open(_folder.Name, Options, TimeProvider.System);

    public override IDocumentStore Documents => _store;
    public override IEventLog Log => _store;
    public override IListing Listing => _store;

    public override async ValueTask Reopen()
    {
        await _store.DisposeAsync();
        _store = EmbeddedStore.Open(_folder.Name, Options, TimeProvider.System);
    }

    public override ValueTask<TResult> Wait<TResult>(ValueTask<TResult> task) => task;

    public override async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }
}
