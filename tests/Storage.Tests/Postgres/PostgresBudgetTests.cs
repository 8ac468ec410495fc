using System.Collections.Concurrent;
using System.Diagnostics;
using Dapper;
using Marketplace.Storage.Contracts;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// What writes cost a database: round trips, statements and rows, as the server and its client count them. The figures stand in the
/// architecture document; whoever changes them changes it too.
/// </summary>
public sealed class PostgresBudgetTests(PostgresFixture postgres)
{
    private const int Jobs = 400;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WritesThatWait_ShareOneRoundTripAndOneStatement_AndCostARowEach()
    {
        var database = await postgres.CreateDatabase();
        using var trips = new RoundTrips(database);
        await using (var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 }))
        {
            var keys = Enumerable.Range(0, Jobs).Select(index => new DocumentKey(TextProjection.Thing, $"{index}")).ToArray();
            // The first may go alone, to a connection that is made for it.
            await store.Store.Write(new DocumentKey(TextProjection.Thing, "first"), 0, "pending"u8.ToArray());
            foreach (var version in (long[])[0, 1])
            {
                trips.Seen.Clear();
                await WriteAllWhileTheTableIsLocked(store.Store, database, keys, version);
                // Those that had gathered when the connection was free, and all others.
                Assert.InRange(trips.Seen.Count, 1, 2);
                Assert.All(trips.Seen, statements => Assert.Equal(1, statements));
            }
        }

        await using var connection = new NpgsqlConnection(database);
        const string Counted = "select n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables where relname = 'documents'";
        var rows = await Eventually(() => connection.QuerySingleAsync<(long, long, long)>(Counted), rows => rows.Item2 >= Jobs);
        Assert.Equal((Jobs + 1, Jobs, 0), rows);
    }

    [Fact]
    public async Task AnAppend_LooksForTheEntryBefore_HoweverLongTheLogIs()
    {
        var database = await postgres.CreateDatabase();
        const int Appends = 200;
        await using (var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 }))
        {
            // The plan is to be that of a log of which the server knows nothing yet, whenever it would look.
            await using var owner = new NpgsqlConnection(database);
            await owner.ExecuteAsync("alter table market.log set (autovacuum_enabled = false)");
            for (var version = 0; version < Appends; version++)
            {
                await store.Store.Append("s", version, ["one"u8.ToArray()]);
            }
            await store.Store.Append("s", Appends, [.. Enumerable.Repeat((ReadOnlyMemory<byte>)"more"u8.ToArray(), 10)]);
        }

        await using var connection = new NpgsqlConnection(database);
        const string Counted = "select idx_scan, idx_tup_read from pg_stat_user_indexes where indexrelname = 'log_pkey'";
        var (_, entries) = await Eventually(() => connection.QuerySingleAsync<(long, long)>(Counted), read => read.Item1 >= Appends);
        // One for each append, and one for each entry that goes with another.
        Assert.InRange(entries, Appends, Appends + 10);
    }

    private static async Task WriteAllWhileTheTableIsLocked(PostgresStore store, string database, DocumentKey[] keys, long version)
    {
        await using var other = new NpgsqlConnection(database);
        await other.OpenAsync(Cancel);
        await using var transaction = await other.BeginTransactionAsync(Cancel);
        await other.ExecuteAsync("lock table market.documents in exclusive mode");
        var writes = keys.Select(key => store.Write(key, version, "content"u8.ToArray()).AsTask()).ToArray();
        await transaction.CommitAsync(Cancel);
        await Task.WhenAll(writes);
    }

    /// <summary>A connection tells what it has counted when it ends, a moment after its client has closed it.</summary>
    private static async Task<TCounts> Eventually<TCounts>(Func<Task<TCounts>> count, Func<TCounts, bool> isAll)
    {
        while (true)
        {
            if (await count() is var counts && isAll(counts))
            {
                return counts;
            }
            Cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The round trips to one database, by the number of their statements.</summary>
    private sealed class RoundTrips : IDisposable
    {
        private readonly ActivityListener _listener;

        public RoundTrips(string connectionString)
        {
            var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    var text = activity.GetTagItem("db.query.text") as string ?? "";
                    if (activity.GetTagItem("db.namespace") as string == database && text.Contains("unnest(", StringComparison.Ordinal))
                    {
                        Seen.Add(text.Split("unnest(").Length - 1);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ConcurrentBag<int> Seen { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
