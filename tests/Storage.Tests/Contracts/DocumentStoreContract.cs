using System.Text;

namespace Marketplace.Storage.Contracts;

/// <summary>What every <see cref="IDocumentStore"/> promises.</summary>
public abstract class DocumentStoreContract
{
    protected const string Kind = "thing";

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ValueTask<StoreUnderTest> Open();

    protected static DocumentKey Key(string id) => new(Kind, id);

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task AbsentDocument_ReadsAsNull()
    {
        await using var store = await Open();
        Assert.Null(await store.Wait(store.Documents.Read(Key("absent"), Cancel)));
    }

    [Fact]
    public async Task Versions_CountFromOne()
    {
        await using var store = await Open();
        for (var version = 1; version <= 5; version++)
        {
            Assert.Equal(version, await store.Wait(store.Documents.Write(Key("a"), version - 1, Bytes($"text {version}"))));
            await AssertIs(store, "a", version, $"text {version}");
        }
    }

    [Fact]
    public async Task Content_MayBeUsedAgainBeforeItsWriteIsDurable()
    {
        await using var store = await Open();
        var content = Bytes("first");
        var first = store.Documents.Write(Key("a"), 0, content);
        Bytes("other").CopyTo(content, 0);
        var second = store.Documents.Write(Key("b"), 0, content);
        content.AsSpan().Clear();

        await store.Wait(first);
        await store.Wait(second);

        await AssertIs(store, "a", 1, "first");
        await AssertIs(store, "b", 1, "other");
    }

    [Fact]
    public async Task WrongVersion_IsRefusedAndChangesNothing()
    {
        await using var store = await Open();
        await store.Wait(store.Documents.Write(Key("a"), 0, Bytes("one")));

        var again = await Assert.ThrowsAsync<VersionConflictException>(async () =>
            await store.Wait(store.Documents.Write(Key("a"), 0, Bytes("two")))
        );
        var ahead = await Assert.ThrowsAsync<VersionConflictException>(async () =>
            await store.Wait(store.Documents.Write(Key("a"), 2, Bytes("two")))
        );
        var absent = await Assert.ThrowsAsync<VersionConflictException>(async () =>
            await store.Wait(store.Documents.Write(Key("b"), 1, Bytes("two")))
        );

        Assert.Equal((0, 1), (again.Expected, again.Stored));
        Assert.Equal((2, 1), (ahead.Expected, ahead.Stored));
        Assert.Equal((1, 0), (absent.Expected, absent.Stored));
        await AssertIs(store, "a", 1, "one");
        Assert.Null(await store.Wait(store.Documents.Read(Key("b"), Cancel)));
    }

    [Fact]
    public async Task OfConcurrentWritesOfOneVersion_ExactlyOneWins()
    {
        await using var store = await Open();
        for (var version = 0; version < 20; version++)
        {
            var writes = new List<Task<bool>>();
            for (var writer = 0; writer < 8; writer++)
            {
                writes.Add(TryWrite(store, version, $"{version}.{writer}"));
            }
            var winners = 0;
            foreach (var write in writes)
            {
                winners += await store.Wait(new ValueTask<bool>(write)) ? 1 : 0;
            }
            Assert.Equal(1, winners);
        }
        Assert.Equal(20, (await store.Wait(store.Documents.Read(Key("a"), Cancel)))!.Value.Version);
    }

    [Fact]
    public async Task DeletedDocument_IsAbsentAndMayBeWrittenAgain()
    {
        await using var store = await Open();
        await store.Wait(store.Documents.Write(Key("a"), 0, Bytes("one")));
        await store.Wait(store.Documents.Write(Key("a"), 1, Bytes("two")));

        await Assert.ThrowsAsync<VersionConflictException>(async () => await store.Wait(store.Documents.Delete(Key("a"), 1)));
        await store.Wait(store.Documents.Delete(Key("a"), 2));
        Assert.Null(await store.Wait(store.Documents.Read(Key("a"), Cancel)));
        await store.Wait(store.Documents.Delete(Key("a"), 0));
        await store.Wait(store.Listing.CatchUp(Cancel));
        Assert.Null(await store.Wait(store.Documents.Read(Key("a"), Cancel)));

        Assert.Equal(1, await store.Wait(store.Documents.Write(Key("a"), 0, Bytes("three"))));
        await AssertIs(store, "a", 1, "three");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task WhatWasWritten_IsThereAfterReopening(bool caughtUpBefore, bool caughtUpAfter)
    {
        await using var store = await Open();
        for (var index = 0; index < 50; index++)
        {
            await store.Wait(store.Documents.Write(Key($"{index}"), 0, Bytes($"first {index}")));
            if (index % 3 == 0)
            {
                await store.Wait(store.Documents.Write(Key($"{index}"), 1, Bytes($"second {index}")));
            }
            if (index % 5 == 0)
            {
                await store.Wait(store.Documents.Delete(Key($"{index}"), index % 3 == 0 ? 2 : 1));
            }
        }
        if (caughtUpBefore)
        {
            await store.Wait(store.Listing.CatchUp(Cancel));
        }
        await store.Reopen();
        if (caughtUpAfter)
        {
            await store.Wait(store.Listing.CatchUp(Cancel));
        }

        for (var index = 0; index < 50; index++)
        {
            if (index % 5 == 0)
            {
                Assert.Null(await store.Wait(store.Documents.Read(Key($"{index}"), Cancel)));
            }
            else
            {
                await AssertIs(store, $"{index}", index % 3 == 0 ? 2 : 1, index % 3 == 0 ? $"second {index}" : $"first {index}");
            }
        }
        Assert.Equal(3, await store.Wait(store.Documents.Write(Key("3"), 2, Bytes("third"))));
    }

    [Fact]
    public async Task FoldedDocument_IsReadAndChangedLikeAnyOther()
    {
        await using var store = await Open();
        for (var version = 0; version < 6; version++)
        {
            await store.Wait(store.Documents.Write(Key("a"), version, Bytes($"{version + 1}")));
            await store.Wait(store.Listing.CatchUp(Cancel));
            await AssertIs(store, "a", version + 1, $"{version + 1}");
        }
        await Assert.ThrowsAsync<VersionConflictException>(async () => await store.Wait(store.Documents.Write(Key("a"), 5, Bytes("x"))));
    }

    [Fact]
    public async Task EndedDocument_IsReadFromWhereverItLies()
    {
        await using var store = await Open();
        await store.Wait(store.Documents.Write(Key("a"), 0, TextProjection.Content("me", "ended", "p", 1)));
        await store.Wait(store.Documents.Write(Key("b"), 0, TextProjection.Content("me", "open", "p", 2)));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Wait(store.Documents.Write(Key("b"), 1, TextProjection.Content("me", "ended", "p", 2)));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Reopen();

        await AssertIs(store, "a", 1, "me|ended|p|1|");
        await AssertIs(store, "b", 2, "me|ended|p|2|");
        await store.Wait(store.Documents.Write(Key("b"), 2, TextProjection.Content("me", "open", "p", 3)));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await AssertIs(store, "b", 3, "me|open|p|3|");
        await store.Wait(store.Documents.Delete(Key("a"), 1));
        await store.Wait(store.Listing.CatchUp(Cancel));
        Assert.Null(await store.Wait(store.Documents.Read(Key("a"), Cancel)));
    }

    [Fact]
    public async Task Scan_GivesEachDocumentOfTheKindOnce()
    {
        await using var store = await Open();
        for (var index = 0; index < 30; index++)
        {
            if (index is 10 or 20)
            {
                await store.Wait(store.Listing.CatchUp(Cancel));
            }
            var state = index % 2 == 0 ? "ended" : "open";
            await store.Wait(store.Documents.Write(Key($"{index}"), 0, TextProjection.Content("me", state, "p", index)));
            await store.Wait(store.Documents.Write(new DocumentKey("other", $"{index}"), 0, Bytes("other")));
        }
        await store.Wait(store.Documents.Delete(Key("4"), 1));
        await store.Wait(store.Documents.Write(Key("5"), 1, Bytes("changed")));

        var found = new Dictionary<string, Document>();
        await foreach (var (key, document) in store.Documents.Scan(Kind, Cancel))
        {
            Assert.Equal(Kind, key.Kind);
            found.Add(key.Id, document);
        }
        Assert.Equal(29, found.Count);
        Assert.DoesNotContain("4", found.Keys);
        Assert.Equal("changed", Encoding.UTF8.GetString(found["5"].Content.Span));
        Assert.Equal(2, found["5"].Version);
    }

    [Fact]
    public async Task ScanOfAState_GivesEachDocumentInItOnce_AndNoneThatEndedBefore()
    {
        await using var store = await Open();
        // More than a page, many of one moment.
        for (var index = 0; index < 600; index++)
        {
            await store.Wait(
                store.Documents.Write(Key($"{index}"), 0, TextProjection.Content("me", index % 3 == 0 ? "ended" : "open", "p", index / 200))
            );
        }
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Wait(store.Documents.Write(Key("1"), 1, TextProjection.Content("me", "ended", "p", 0)));
        await store.Wait(store.Documents.Write(Key("2"), 1, TextProjection.Content("you", "open", "p", 0)));
        await store.Wait(store.Listing.CatchUp(Cancel));
        await store.Wait(store.Documents.Write(Key("not in the tables yet"), 0, TextProjection.Content("me", "open", "p", 9)));
        await store.Wait(store.Documents.Write(new DocumentKey("other", "a"), 0, TextProjection.Content("me", "open", "p", 9)));

        var found = new Dictionary<string, Document>();
        await foreach (var (key, document) in store.Documents.Scan(Kind, "open", Cancel))
        {
            found.Add(key.Id, document);
        }

        Assert.Equal(
            [.. Enumerable.Range(2, 598).Where(index => index % 3 != 0).Select(index => $"{index}"), "not in the tables yet"],
            found.Keys.OrderBy(id => int.TryParse(id, out var number) ? number : int.MaxValue)
        );
        Assert.Equal(2, found["2"].Version);
    }

    [Fact]
    public async Task Limits_HoldAtTheBound()
    {
        await using var store = await Open();
        var longest = new string('n', StoragePolicy.NameBytesMax);
        var largest = new byte[StoragePolicy.DocumentBytesMax];
        largest[^1] = 7;
        await store.Wait(store.Documents.Write(new DocumentKey(longest, longest), 0, largest));
        await store.Wait(store.Documents.Write(new DocumentKey(longest, "empty"), 0, default));
        await store.Reopen();
        await store.Wait(store.Listing.CatchUp(Cancel));
        var read = await store.Wait(store.Documents.Read(new DocumentKey(longest, longest), Cancel));
        Assert.True(read!.Value.Content.Span.SequenceEqual(largest));
        var empty = await store.Wait(store.Documents.Read(new DocumentKey(longest, "empty"), Cancel));
        Assert.Equal(0, empty!.Value.Content.Length);

        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
            await store.Documents.Write(Key("a"), 0, new byte[StoragePolicy.DocumentBytesMax + 1])
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
            await store.Documents.Write(new DocumentKey(longest + "n", "a"), 0, default)
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Documents.Write(new DocumentKey("", "a"), 0, default));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Documents.Write(Key("\ud800"), 0, default));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Documents.Write(Key("a"), -1, default));
    }

    [Fact]
    public async Task NamesThatAreAlike_AreKeptApart()
    {
        await using var store = await Open();
        // Composed and decomposed, other scripts, beyond the basic plane, and what databases and file systems like to trip over.
        string[] names =
        [
            "a",
            "A",
            "a ",
            " a",
            "\u00e4",
            "a\u0308",
            "\u0130",
            "i",
            "\u03c3",
            "\u03c2",
            "\ud83d\udcb0",
            "\uffff",
            "\u0001",
            "\u007f",
            "\n",
            "\t",
            "'",
            "\"",
            "\\",
            "\\x00",
            "%",
            "_",
            "$1",
            "@Kind",
            ";--",
            "null",
            "..",
            "/",
            "a/b",
        ];
        foreach (var kind in (string[])[Kind, "\u00e4'\\/"])
        {
            foreach (var name in names)
            {
                Assert.Equal(1, await store.Wait(store.Documents.Write(new DocumentKey(kind, name), 0, Bytes($"{kind} {name}"))));
            }
        }
        await store.Reopen();
        await store.Wait(store.Listing.CatchUp(Cancel));

        foreach (var kind in (string[])[Kind, "\u00e4'\\/"])
        {
            var found = new Dictionary<string, string>();
            await foreach (var (key, document) in store.Documents.Scan(kind, Cancel))
            {
                found.Add(key.Id, Encoding.UTF8.GetString(document.Content.Span));
            }
            Assert.Equal(names.ToDictionary(name => name, name => $"{kind} {name}"), found);
        }
        Assert.Null(await store.Wait(store.Documents.Read(new DocumentKey(Kind.ToUpperInvariant(), "a"), Cancel)));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Documents.Write(Key("a\0b"), 0, default));
    }

    [Fact]
    public async Task WritesThatNobodyAwaited_KeepTheirOrder()
    {
        await using var store = await Open();
        var writes = Enumerable
            .Range(0, 30)
            .Select(version => store.Documents.Write(Key("a"), version, Bytes($"{version + 1}")).AsTask())
            .ToList();
        var removal = store.Documents.Delete(Key("a"), 30).AsTask();
        var again = store.Documents.Write(Key("a"), 0, Bytes("again")).AsTask();
        for (var index = 0; index < writes.Count; index++)
        {
            Assert.Equal(index + 1, await store.Wait(new ValueTask<long>(writes[index])));
        }
        await store.Wait(new ValueTask(removal));
        Assert.Equal(1, await store.Wait(new ValueTask<long>(again)));
        await AssertIs(store, "a", 1, "again");
    }

    [Fact]
    public async Task CallersBuffer_IsHisAgainAfterTheWrite()
    {
        await using var store = await Open();
        var buffer = Bytes("before");
        await store.Wait(store.Documents.Write(Key("a"), 0, buffer));
        Bytes("AFTER!").CopyTo(buffer, 0);
        await AssertIs(store, "a", 1, "before");
        await store.Reopen();
        await AssertIs(store, "a", 1, "before");
    }

    protected static async Task AssertIs(StoreUnderTest store, string id, long version, string text)
    {
        var document = await store.Wait(store.Documents.Read(Key(id), Cancel));
        Assert.NotNull(document);
        Assert.Equal((version, text), (document.Value.Version, Encoding.UTF8.GetString(document.Value.Content.Span)));
    }

    private static async Task<bool> TryWrite(StoreUnderTest store, long version, string text)
    {
        try
        {
            await store.Documents.Write(Key("a"), version, Bytes(text)).ConfigureAwait(false);
            return true;
        }
        catch (VersionConflictException)
        {
            return false;
        }
    }
}
