namespace Marketplace.Storage.Contracts;

/// <summary>What every <see cref="IListing"/> promises; its store reads <see cref="Kind"/> by a <see cref="TextProjection"/>.</summary>
public abstract class ListingContract
{
    protected const string Kind = TextProjection.Thing;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ValueTask<StoreUnderTest> Open();

    [Fact]
    public async Task Rows_ComeNewestFirst()
    {
        await using var store = await Open();
        foreach (var at in (long[])[3, 1, 2])
        {
            await Write(store, $"{at}", 0, "me", "open", "p", at);
        }
        await store.Wait(store.Listing.CatchUp(Cancel));
        var rows = await List(store, new ListingQuery(Kind));
        Assert.Equal(["3", "2", "1"], rows.Select(row => row.Id));
        Assert.Equal(("me", "open", "p"), (rows[0].Owner, rows[0].State, rows[0].Label));
        Assert.Equal("summary"u8.ToArray(), rows[0].Summary.ToArray());
        Assert.Equal(0, store.Listing.Lag);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ChangedDocument_HasOneRowWithItsNewestState(bool caughtUpBetween)
    {
        await using var store = await Open();
        await Write(store, "a", 0, "me", "open", "p", 1);
        await Write(store, "b", 0, "me", "open", "p", 2);
        if (caughtUpBetween)
        {
            await store.Wait(store.Listing.CatchUp(Cancel));
        }
        await Write(store, "a", 1, "me", "ended", "p", 1);
        await Write(store, "b", 1, "me", "hidden", "p", 2);
        await store.Reopen();
        await store.Wait(store.Listing.CatchUp(Cancel));

        Assert.Equal(["a"], (await List(store, new ListingQuery(Kind))).Select(row => row.Id));
        Assert.Equal(["a"], (await List(store, new ListingQuery(Kind, State: "ended"))).Select(row => row.Id));
        Assert.Empty(await List(store, new ListingQuery(Kind, State: "open")));
    }

    /// <summary>What is left of a job that was dropped is read as before, and is in no list.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndedDocumentThatLosesItsRow_StaysReadable(bool caughtUpBetween)
    {
        await using var store = await Open();
        await Write(store, "a", 0, "me", "ended", "p", 1);
        await Write(store, "b", 0, "me", "ended", "p", 2);
        if (caughtUpBetween)
        {
            await store.Wait(store.Listing.CatchUp(Cancel));
        }
        await Write(store, "a", 1, "me", "dropped", "p", 1);
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Reopen();
        await store.Wait(store.Listing.CatchUp(Cancel));

        Assert.Equal(["b"], (await List(store, new ListingQuery(Kind))).Select(row => row.Id));
        Assert.Equal(["b"], (await List(store, new ListingQuery(Kind, State: "ended"))).Select(row => row.Id));
        var left = await store.Wait(store.Documents.Read(new DocumentKey(Kind, "a"), Cancel));
        Assert.Equal(2, left?.Version);
    }

    [Fact]
    public async Task DeletedDocument_HasNoRow()
    {
        await using var store = await Open();
        await Write(store, "a", 0, "me", "open", "p", 1);
        await Write(store, "b", 0, "me", "ended", "p", 1);
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Wait(store.Documents.Delete(new DocumentKey(Kind, "a"), 1));
        await store.Wait(store.Documents.Delete(new DocumentKey(Kind, "b"), 1));
        await store.Wait(store.Listing.CatchUp(Cancel));
        Assert.Empty(await List(store, new ListingQuery(Kind)));
    }

    [Fact]
    public async Task Filters_AndCursor_GiveEachRowOnce()
    {
        await using var store = await Open();
        // Three rows a moment, so that pages end between rows of the same moment.
        for (var index = 0; index < 60; index++)
        {
            await Write(store, $"{index:d2}", 0, $"owner {index % 2}", index % 3 == 0 ? "ended" : "open", $"label {index % 5}", index / 3);
        }
        await store.Wait(store.Listing.CatchUp(Cancel));

        foreach (var owner in (string?[])[null, "owner 0", "nobody"])
        {
            foreach (var state in (string?[])[null, "ended"])
            {
                foreach (var label in (string?[])[null, "label 1"])
                {
                    var expected = Enumerable
                        .Range(0, 60)
                        .Where(index => owner is null || owner == $"owner {index % 2}")
                        .Where(index => state is null || index % 3 == 0)
                        .Where(index => label is null || index % 5 == 1)
                        .OrderByDescending(index => index / 3)
                        .ThenBy(index => index)
                        .Select(index => $"{index:d2}");
                    var seen = new List<string>();
                    ListingCursor? after = null;
                    while (true)
                    {
                        var page = await List(store, new ListingQuery(Kind, owner, state, label, after, 4));
                        seen.AddRange(page.Select(row => row.Id));
                        if (page.Count < 4)
                        {
                            break;
                        }
                        after = new ListingCursor(page[^1].At, page[^1].Id);
                    }
                    Assert.Equal(expected, seen);
                }
            }
        }
    }

    [Fact]
    public async Task RowsOfOneMoment_AreOrderedByTheBytesOfTheirIds()
    {
        await using var store = await Open();
        // Also where the database's own language would sort otherwise.
        string[] ids = ["", "A", "B", "Z", "a", "b", "z", "\u00e4", "\u00e5", "\u03c3", "\u6f22", "\uffff", "\ud83d\udcb0"];
        foreach (var id in ids.Skip(1).Reverse())
        {
            await Write(store, id, 0, "me", "open", "p", 1);
        }
        await store.Wait(store.Listing.CatchUp(Cancel));
        for (var index = 0; index < ids.Length; index++)
        {
            var after = new ListingCursor(new DateTimeOffset(1, TimeSpan.Zero), ids[index]);
            var page = await List(store, new ListingQuery(Kind, After: after));
            Assert.Equal(ids.Skip(index + 1), page.Select(row => row.Id));
        }
    }

    [Fact]
    public async Task Prefix_FindsIdsThatBeginSo_OfItsOwnerOnly_InTheirOrder()
    {
        await using var store = await Open();
        string[] mine =
        [
            "0a1b2c3d4e5f60",
            "0a1b2c3d4e5f61",
            "0a1b2c3d4f",
            "0a1b2c3dff",
            "0a1b2c3e",
            "blob0a1b2c3d01.me",
            "blob0a1b2c3d02.me",
        ];
        foreach (var (index, id) in mine.Index())
        {
            await Write(store, id, 0, "me", "open", "p", 100 - index);
        }
        await Write(store, "0a1b2c3d4e5f62", 0, "other", "open", "p", 1);
        await store.Wait(store.Listing.CatchUp(Cancel));

        foreach (
            var prefix in (string[])
                ["0a1b2c3d", "0a1b2c3d4e5f6", "0a1b2c3d4e5f61", "0a1b2c3e", "blob0a1b2c3d", "blob0a1b2c3d02", "0a1b2c3f", "f"]
        )
        {
            var found = await List(store, new ListingQuery(Kind, "me") { IdPrefix = prefix });
            Assert.Equal(mine.Where(id => id.StartsWith(prefix, StringComparison.Ordinal)), found.Select(row => row.Id));
        }

        Assert.Equal(
            mine.Take(2),
            (await List(store, new ListingQuery(Kind, "me", Limit: 2) { IdPrefix = "0a1b2c3d" })).Select(row => row.Id)
        );
        Assert.Empty(await List(store, new ListingQuery(Kind, "me", "ended") { IdPrefix = "0a1b2c3d" }));
    }

    [Fact]
    public async Task Filters_AreExact()
    {
        await using var store = await Open();
        string[] names = ["a", "A", "\u00e4", "a\u0308", "a ", "'", "\\", "%", ""];
        foreach (var (index, name) in names.Index())
        {
            await Write(store, $"{index}", 0, name, name, name, index);
        }
        await store.Wait(store.Listing.CatchUp(Cancel));
        foreach (var (index, name) in names.Index())
        {
            var row = Assert.Single(await List(store, new ListingQuery(Kind, name, name, name)));
            Assert.Equal(($"{index}", name, name, name), (row.Id, row.Owner, row.State, row.Label));
            Assert.Equal(index, row.At.UtcTicks);
        }
    }

    [Fact]
    public async Task KindWithoutProjection_HasNoRowsAndDoesNotHoldUpCatchUp()
    {
        await using var store = await Open();
        await store.Wait(store.Documents.Write(new DocumentKey("other", "a"), 0, "x"u8.ToArray()));
        await store.Wait(store.Listing.CatchUp(Cancel));
        Assert.Empty(await List(store, new ListingQuery("other")));
    }

    [Fact]
    public async Task PageSize_IsBounded()
    {
        await using var store = await Open();
        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
            await List(store, new ListingQuery(Kind, Limit: StoragePolicy.PageRowsMax + 1))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await List(store, new ListingQuery(Kind, Limit: 0)));
        Assert.Empty(await List(store, new ListingQuery(Kind, Limit: StoragePolicy.PageRowsMax)));
    }

    private static ValueTask<IReadOnlyList<ListingRow>> List(StoreUnderTest store, ListingQuery query) => store.Listing.List(query, Cancel);

    private static async Task Write(StoreUnderTest store, string id, long expected, string owner, string state, string label, long at) =>
        await store.Wait(
            store.Documents.Write(new DocumentKey(Kind, id), expected, TextProjection.Content(owner, state, label, at, "summary"))
        );
}
