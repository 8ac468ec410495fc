using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Runtime;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>States that a host keeps for its grains: what their calls see of them, and where their bytes are.</summary>
public sealed class StoredStateTests
{
    private static readonly DocumentKey StartKey = new("market", MarketLimits.DefaultClass);

    [Fact]
    public void DocumentsOfEarlierBuilds_AreTheStatesOfTheirGrains() =>
        TestMarket.Run(async market =>
        {
            var id = new WorkerId(new Bytes32(Enumerable.Repeat((byte)7, Bytes32.Size).ToArray()));
            var digits = string.Concat(Enumerable.Repeat("07", Bytes32.Size));
            market.Disk.Write(new DocumentKey("worker", id.ToString()), 0, Convert.FromHexString($"01{digits}{digits}050210"));

            var offer = await market.Grains.GetGrain<IWorkerGrain>(id.ToString()).Get();

            Assert.Equal(
                OfferState.Of(
                    new WorkerOffer(
                        Worker: id,
                        PayTo: new AccountId(id.Value),
                        PricePerMillionFuel: new TokenAmount(5),
                        Slots: 2,
                        MemoryPagesMax: 16
                    )
                ),
                OfferState.Of(offer)
            );
        });

    [Fact]
    public void StartNumber_GrowsFromTheOneThatIsStored_AlsoWhereTheClockIsBehindIt() =>
        TestMarket.Run(async market =>
        {
            var first = (await market.AddWorker("worker")).Start;
            Assert.InRange(first, market.Time.GetUtcNow().AddMinutes(-1).ToUnixTimeMilliseconds(), long.MaxValue);
            var ahead = first + 1_000_000_000;
            market.Disk.Write(StartKey, market.Disk.Documents[StartKey].Version, MarketStart.Write(new MarketStart(ahead)));
            await market.CrashAndStart();

            Assert.Equal(ahead + 1, (await market.AddWorker("worker")).Start);
        });

    [Fact]
    public async Task WriteOnAnOlderVersion_IsRefusedAndChangesNothing()
    {
        var disk = new MemoryDisk();
        var storage = new DocumentGrainStorage(new MemoryStore(disk, TimeProvider.System));
        var grain = GrainId.Create("market", "wasm");
        var (first, second) = (new GrainState<MarketStart>(), new GrainState<MarketStart>());
        await storage.ReadStateAsync(MarketStart.Kind, grain, first);
        await storage.ReadStateAsync(MarketStart.Kind, grain, second);
        Assert.False(first.RecordExists);

        first.State = new MarketStart(1);
        await storage.WriteStateAsync(MarketStart.Kind, grain, first);
        second.State = new MarketStart(2);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync(MarketStart.Kind, grain, second));

        await storage.ReadStateAsync(MarketStart.Kind, grain, second);
        Assert.Equal((1, "1", true), (second.State!.Number, second.ETag, second.RecordExists));
        await storage.ClearStateAsync(MarketStart.Kind, grain, second);
        Assert.Empty(disk.Documents);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync(MarketStart.Kind, grain, first));
    }

    [Fact]
    public async Task Value_IsSeenWhenItIsDurable_AndReadAgainAfterAFailedWrite()
    {
        var state = new GatedState();
        var stored = new StoredState<MarketStart>(state);
        await stored.Load();
        Assert.Null(stored.Value);
        Assert.Equal(0, state.Reads);

        var writing = stored.Write(new MarketStart(1)).AsTask();
        await stored.Refresh();
        Assert.Null(stored.Value);
        state.Gate.SetResult();
        await writing;
        Assert.Equal((1, 0), (stored.Value!.Number, state.Reads));

        state.Gate = new TaskCompletionSource();
        state.Gate.SetException(new IOException("The disk is gone."));
        var unknown = await Assert.ThrowsAsync<MarketException>(async () => await stored.Write(new MarketStart(2)));
        Assert.Equal((ErrorCode.OutcomeUnknown, null), (unknown.Code, stored.Value));
        await stored.Load();
        Assert.Equal((1, 1), (stored.Value!.Number, state.Reads));
    }

    [Fact]
    public async Task FailureThatTheHostHasWrapped_IsToldAsWhatItIs()
    {
        var state = new GatedState();
        var stored = new StoredState<MarketStart>(state);
        await stored.Load();
        state.Gate.SetException(new OrleansException("Error from storage provider", new InconsistentStateException("stale")));
        await Assert.ThrowsAsync<InconsistentStateException>(async () => await stored.Write(new MarketStart(1)));
    }

    /// <summary>A state of a host whose writes wait at a gate.</summary>
    private sealed class GatedState : IPersistentState<MarketStart>
    {
        private MarketStart? _durable;

        public TaskCompletionSource Gate { get; set; } = new();

        public int Reads { get; private set; }

        public MarketStart State { get; set; } = null!;

        public string? Etag => null;

        public bool RecordExists => _durable is not null;

        public Task ReadStateAsync()
        {
            Reads++;
            State = _durable!;
            return Task.CompletedTask;
        }

        public async Task WriteStateAsync()
        {
            await Gate.Task;
            _durable = State;
        }

        public Task ClearStateAsync() => throw new NotSupportedException();
    }
}
