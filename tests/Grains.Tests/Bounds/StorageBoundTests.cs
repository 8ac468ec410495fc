using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>Programs, their state, blobs and quotas may be as large as their limits say, and not one more.</summary>
public sealed class StorageBoundTests
{
    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.KeysMax))]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.StateBytesMax))]
    public void State_MayHaveItsKeysAndBytes()
    {
        new StateBounds().Require(StatePolicy.KeysMax, StatePolicy.StateBytesMax);
        Refused(StatePolicy.KeysMax + 1, 0);
        Refused(1, StatePolicy.StateBytesMax + 1);

        static void Refused(int count, long bytes) =>
            Assert.Equal(ErrorCode.LimitExceeded, Assert.Throws<MarketException>(() => new StateBounds().Require(count, bytes)).Code);
    }

    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.CommittedRunsMax))]
    public async Task CommittedRuns_AreKeptUpToTheLimit_AndTheOldestGoes()
    {
        var state = ProgramState.Empty();
        for (var number = 0; number < StatePolicy.CommittedRunsMax; number++)
        {
            await Commit(number);
        }
        Assert.NotNull(state.FindRun(Job(0)));
        await Commit(StatePolicy.CommittedRunsMax);

        Assert.Null(state.FindRun(Job(0)));
        Assert.NotNull(state.FindRun(Job(1)));

        ValueTask Commit(int number) => state.Apply(new RunCommitted(Job(number), [], Repeats.RepeatScene.End(), [], null));
    }

    [Fact]
    [TestsBound(typeof(StorageQuotaPolicy), nameof(StorageQuotaPolicy.BlobsMax))]
    [TestsBound(typeof(StorageQuotaPolicy), nameof(StorageQuotaPolicy.BlobBytesMax))]
    public void Account_KeepsAsManyBlobsAndBytesAsAllowed() =>
        TestMarket.Run(async market =>
        {
            await Seed(market, Enumerable.Range(0, StorageQuotaPolicy.BlobsMax - 1).Select(number => new BlobCounted(Blob(number), 1)));
            var left = StorageQuotaPolicy.BlobBytesMax - (StorageQuotaPolicy.BlobsMax - 1);

            await Refused(() => Count(StorageQuotaPolicy.BlobsMax, left + 1));
            await Count(StorageQuotaPolicy.BlobsMax, left);
            await Refused(() => Count(StorageQuotaPolicy.BlobsMax + 1, 0));
            await market.Quota("client").DiscountBlob(Blob(0), Authority.Blob);
            await Count(StorageQuotaPolicy.BlobsMax + 1, 1);

            Task Count(int number, long size) => market.Quota("client").CountBlob(Blob(number), size, Authority.Blob);
        });

    [Fact]
    [TestsBound(typeof(StorageQuotaPolicy), nameof(StorageQuotaPolicy.ProgramsMax))]
    public void Account_DeploysAsManyProgramsAsAllowed() =>
        TestMarket.Run(async market =>
        {
            var module = Blob(0);
            await Seed(
                market,
                Enumerable.Range(1, StorageQuotaPolicy.ProgramsMax - 1).Select(number => new ModuleCounted(Program(number), module, 1))
            );

            await market.Quota("client").CountModule(Program(0), module, 1, Authority.Blob);
            await Refused(() => market.Quota("client").CountModule(Program(StorageQuotaPolicy.ProgramsMax), module, 1, Authority.Blob));
        });

    [Fact]
    [TestsBound(typeof(BlobPolicy), nameof(BlobPolicy.HoldersMax))]
    public void Blob_HasAsManyHoldersAsAllowed() =>
        TestMarket.Run(async market =>
        {
            var (first, last) = (await market.OpenAccount("first"), await market.OpenAccount("last"));
            var beyond = await market.OpenAccount("beyond");
            var blob = await market.Upload(first, "bytes");
            var holders = Enumerable
                .Range(2, BlobPolicy.HoldersMax - 2)
                .ToDictionary(number => TestMarket.Id($"{number}"), _ => default(DateTimeOffset));
            await market.Rewrite(blob, state => state with { Accounts = state.Accounts.AddRange(holders) });

            await market.Upload(last, "bytes");
            var refused = await Assert.ThrowsAsync<MarketException>(() => market.Upload(beyond, "bytes"));
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            await market.Upload(first, "bytes");
        });

    [Fact]
    [TestsBound(typeof(ProgramPolicy), nameof(ProgramPolicy.DeployersMax))]
    public void Program_StaysForAsManyDeployersAsAllowed_AndServesTheNext() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var key = new DocumentKey(ProgramCodec.Kind, program.ToString());
            var stored = (await market.Store.Read(key))!.Value;
            var others = Enumerable.Range(2, ProgramPolicy.DeployersMax - 2).Select(number => TestMarket.Id($"{number}"));
            var deployed = ProgramCodec.Read(stored.Content.Span) with { Deployers = [caller.Account, .. others] };
            await market.Store.Write(key, stored.Version, ProgramCodec.Write(deployed));

            Assert.Equal(program, await market.Deploy(await market.OpenAccount("last")));
            Assert.Equal(program, await market.Deploy(await market.OpenAccount("beyond")));
            Assert.NotNull(await market.Quota("last").FindModule(program));
            Assert.Null(await market.Quota("beyond").FindModule(program));
        });

    private static Bytes32 Id(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return new Bytes32(bytes);
    }

    private static JobId Job(int number) => new(Id(number));

    private static BlobId Blob(int number) => new(Id(number));

    private static ProgramId Program(int number) => new(Id(number));

    /// <summary>What an account keeps before its quota's first activation.</summary>
    private static async Task Seed(TestMarket market, IEnumerable<StorageEvent> events)
    {
        await market.OpenAccount("client");
        StorageEvent[] all = [new CarriedOver(), .. events];
        market.Disk.Append($"quota/{TestMarket.Id("client")}", 0, [.. all.Select(StorageEventCodec.Write)]);
    }

    private static async Task Refused(Func<Task> call) =>
        Assert.Equal(ErrorCode.QuotaExceeded, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
