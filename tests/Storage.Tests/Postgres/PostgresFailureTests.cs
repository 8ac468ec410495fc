using System.Text;
using Dapper;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Storage;

/// <summary>What happens to writes when the server, the connection or one of the neighbours in a batch fails.</summary>
public sealed class PostgresFailureTests(PostgresFixture postgres)
{
    private const string KillStores = """
        select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where application_name = 'marketplace store' and datname = current_database() and pid <> pg_backend_pid()
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KilledBackends_LeaveOutcomesUnknownAndNothingLost()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database);
        using var stop = new CancellationTokenSource();
        using var progress = new SemaphoreSlim(0);
        var writers = Enumerable.Range(0, 24).Select(writer => WriteUntil(store.Store, $"{writer}", progress, stop.Token)).ToList();
        var killed = 0;
        await using (var connection = new NpgsqlConnection(database))
        {
            for (var round = 0; round < 15; round++)
            {
                await Take(progress, 30);
                killed += (await connection.QueryAsync<bool>(KillStores)).Count();
            }
        }
        await stop.CancelAsync();
        var outcomes = await Task.WhenAll(writers);

        Assert.NotEqual(0, killed);
        foreach (var (writer, outcome) in outcomes.Index())
        {
            var stored = (await store.Store.Read(new DocumentKey("k", $"{writer}"), Cancel))?.Version ?? 0;
            Assert.InRange(stored, outcome.Acknowledged, outcome.Acknowledged + outcome.Unknown);
            Assert.True(await WritesOn(store.Store, new DocumentKey("k", $"{writer}")));
        }
    }

    /// <summary>That a connection was killed in the last round may show only now, once for each.</summary>
    private static async Task<bool> WritesOn(PostgresStore store, DocumentKey key)
    {
        for (var attempt = 0; attempt < 24; attempt++)
        {
            var version = (await store.Read(key, Cancel))?.Version ?? 0;
            try
            {
                return await store.Write(key, version, default) == version + 1;
            }
            catch (StoreUnavailableException) { }
        }
        return false;
    }

    [Fact]
    public async Task BackendKilledInTheMiddleOfABatch_FailsItAsUnknown_AndTheNextWriteSucceeds()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 });
        Task write = Task.CompletedTask;
        await PostgresConcurrencyTests.WithLockedTable(
            database,
            async () =>
            {
                write = store.Store.Write(new DocumentKey("k", "a"), 0, default).AsTask();
                await PostgresConcurrencyTests.UntilSomebodyWaits(database, "relation");
                await PostgresServer.Execute(database, KillStores);
                Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => write)).MayHaveHappened);
            }
        );
        Assert.Equal(1, await store.Store.Write(new DocumentKey("k", "a"), 0, default));
    }

    [Fact]
    public async Task RestartedServer_HasWhatWasAcknowledged()
    {
        // Not the one that the other tests use.
        Assert.SkipUnless(PostgresServer.IsInstalled || Vectors.Required, PostgresServer.Missing);
        await using var server = await PostgresServer.Start();
        await using var store = await PostgresUnderTest.Open(await server.CreateDatabase());
        using var stop = new CancellationTokenSource();
        var restarted = new TaskCompletionSource();
        using var progress = new SemaphoreSlim(0);
        var writers = Enumerable
            .Range(0, 8)
            .Select(writer => WriteUntil(store.Store, $"{writer}", progress, stop.Token, restarted.Task))
            .ToList();
        await Take(progress, 100);
        await server.Restart();
        restarted.SetResult();
        await stop.CancelAsync();

        foreach (var (writer, outcome) in (await Task.WhenAll(writers)).Index())
        {
            var stored = (await store.Store.Read(new DocumentKey("k", $"{writer}"), Cancel))?.Version ?? 0;
            Assert.InRange(stored, outcome.Acknowledged, outcome.Acknowledged + outcome.Unknown);
        }
    }

    [Fact]
    public async Task Standby_IsNotUsedUntilItIsPromoted()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled || Vectors.Required, PostgresServer.Missing);
        await using var server = await PostgresServer.Start();
        var database = await server.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 });
        await store.Store.Append("s", 0, [default]);
        await server.Restart(asStandby: true);

        // The first write finds its connection dead.
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.Store.Append("s", 1, [default]));
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.Store.Append("s", 1, [default]));
        Assert.False(refusal.MayHaveHappened);
        Assert.Contains("standby", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.Store.Read(new DocumentKey("k", "a"), Cancel));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await store.Store.Read("s", cancellation: Cancel).CountAsync(Cancel)
        );
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.Store.List(new ListingQuery("k"), Cancel));

        await PostgresServer.Execute(database, "select pg_promote()");
        Assert.Equal(2, await store.Store.Append("s", 1, [default]));
        Assert.Equal(2, await store.Store.Read("s", cancellation: Cancel).CountAsync(Cancel));
    }

    [Fact]
    public async Task ReadsAfterTheServerLostItsConnections_Succeed()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database);
        await store.Store.Write(new DocumentKey("thing", "a"), 0, Contracts.TextProjection.Content("me", "open", "p", 1));
        await store.Store.Append("s", 0, [default]);
        for (var round = 0; round < 3; round++)
        {
            var reads = Enumerable.Range(0, 8).Select(_ => store.Store.Read(new DocumentKey("thing", "a"), Cancel).AsTask());
            Assert.All(await Task.WhenAll(reads), read => Assert.Equal(1, read!.Value.Version));
            var lists = Enumerable.Range(0, 8).Select(_ => store.Store.List(new ListingQuery("thing"), Cancel).AsTask());
            Assert.All(await Task.WhenAll(lists), rows => Assert.Single(rows));
            Assert.Equal(1, await store.Store.Scan("thing", Cancel).CountAsync(Cancel));
            Assert.Equal(1, await store.Store.Read("s", cancellation: Cancel).CountAsync(Cancel));
            await PostgresServer.Execute(database, KillStores);
        }
    }

    [Fact]
    public async Task ConnectionsThatDiedWhileNobodyWrote_AreReplacedBeforeTheNextWrite()
    {
        var database = await postgres.CreateDatabase();
        var time = new ManualTime();
        var options = new PostgresStoreOptions
        {
            ConnectionString = database,
            RequireDurableServer = false,
            WriteConnections = 1,
        };
        await using var store = await PostgresStore.Open(options, time, Cancel);
        for (var version = 0; version < 3; version++)
        {
            Assert.Equal(version + 1, await store.Write(new DocumentKey("k", "a"), version, default));
            await PostgresServer.Execute(database, KillStores);
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task ServerThatAcknowledgesTooEarly_IsRefused()
    {
        var database = await postgres.CreateDatabase();
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await PostgresServer.Execute(database, $"alter database {name} set synchronous_commit = off");
        var refusal = await Assert.ThrowsAsync<PostgresSettingsException>(() =>
            PostgresStore.Open(new PostgresStoreOptions { ConnectionString = database }, TimeProvider.System, Cancel)
        );
        Assert.Equal(("synchronous_commit", "off"), (refusal.Setting, refusal.Value));
    }

    [Fact]
    public async Task ServerWithoutFsync_IsRefused()
    {
        var database = await postgres.CreateDatabase();
        var refusal = await Assert.ThrowsAsync<PostgresSettingsException>(() =>
            PostgresStore.Open(new PostgresStoreOptions { ConnectionString = database }, TimeProvider.System, Cancel)
        );
        Assert.Equal(("fsync", "off"), (refusal.Setting, refusal.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Username=me")]
    [InlineData("Host=here;Secret Word=swordfish")]
    public async Task ConnectionStringThatIsNone_IsRefusedByTheOptionsName(string text)
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() =>
            PostgresStore.Open(new PostgresStoreOptions { ConnectionString = text }, TimeProvider.System, Cancel)
        );
        Assert.Contains("PostgresStoreOptions.ConnectionString", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListsThatTakeAllTheirConnections_DoNotLookLikeALostDatabase()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(
            database,
            options => options with { QueryConnectionsMax = 1, ConnectTimeMax = TimeSpan.FromSeconds(3) }
        );
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await connection.ExecuteAsync("lock table market.documents in access exclusive mode");
        var list = store.Store.List(new ListingQuery("k"), Cancel).AsTask();
        await PostgresConcurrencyTests.UntilSomebodyWaits(database, "relation");

        await store.Store.Ping();

        await transaction.CommitAsync(Cancel);
        Assert.Empty(await list);
    }

    [Fact]
    public async Task AbsentServer_IsToldInTime()
    {
        var folder = Directory.CreateTempSubdirectory("market-none-");
        var options = new PostgresStoreOptions { ConnectionString = $"Host={folder.FullName};Username=market;Database=none" };
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => PostgresStore.Open(options, TimeProvider.System, Cancel));
        folder.Delete();
        Assert.False(failure.MayHaveHappened);
    }

    [Fact]
    public async Task OneRefusedWrite_DoesNotFailItsNeighbours()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WriteConnections = 1 });
        await PostgresServer.Execute(database, "alter table market.documents add check (id <> '13')");
        var writes = new List<Task<long>>();
        await PostgresConcurrencyTests.WithLockedTable(
            database,
            () =>
            {
                for (var index = 0; index < 40; index++)
                {
                    writes.Add(store.Store.Write(new DocumentKey("k", $"{index}"), 0, default).AsTask());
                }
                return Task.CompletedTask;
            }
        );

        Assert.False((await Assert.ThrowsAsync<StoreUnavailableException>(() => writes[13])).MayHaveHappened);
        writes.RemoveAt(13);
        Assert.All(await Task.WhenAll(writes), version => Assert.Equal(1, version));
    }

    [Fact]
    public async Task TooManyWaitingWrites_AreRefusedAtOnce()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database, options => options with { WaitingMax = 3 });
        Task[] waiting = [];
        await PostgresConcurrencyTests.WithLockedTable(
            database,
            () =>
            {
                waiting =
                [
                    .. Enumerable.Range(0, 3).Select(index => store.Store.Write(new DocumentKey("k", $"{index}"), 0, default).AsTask()),
                ];
                var refusal = Assert.Throws<StoreUnavailableException>(() =>
                {
                    _ = store.Store.Write(new DocumentKey("k", "3"), 0, default);
                });
                Assert.False(refusal.MayHaveHappened);
                return Task.CompletedTask;
            }
        );
        await Task.WhenAll(waiting);
        Assert.Equal(1, await store.Store.Write(new DocumentKey("k", "3"), 0, default));
    }

    [Fact]
    public async Task WriteThatTheServerDoesNotAnswer_IsGivenUp()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(
            database,
            options => options with { CommandTimeMax = TimeSpan.FromSeconds(3), WriteConnections = 1 }
        );
        await PostgresConcurrencyTests.WithLockedTable(
            database,
            () => Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.Store.Write(new DocumentKey("k", "a"), 0, default))
        );
        Assert.Equal(1, await store.Store.Write(new DocumentKey("k", "a"), 0, default));
    }

    [Fact]
    public async Task ClosedStore_FinishesWhatItTookAndRefusesTheRest()
    {
        var database = await postgres.CreateDatabase();
        var store = await PostgresUnderTest.Open(database);
        var writes = Enumerable
            .Range(0, 50)
            .Select(index => store.Store.Write(new DocumentKey("k", $"{index % 5}"), index / 5, default).AsTask())
            .ToList();
        await store.DisposeAsync();
        Assert.All(writes, write => Assert.True(write.IsCompletedSuccessfully));
        Assert.Throws<StoreStoppedException>(() =>
        {
            _ = store.Store.Write(new DocumentKey("k", "x"), 0, default);
        });
    }

    [Theory]
    [InlineData("update market.documents set content = '\\x00' where id = 'b'")]
    [InlineData("update market.documents set version = 2 where id = 'b'")]
    [InlineData("update market.documents set id = 'B' where id = 'b'")]
    [InlineData("update market.log set content = '\\x00' where version = 2")]
    [InlineData("delete from market.log where version = 2")]
    [InlineData("update market.log set stream = 't' where version = 2")]
    public async Task DamagedRow_IsRefusedAndNamed(string damage)
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database);
        foreach (var id in (string[])["a", "b", "c"])
        {
            await store.Store.Write(new DocumentKey("k", id), 0, Encoding.UTF8.GetBytes(id));
        }
        await store.Store.Append("s", 0, ["one"u8.ToArray(), "two"u8.ToArray(), "three"u8.ToArray()]);
        await PostgresServer.Execute(database, damage);

        var stream = damage.Contains("market.log", StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<StoreDamagedException>(async () =>
            _ = stream
                ? await store.Store.Read("s", cancellation: Cancel).CountAsync(Cancel)
                : await store.Store.Scan("k", Cancel).CountAsync(Cancel)
        );
        Assert.Equal(stream ? "market.log" : "market.documents", refusal.File);
        Assert.Equal("a", Encoding.UTF8.GetString((await store.Store.Read(new DocumentKey("k", "a"), Cancel))!.Value.Content.Span));
        if (!stream)
        {
            await Assert.ThrowsAsync<StoreDamagedException>(async () =>
                await store.Store.Read(new DocumentKey("k", damage.Contains("'B'", StringComparison.Ordinal) ? "B" : "b"), Cancel)
            );
        }
    }

    private static async Task Take(SemaphoreSlim progress, int count)
    {
        while (count-- > 0)
        {
            await progress.WaitAsync(Cancel);
        }
    }

    /// <summary>
    /// Writes one document again and again, as a grain does: after an unknown outcome it reads first, once the server is
    /// <paramref name="mended"/>.
    /// </summary>
    private static async Task<(int Acknowledged, int Unknown)> WriteUntil(
        PostgresStore store,
        string id,
        SemaphoreSlim progress,
        CancellationToken stop,
        Task? mended = null
    )
    {
        var (acknowledged, unknown) = (0, 0);
        for (long version = 0; !stop.IsCancellationRequested; )
        {
            try
            {
                version = await store.Write(new DocumentKey("k", id), version, default);
                acknowledged++;
                progress.Release();
            }
            catch (StoreUnavailableException failure)
            {
                unknown += failure.MayHaveHappened ? 1 : 0;
                await (mended ?? Task.CompletedTask);
                version = await ReadWhenPossible(store, id) ?? version;
            }
            catch (VersionConflictException conflict)
            {
                version = conflict.Stored;
            }
        }
        return (acknowledged, unknown);
    }

    private static async Task<long?> ReadWhenPossible(PostgresStore store, string id)
    {
        try
        {
            return (await store.Read(new DocumentKey("k", id), Cancel))?.Version ?? 0;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
