using System.Text;
using Marketplace.Receipts;

namespace Marketplace.Storage.State;

/// <summary>A program's state tree is what the naive model says, through checkpoints and restarts.</summary>
public sealed class StateTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RandomBatches_GiveWhatTheModelSays(int seed)
    {
        var run = new StateRun(seed);
        await run.Run(batches: 300, flipEvery: 100);
        Assert.Empty(run.Violations);
        Assert.All(run.Counts, kind => Assert.True(kind.Value > 0, kind.Key));
        Assert.True(run.Counts.Count >= 13, string.Join(", ", run.Counts.Keys));
    }

    [Fact]
    public async Task Root_IsAFunctionOfTheKeysAlone()
    {
        var empty = new StateStore(new PlainDocuments(), "program", new StatePageCache()).Empty;
        StateWrite[] writes = [.. Enumerable.Range(0, 1000).Select(number => Put($"{number}", $"value {number}"))];
        var atOnce = await empty.With(writes);
        var oneByOne = empty;
        foreach (var write in writes.Reverse())
        {
            oneByOne = await oneByOne.With([write]);
        }
        var withOthers = await empty.With([.. Enumerable.Range(500, 1000).Select(number => Put($"{number}", "else")), .. writes]);
        withOthers = await withOthers.With([.. Enumerable.Range(1000, 500).Select(number => Delete($"{number}"))]);

        Assert.True(empty.Root.Value.IsZero);
        Assert.Equal(atOnce.Root, oneByOne.Root);
        Assert.Equal(atOnce.Root, withOthers.Root);
        Assert.NotEqual((await empty.With([Put("ab", "c")])).Root, (await empty.With([Put("a", "bc")])).Root);
    }

    [Fact]
    public async Task Change_LeavesTheTreeBeforeAsItWas()
    {
        var empty = new StateStore(new PlainDocuments(), "program", new StatePageCache()).Empty;
        var before = await empty.With([Put("a", "1"), Put("b", "2")]);
        var root = before.Root;
        var after = await before.With([Put("a", "x"), Delete("b"), Put("c", "3")]);

        Assert.NotEqual(root, after.Root);
        Assert.Equal(root, before.Root);
        Assert.Equal("2", Encoding.UTF8.GetString((await before.Find("b"u8.ToArray()))!.Value.Span));
        Assert.Null(await after.Find("b"u8.ToArray()));
        Assert.Same(after, await after.With([Put("c", "3"), Delete("not there")]));
    }

    [Fact]
    public async Task ReadingAKey_ReadsOnePage_AndNoneAgain()
    {
        var documents = new PlainDocuments();
        await Stored(documents, keys: 5000);
        var tree = (await new StateStore(documents, "program", new StatePageCache()).Load()).Tree;
        var reads = documents.Reads;

        Assert.NotNull(await tree.Find("key 00017"u8.ToArray()));
        Assert.Equal(reads + 1, documents.Reads);
        Assert.NotNull(await tree.Find("key 00017"u8.ToArray()));
        Assert.Equal(reads + 1, documents.Reads);
    }

    [Fact]
    public async Task Memory_KeepsNoMorePagesThanItMay()
    {
        var documents = new PlainDocuments();
        await Stored(documents, keys: 5000);
        var cache = new StatePageCache(100_000);
        var tree = (await new StateStore(documents, "program", cache).Load()).Tree;
        for (var number = 0; number < 5000; number += 7)
        {
            Assert.NotNull(await tree.Find(Encoding.UTF8.GetBytes($"key {number:00000}")));
            Assert.InRange(cache.Bytes, 1, 100_000);
        }
    }

    [Fact]
    public async Task SmallChange_WritesFewDocuments()
    {
        var documents = new PlainDocuments();
        var (store, tree) = await Stored(documents, keys: 5000);
        var writes = documents.Writes;
        await store.Save(await tree.With([Put("key 00017", "other")]), 2, default, []);
        // Two heads, one page, the directory, and the list of what was replaced.
        Assert.Equal(writes + 5, documents.Writes);
    }

    [Fact]
    public async Task DamagedPage_IsFoundWhenItIsRead()
    {
        var documents = new PlainDocuments();
        await Stored(documents, keys: 5);
        // The pages come before the directory: the first one has the entries, and its last byte is of a value.
        documents.Flip("state-page", "program.1.0", 8 * 40);
        var tree = (await new StateStore(documents, "program", new StatePageCache()).Load()).Tree;
        await Assert.ThrowsAsync<InvalidDataException>(async () => await tree.Find("key 00001"u8.ToArray()));
    }

    [Fact]
    public async Task Chunk_StartsOnlyBehindAnEntryOfTheState()
    {
        var (_, tree) = await Stored(new PlainDocuments(), keys: 500);
        var first = await tree.Chunk(null, 5000);
        Assert.False(first.IsLast);
        Assert.Equal(first.End, (await tree.Chunk(first.End, 5000)).Previous!.Value.Path);
        await Assert.ThrowsAsync<ArgumentException>(async () => await tree.Chunk(StateHashes.Path("not there"u8), 5000));
        var whole = await tree.Chunk(null);
        Assert.True(whole.IsLast);
        await Assert.ThrowsAsync<ArgumentException>(async () => await tree.Chunk(whole.End, 5000));
    }

    internal static StateWrite Put(string key, string value) => new(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    internal static StateWrite Delete(string key) => new(Encoding.UTF8.GetBytes(key), null);

    private static async Task<(StateStore Store, StateTree Tree)> Stored(PlainDocuments documents, int keys)
    {
        var store = new StateStore(documents, "program", new StatePageCache());
        var tree = (await store.Load()).Tree;
        tree = await tree.With([.. Enumerable.Range(0, keys).Select(number => Put($"key {number:00000}", $"value {number}"))]);
        await store.Save(tree, 1, default, []);
        return (store, tree);
    }
}
