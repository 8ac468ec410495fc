using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>A first write that does not read before it.</summary>
public sealed class StoredCreationTests
{
    private static readonly DocumentKey Key = new("text", "one");

    private static readonly StateForm<string> Form = new(
        text => Encoding.UTF8.GetBytes(text),
        bytes => Encoding.UTF8.GetString(bytes.Span)
    );

    private readonly MemoryDisk _disk = new();
    private readonly List<string> _reads = [];
    private readonly MemoryStore _store;

    public StoredCreationTests() =>
        _store = new MemoryStore(_disk, TimeProvider.System)
        {
            OnRead = name =>
            {
                _reads.Add(name);
                return null;
            },
        };

    private string? OnDisk => _disk.Documents.TryGetValue(Key, out var document) ? Form.Read(document.Content) : null;

    [Fact]
    public async Task WithoutOneInTheStore_WritesAndReadsNothing()
    {
        var state = Make();

        Assert.True(await state.TryCreate("first"));
        await state.Load();
        await state.Write("second");

        Assert.Equal(("second", "second"), (state.Value, OnDisk));
        Assert.Empty(_reads);
        Assert.False(state.HasLost);
    }

    [Fact]
    public async Task WithOneInTheStore_HasThatOne_AndWritesNothingAnyMore()
    {
        await Make().TryCreate("first");
        var loser = Make();

        Assert.False(await loser.TryCreate("other"));

        Assert.True(loser.HasLost);
        Assert.Equal("first", loser.Value);
        await Assert.ThrowsAsync<InconsistentStateException>(async () => await loser.Write("later"));
        Assert.False(await loser.TryCreate("again"));
        await Assert.ThrowsAsync<InconsistentStateException>(async () => await loser.Delete());
        Assert.Equal("first", OnDisk);
    }

    [Fact]
    public async Task WithOneInMemory_WritesNothing_AndHasNotLost()
    {
        var state = Make();
        await state.TryCreate("first");

        Assert.False(await state.TryCreate("other"));
        await state.Write("second");

        Assert.False(state.HasLost);
        Assert.Equal("second", OnDisk);
    }

    [Fact]
    public async Task LoadBesideIt_WaitsForIt()
    {
        var state = Make();

        var creating = state.TryCreate("first").AsTask();
        await state.Load();

        Assert.True(creating.IsCompleted);
        Assert.Equal("first", state.Value);
        Assert.Empty(_reads);
    }

    [Fact]
    public async Task BesideALoad_LeavesWhatIsThere()
    {
        await Make().TryCreate("first");
        var state = Make();

        var loading = state.Load().AsTask();
        Assert.False(await state.TryCreate("other"));
        await loading;

        Assert.Equal(("first", "first"), (state.Value, OnDisk));
        Assert.False(state.HasLost);
    }

    [Fact]
    public async Task AfterAWriteThatIsNotConfirmed_ReadsFirst()
    {
        var state = Make();
        await state.TryCreate("first");
        _store.OnWrite = _ => WriteFate.Unconfirmed;
        await Assert.ThrowsAsync<MarketException>(async () => await state.Write("second"));
        _store.OnWrite = _ => WriteFate.Done;

        Assert.False(await state.TryCreate("other"));

        Assert.Equal(("second", "second"), (state.Value, OnDisk));
    }

    private StoredDocument<string> Make() => new(_store, Key, Form);
}
