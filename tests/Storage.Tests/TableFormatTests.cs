using Marketplace.Storage.Contracts;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage.Tests;

/// <summary>Tables that an earlier build wrote are opened, and get what they lack.</summary>
public sealed class TableFormatTests
{
    private const string Id = "0a1b2c3d4e5f60718293";

    private static readonly EmbeddedStoreOptions Options = new() { FoldDelay = TimeSpan.Zero, Projections = [new TextProjection("k")] };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TablesOfTheFormatBefore_GetTheIndexOfIds()
    {
        using var folder = new TemporaryFolder();
        await using (var store = EmbeddedStore.Open(folder.Name, Options, TimeProvider.System))
        {
            await store.Write(new DocumentKey("k", Id), 0, TextProjection.Content("me", "open", "p", 1));
            await store.CatchUp(Cancel);
        }

        Run(folder.Name, "drop index listing_id; pragma user_version = 1");
        using (var check = StoreCheck.Open(folder.Name, TimeProvider.System))
        {
            Assert.Empty(await check.Findings(Cancel).ToListAsync(Cancel));
        }

        await using (var store = EmbeddedStore.Open(folder.Name, Options, TimeProvider.System))
        {
            Assert.Equal(Id, Assert.Single(await store.List(new ListingQuery("k", "me") { IdPrefix = Id[..8] }, Cancel)).Id);
        }
        Assert.Contains("listing_id", Run(folder.Name, "select name from sqlite_master where name = 'listing_id'"));
    }

    [Fact]
    public async Task TablesOfANewerFormat_AreRefused()
    {
        using var folder = new TemporaryFolder();
        await using (EmbeddedStore.Open(folder.Name, Options, TimeProvider.System))
        {
            // Opened and closed: the tables are there.
        }
        Run(folder.Name, $"pragma user_version = {TableSchema.Version + 1}");

        var refused = Assert.Throws<StoreNewerException>(() => EmbeddedStore.Open(folder.Name, Options, TimeProvider.System));

        Assert.Equal((3, 2), (refused.Format, refused.Known));
    }

    [Fact]
    public async Task Prefix_IsFoundByTheIndexOfIds()
    {
        var plan = await PlanOf(new ListingQuery("k", "me") { IdPrefix = Id });

        Assert.Contains("USING INDEX listing_id (kind=? AND owner=? AND <expr>>? AND <expr><?)", plan);
    }

    [Theory]
    [InlineData(false, "listing_state (kind=? AND owner=? AND state=?)")]
    [InlineData(true, "listing_label (kind=? AND label=?)")]
    public async Task StateAndLabel_AreFoundByTheIndexOfOne(bool onlyLooksAtState, string index)
    {
        Assert.Contains(index, await PlanOf(new ListingQuery("k", "me", "ended", "p"), onlyLooksAtState));
    }

    private static async Task<string> PlanOf(ListingQuery query, bool onlyLooksAtState = false)
    {
        using var folder = new TemporaryFolder();
        await using (EmbeddedStore.Open(folder.Name, Options, TimeProvider.System))
        {
            // Opened and closed: the tables are there.
        }
        return Run(folder.Name, "explain query plan " + ListingReader.TextOf(query, onlyLooksAtState), query);
    }

    /// <returns>The last column of each row.</returns>
    private static string Run(string folder, string sql, ListingQuery? query = null)
    {
        using var tables = new RealTableFile(Path.Combine(folder, DataDirectory.TablesFile));
        using var connection = tables.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (query is not null)
        {
            foreach (var name in (string[])["Kind", "Owner", "State", "Label", "IdPrefix", "IdPrefixEnd", "IdHead", "IdHeadEnd", "Limit"])
            {
                command.Parameters.Add(new SqliteParameter(name, "0"));
            }
        }

        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(reader.GetString(reader.FieldCount - 1));
        }
        return string.Join('\n', lines);
    }
}
