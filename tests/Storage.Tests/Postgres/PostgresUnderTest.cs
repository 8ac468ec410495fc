using Marketplace.Storage.Contracts;
using Marketplace.Testing;

namespace Marketplace.Storage;

/// <summary>The store on PostgreSQL, in a database of its own.</summary>
public sealed class PostgresUnderTest : StoreUnderTest
{
    private PostgresStore _store;

    private PostgresUnderTest(PostgresStoreOptions options, PostgresStore store) => (Options, _store) = (options, store);

    public PostgresStoreOptions Options { get; }
    public PostgresStore Store => _store;
    public override IDocumentStore Documents => _store;
    public override IEventLog Log => _store;
    public override IListing Listing => _store;

    public static async ValueTask<PostgresUnderTest> Open(PostgresFixture postgres) => await Open(await postgres.CreateDatabase());

    public static async ValueTask<PostgresUnderTest> Open(string database, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null)
    {
        var options = new PostgresStoreOptions
        {
            ConnectionString = database,
            Projections = [new TextProjection(TextProjection.Thing)],
            RequireDurableServer = false,
        };
        options = change?.Invoke(options) ?? options;
        var store = await PostgresStore.Open(options, TimeProvider.System, TestContext.Current.CancellationToken);
        return new PostgresUnderTest(options, store);
    }

    public override async ValueTask Reopen()
    {
        await _store.DisposeAsync();
        _store = await PostgresStore.Open(Options, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    public override ValueTask<TResult> Wait<TResult>(ValueTask<TResult> task) => task;

    public override ValueTask DisposeAsync() => _store.DisposeAsync();
}
