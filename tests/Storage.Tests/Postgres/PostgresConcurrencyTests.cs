using System.Globalization;
using System.Text;
using Dapper;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>Several processes on one database: two stores here, which know nothing of each other.</summary>
public sealed class PostgresConcurrencyTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counters_ThatTwoStoresIncrement_LoseNothing()
    {
        var database = await postgres.CreateDatabase();
        await using var one = await PostgresUnderTest.Open(database);
        await using var other = await PostgresUnderTest.Open(database);
        const int Increments = 25;
        var keys = Enumerable.Range(0, 5).Select(index => new DocumentKey("counter", $"{index}")).ToArray();

        await Task.WhenAll(
            from store in (PostgresStore[])[one.Store, other.Store]
            from key in keys.Concat(keys.Reverse())
            select Increment(store, key, Increments)
        );

        foreach (var key in keys)
        {
            var counter = (await one.Store.Read(key, Cancel))!.Value;
            Assert.Equal((4 * Increments, 4 * Increments), (counter.Version, ValueOf(counter)));
        }
    }

    [Fact]
    public async Task OfRandomWritesToFewKeys_EachVersionHasOneWriter()
    {
        var database = await postgres.CreateDatabase();
        await using var one = await PostgresUnderTest.Open(database, options => options with { BatchItemsMax = 8 });
        await using var other = await PostgresUnderTest.Open(database, options => options with { BatchItemsMax = 8 });
        var steps = new List<(string Key, long From, long To)>();

        await Task.WhenAll(
            from seed in Enumerable.Range(0, 16)
            select WriteAtRandom(seed % 2 == 0 ? one.Store : other.Store, new Random(seed), steps)
        );

        foreach (var chain in steps.GroupBy(step => step.Key))
        {
            // Each deletion makes room for one more first version, and each version but the last was replaced once.
            var made = chain.Where(step => step.To > 0).CountBy(step => step.To).ToDictionary();
            var replaced = chain.Where(step => step.From > 0).CountBy(step => step.From).ToDictionary();
            var stored = (await one.Store.Read(new DocumentKey("k", chain.Key), Cancel))?.Version ?? 0;
            foreach (var (version, count) in made)
            {
                Assert.Equal(count - (version == stored ? 1 : 0), replaced.GetValueOrDefault(version));
            }
        }
    }

    [Fact]
    public async Task AppendsOfTwoStores_LeaveNoGapsAndLoseNothing()
    {
        var database = await postgres.CreateDatabase();
        await using var one = await PostgresUnderTest.Open(database);
        await using var other = await PostgresUnderTest.Open(database);
        const int Appends = 20;

        var counts = await Task.WhenAll(
            from store in (PostgresStore[])[one.Store, other.Store]
            from writer in Enumerable.Range(0, 4)
            select AppendAll(store, writer, Appends)
        );

        var entries = new List<string>();
        await foreach (var entry in one.Store.Read("s", cancellation: Cancel))
        {
            entries.Add(Encoding.UTF8.GetString(entry.Content.Span));
        }
        Assert.Equal(counts.Sum(), entries.Count);
        // An append's entries stand together, in order.
        foreach (var (index, entry) in entries.Index().Where(entry => !entry.Item.EndsWith("/0", StringComparison.Ordinal)))
        {
            Assert.Equal(entry.Split('/')[0], entries[index - 1].Split('/')[0]);
        }
    }

    [Fact]
    public async Task Deadlock_IsTriedAgain()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 });
        await store.Store.Write(new DocumentKey("k", "a"), 0, default);
        await store.Store.Write(new DocumentKey("k", "b"), 0, default);
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancel);
        await using var stranger = await connection.BeginTransactionAsync(Cancel);
        // The store is the one that finds the deadlock, and so the one that has to go.
        await connection.ExecuteAsync("set local deadlock_timeout = '1min'; select from market.documents where id = 'b' for update");

        Task[] writes = [];
        await WithLockedTable(
            database,
            async () =>
            {
                // The first one waits for the table, and the others gather behind it for one batch.
                writes =
                [
                    store.Store.Write(new DocumentKey("k", "c"), 0, default).AsTask(),
                    store.Store.Write(new DocumentKey("k", "a"), 1, default).AsTask(),
                    store.Store.Write(new DocumentKey("k", "b"), 1, default).AsTask(),
                ];
                await UntilSomebodyWaits(database, "relation");
            }
        );
        // The store has 'a' and waits for 'b': now the circle closes.
        await UntilSomebodyWaits(database, "transactionid");
        await connection.ExecuteAsync("select from market.documents where id = 'a' for update");
        await stranger.CommitAsync(Cancel);
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task WritesThatGathered_ShareATransaction()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 });
        var writes = new List<Task>();
        await WithLockedTable(
            database,
            () =>
            {
                for (var index = 0; index < 400; index++)
                {
                    writes.Add(store.Store.Write(new DocumentKey("k", $"{index}"), 0, default).AsTask());
                }
                return Task.CompletedTask;
            }
        );
        await Task.WhenAll(writes);

        await using var connection = new NpgsqlConnection(database);
        Assert.InRange(await connection.ExecuteScalarAsync<int>("select count(distinct xmin::text) from market.documents"), 1, 2);
    }

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(7, 1 << 20)]
    [InlineData(512, 1)]
    public async Task Batches_AreCutAtTheirLimits(int items, int bytes)
    {
        await using var store = await PostgresUnderTest.Open(
            await postgres.CreateDatabase(),
            options => options with { BatchItemsMax = items, BatchBytesMax = bytes }
        );
        var content = new byte[100];
        var keys = Enumerable.Range(0, 41).Select(index => new DocumentKey("k", $"{index}")).ToList();
        await Task.WhenAll(keys.Take(40).Select(key => store.Store.Write(key, 0, content).AsTask()));
        await store.Store.Append("s", 0, [.. Enumerable.Repeat<ReadOnlyMemory<byte>>(content, 40)]);

        var reads = await Task.WhenAll(keys.Select(key => store.Store.Read(key, Cancel).AsTask()));
        Assert.Equal(40, reads.Count(read => read is { Version: 1, Content.Length: 100 }));
        Assert.Null(reads[40]);
        Assert.Equal(40, await store.Store.Scan("k", Cancel).CountAsync(Cancel));
        Assert.Equal(40, await store.Store.Read("s", cancellation: Cancel).CountAsync(Cancel));
    }

    /// <summary>Lets something happen while no transaction can write documents.</summary>
    internal static async Task WithLockedTable(string database, Func<Task> happen)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await connection.ExecuteAsync("lock table market.documents in share mode");
        await happen();
        await transaction.CommitAsync(Cancel);
    }

    /// <summary>The server tells nobody that a session waits for a lock; there is nothing to wait on but its list of locks.</summary>
    internal static Task UntilSomebodyWaits(string database, string forWhat) =>
        PostgresServer.Execute(
            database,
            $"""
            do $$ begin
                while not exists (select from pg_locks where not granted and locktype = '{forWhat}') loop
                    perform pg_sleep(0.002);
                end loop;
            end $$
            """
        );

    private static async Task Increment(PostgresStore store, DocumentKey key, int times)
    {
        while (times > 0)
        {
            var read = await store.Read(key, Cancel);
            try
            {
                await store.Write(key, read?.Version ?? 0, Encoding.UTF8.GetBytes($"{(read is { } counter ? ValueOf(counter) : 0) + 1}"));
                times--;
            }
            catch (VersionConflictException)
            {
                // Somebody else was faster: read again.
            }
        }
    }

    private static async Task WriteAtRandom(PostgresStore store, Random random, List<(string, long, long)> steps)
    {
        for (var step = 0; step < 40; step++)
        {
            var key = new DocumentKey("k", $"{random.Next(6)}");
            var version = random.Next(4) == 0 ? 0 : (await store.Read(key, Cancel))?.Version ?? 0;
            try
            {
                long after = 0;
                if (version > 0 && random.Next(3) == 0)
                {
                    await store.Delete(key, version);
                }
                else
                {
                    after = await store.Write(key, version, default);
                }
                lock (steps)
                {
                    steps.Add((key.Id, version, after));
                }
            }
            catch (VersionConflictException)
            {
                // That is what the others are there for.
            }
        }
    }

    private static async Task<int> AppendAll(PostgresStore store, int writer, int appends)
    {
        var count = 0;
        for (long version = 0; appends > 0; )
        {
            var length = (writer + appends) % 3 + 1;
            var name = $"{store.GetHashCode()} {writer} {appends}";
            try
            {
                var entries = Enumerable.Range(0, length).Select(index => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"{name}/{index}"));
                version = await store.Append("s", version, [.. entries]);
                count += length;
                appends--;
            }
            catch (VersionConflictException conflict)
            {
                version = conflict.Stored;
            }
        }
        return count;
    }

    private static int ValueOf(Document counter) => int.Parse(Encoding.UTF8.GetString(counter.Content.Span), CultureInfo.InvariantCulture);
}
