using System.Text;

namespace Marketplace.Storage.Contracts;

/// <summary>What every <see cref="IEventLog"/> promises.</summary>
public abstract class EventLogContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ValueTask<StoreUnderTest> Open();

    [Fact]
    public async Task EmptyStream_HasNoEntries()
    {
        await using var store = await Open();
        Assert.Empty(await ReadAll(store, "s"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_ComeBackInOrder(bool folded)
    {
        await using var store = await Open();
        long version = 0;
        for (var append = 1; append <= 20; append++)
        {
            version = await store.Wait(store.Log.Append("s", version, Entries(version, append % 4 + 1)));
            if (folded && append is 7 or 13)
            {
                await store.Wait(store.Listing.CatchUp(Cancel));
            }
            await store.Wait(store.Log.Append($"other {append}", 0, Entries(0, 1)));
        }
        await AssertStream(store, version);
        await store.Reopen();
        await AssertStream(store, version);
        Assert.Equal(version + 1, await store.Wait(store.Log.Append("s", version, Entries(version, 1))));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await AssertStream(store, version + 1);
    }

    [Fact]
    public async Task WrongVersion_IsRefusedAndAppendsNothing()
    {
        await using var store = await Open();
        await store.Wait(store.Log.Append("s", 0, Entries(0, 3)));
        var refusal = await Assert.ThrowsAsync<VersionConflictException>(async () =>
            await store.Wait(store.Log.Append("s", 2, Entries(2, 1)))
        );
        Assert.Equal((2, 3), (refusal.Expected, refusal.Stored));
        await Assert.ThrowsAsync<VersionConflictException>(async () => await store.Wait(store.Log.Append("t", 1, Entries(1, 1))));
        await AssertStream(store, 3);
        Assert.Empty(await ReadAll(store, "t"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task StreamsThatBeginSo_AreEachNamedOnce(bool folded)
    {
        await using var store = await Open();
        string[] names = [.. Enumerable.Range(0, 600).Select(number => $"a/{number}"), "a/", "a", "a0", "b/1", "A/1", "a.1"];
        foreach (var name in names)
        {
            await store.Wait(store.Log.Append(name, 0, Entries(0, 2)));
        }
        if (folded)
        {
            await store.Wait(store.Listing.CatchUp(Cancel));
            await store.Wait(store.Log.Append("a/1", 2, Entries(2, 1)));
            await store.Wait(store.Log.Append("a/new", 0, Entries(0, 1)));
            names = [.. names, "a/new"];
        }

        foreach (var prefix in new[] { "a/", "a/59", "b/", "c/" })
        {
            var found = await store.Log.Streams(prefix, Cancel).ToListAsync(Cancel);
            Assert.Equal(
                names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
                found.Order(StringComparer.Ordinal)
            );
        }
    }

    [Fact]
    public async Task OfConcurrentAppendsAtOneVersion_ExactlyOneWins()
    {
        await using var store = await Open();
        var appends = new List<Task<bool>>();
        for (var writer = 0; writer < 8; writer++)
        {
            appends.Add(TryAppend(store));
        }
        var winners = 0;
        foreach (var append in appends)
        {
            winners += await store.Wait(new ValueTask<bool>(append)) ? 1 : 0;
        }
        Assert.Equal(1, winners);
        await AssertStream(store, 2);
    }

    [Fact]
    public async Task AppendsThatOverlap_AreWholeOrNotAtAll()
    {
        await using var store = await Open();
        await store.Wait(store.Log.Append("s", 0, Entries(0, 2)));
        // All begin at the same place, and are of different lengths: no entry of a loser may stand behind those of the winner.
        var appends = Enumerable.Range(1, 6).Select(count => Outcome(store.Log.Append("s", 2, Entries(2, count)))).ToList();
        var lengths = new List<long>();
        foreach (var append in appends)
        {
            if (await store.Wait(new ValueTask<long?>(append)) is { } version)
            {
                lengths.Add(version);
            }
        }
        await AssertStream(store, Assert.Single(lengths));
        Assert.Null(await store.Wait(new ValueTask<long?>(Outcome(store.Log.Append("s", lengths[0] + 1, Entries(0, 3))))));
        await AssertStream(store, lengths[0]);
    }

    [Fact]
    public async Task ReadFromTheMiddle_StartsThere()
    {
        await using var store = await Open();
        await store.Wait(store.Log.Append("s", 0, Entries(0, 700)));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Wait(store.Log.Append("s", 700, Entries(700, 10)));
        foreach (var from in (long[])[1, 2, 256, 257, 699, 700, 701, 710])
        {
            Assert.Equal(710 - from + 1, (await ReadAll(store, "s", from)).Count);
        }
        Assert.Empty(await ReadAll(store, "s", 711));
    }

    [Fact]
    public async Task Limits_HoldAtTheBound()
    {
        await using var store = await Open();
        var half = new byte[StoragePolicy.DocumentBytesMax / 2];
        await store.Wait(store.Log.Append("s", 0, [half, half]));
        var many = Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[1], StoragePolicy.AppendEntriesMax).ToArray();
        await store.Wait(store.Log.Append("many", 0, many));
        await store.Reopen();
        Assert.Equal(StoragePolicy.AppendEntriesMax, (await ReadAll(store, "many")).Count);
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Log.Append("s", 2, [half, half, new byte[1]]));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Log.Append("s", 2, []));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Log.Append("many2", 0, [.. many, new byte[1]]));
    }

    private static async Task<bool> TryAppend(StoreUnderTest store)
    {
        try
        {
            await store.Log.Append("s", 0, Entries(0, 2)).ConfigureAwait(false);
            return true;
        }
        catch (VersionConflictException)
        {
            return false;
        }
    }

    private static async Task<long?> Outcome(ValueTask<long> append)
    {
        try
        {
            return await append.ConfigureAwait(false);
        }
        catch (VersionConflictException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte>[] Entries(long after, int count) =>
        [.. Enumerable.Range(1, count).Select(index => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"entry {after + index}"))];

    private static async Task<List<LogEntry>> ReadAll(StoreUnderTest store, string stream, long from = 1)
    {
        var entries = new List<LogEntry>();
        await foreach (var entry in store.Log.Read(stream, from, Cancel))
        {
            entries.Add(entry);
        }
        return entries;
    }

    private static async Task AssertStream(StoreUnderTest store, long count)
    {
        var entries = await ReadAll(store, "s");
        Assert.Equal(count, entries.Count);
        for (var index = 0; index < entries.Count; index++)
        {
            Assert.Equal((index + 1, $"entry {index + 1}"), (entries[index].Version, Encoding.UTF8.GetString(entries[index].Content.Span)));
        }
    }
}
