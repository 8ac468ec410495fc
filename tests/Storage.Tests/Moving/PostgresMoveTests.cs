using Marketplace.Storage.Contracts;
using Marketplace.Testing;

namespace Marketplace.Storage.Moving;

/// <summary>From a node on one machine into a database and back.</summary>
public sealed class PostgresMoveTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodeThatIsMovedToADatabaseAndBack_IsTheSame()
    {
        using var node = await FilledNode.Make();
        var exported = await node.Export(Cancel);
        var wanted = await MoveTests.Everything(node.Store);
        var database = await postgres.CreateDatabase();
        var (blobs, keys, back) = (node.NewFolder(), node.NewFolder(), node.NewFolder());

        await Import(node.File, database, blobs, keys);
        await using (var contents = await PostgresContents.Open(database, requireDurableServer: false, Cancel))
        {
            Assert.Equal(wanted, await MoveTests.Lines(contents));
            var source = new ExportSource(contents, FileBlobStore.OpenBeside(blobs, TimeProvider.System), "postgres", KeyFiles.Read(keys));
            Assert.Equal(exported, await StoreExport.Write(node.File, overwrite: true, source, TimeProvider.System, null, Cancel));
        }
        await using (var target = EmbeddedImport.Open(back, TimeProvider.System))
        {
            Assert.Equal(exported, (await StoreImport.Run(node.File, target, null, Cancel)).Contents);
        }

        Assert.Equal(wanted, await MoveTests.Everything(Path.Combine(back, "store")));
        Assert.Equal(await MoveTests.List(node.Store), await MoveTests.List(Path.Combine(back, "store")));
        foreach (var name in KeyFiles.Names)
        {
            Assert.Equal($"secret of {name}\n", await File.ReadAllTextAsync(Path.Combine(back, name), Cancel));
        }
    }

    [Theory]
    [InlineData(8 << 20)]
    [InlineData(1000)]
    [InlineData(1)]
    public async Task ReadModel_IsMadeByTheFirstStoreThatOpens_AndTheStoreGoesOnFromThere(int pageBytesMax)
    {
        using var node = await FilledNode.Make();
        await node.Export(Cancel);
        var database = await postgres.CreateDatabase();
        await Import(node.File, database, node.NewFolder(), null);

        var wanted = await MoveTests.List(node.Store);
        // One that knows no projections leaves it to the next.
        await using (await PostgresUnderTest.Open(database, options => options with { Projections = [] })) { }
        await using var store = await PostgresUnderTest.Open(database, options => options with { BatchBytesMax = pageBytesMax });
        await using var other = await PostgresUnderTest.Open(database);
        Assert.Equal(wanted, await MoveTests.List(store.Listing));
        Assert.Null(await store.Documents.Read(PostgresReadModel.Note, Cancel));
        Assert.Equal(
            2,
            await other.Documents.Write(new DocumentKey(TextProjection.Thing, "1"), 1, TextProjection.Content("new", "open", "l", 1))
        );
        Assert.Single(await store.Listing.List(new ListingQuery(TextProjection.Thing, Owner: "new"), Cancel));
        Assert.Empty(await PostgresCheck.Findings(database, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task DatabaseThatAStoreHasOpen_IsNeitherExportedNorImportedInto()
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var database = await postgres.CreateDatabase();
        await using (await PostgresUnderTest.Open(database))
        {
            await Assert.ThrowsAsync<MoveRefusedException>(async () => await PostgresContents.Open(database, false, Cancel));
            await Assert.ThrowsAsync<MoveRefusedException>(() => Import(node.File, database, node.NewFolder(), null));
        }
        await using (await PostgresContents.Open(database, false, Cancel))
        {
            await Assert.ThrowsAsync<MoveRefusedException>(async () => await PostgresUnderTest.Open(database));
        }
        await Import(node.File, database, node.NewFolder(), null);
    }

    [Fact]
    public async Task StoreWhoseConnectionWasLost_IsSeenAgain()
    {
        var database = await postgres.CreateDatabase();
        await using var store = await PostgresUnderTest.Open(database);
        const string Lost =
            "select pg_terminate_backend(pid) from pg_stat_activity "
            + "where application_name = 'marketplace presence' and datname = current_database()";
        await PostgresServer.Execute(database, Lost);
        await using var alone = await WaitUntilAlone(database);
        Assert.Null(alone);

        // The store is to be seen again; until then the lock is free for a moment.
        static async Task<PostgresContents?> WaitUntilAlone(string database)
        {
            while (true)
            {
                try
                {
                    await using var contents = await PostgresContents.Open(database, false, Cancel);
                }
                catch (MoveRefusedException)
                {
                    return null;
                }
            }
        }
    }

    [Fact]
    public async Task DatabaseThatHoldsSomething_IsNotImportedInto()
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var database = await postgres.CreateDatabase();
        await using (var store = await PostgresUnderTest.Open(database))
        {
            await store.Documents.Write(new DocumentKey("k", "a"), 0, new byte[1]);
        }
        var refusal = await Assert.ThrowsAsync<MoveRefusedException>(() => Import(node.File, database, node.NewFolder(), null));
        Assert.Contains("holds a market already", refusal.Message);
    }

    [Fact]
    public async Task ImportThatIsCancelled_LeavesTheDatabaseEmpty_AndNoKeys()
    {
        using var node = await FilledNode.Make();
        await node.Export(Cancel);
        var database = await postgres.CreateDatabase();
        var keys = node.NewFolder();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using var target = await PostgresImport.Open(database, node.NewFolder(), keys, false, Cancel);
            await StoreImport.Run(node.File, target, new StopAtComparing(stop), stop.Token);
        });
        Assert.False(Directory.Exists(keys));
        await Import(node.File, database, node.NewFolder(), keys);
        Assert.Equal(
            KeyFiles.Names.Append(RestoredMark.FileName).Order(StringComparer.Ordinal),
            Directory.GetFiles(keys).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task DamagedRows_AreFoundByTheCheck_AndNotExported()
    {
        using var node = await FilledNode.Make(5);
        await node.Export(Cancel);
        var database = await postgres.CreateDatabase();
        await Import(node.File, database, node.NewFolder(), null);
        await PostgresServer.Execute(database, "update market.documents set content = 'x' where kind = 'thing' and id = '1'");
        await PostgresServer.Execute(database, "delete from market.log where stream = 'stream/5' and version = 3");
        await PostgresServer.Execute(database, "update market.log set version = 9999 where stream = 'stream/new' and version = 3");

        var findings = await PostgresCheck.Findings(database, Cancel).Select(finding => finding.What).ToListAsync(Cancel);

        Assert.Equal(4, findings.Count);
        Assert.Contains("the checksum of 'thing/1' does not fit.", findings);
        Assert.Contains("the entry before 4 of the stream 'stream/5' is missing.", findings);
        await using var contents = await PostgresContents.Open(database, false, Cancel);
        await Assert.ThrowsAsync<StoreDamagedException>(() => MoveTests.Lines(contents));
    }

    [Fact]
    public async Task DatabaseWithoutAMarket_IsNotExported()
    {
        var database = await postgres.CreateDatabase();
        await Assert.ThrowsAsync<MoveRefusedException>(async () => await PostgresContents.Open(database, false, Cancel));
    }

    private static async Task Import(string file, string database, string blobs, string? keys)
    {
        await using var target = await PostgresImport.Open(database, blobs, keys, requireDurableServer: false, Cancel);
        await StoreImport.Run(file, target, null, Cancel);
    }

    private sealed class StopAtComparing(CancellationTokenSource stop) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value)
        {
            if (value.Step == "comparing")
            {
                stop.Cancel();
            }
        }
    }
}
