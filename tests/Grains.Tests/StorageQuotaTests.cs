using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What an account keeps is counted beside its money, and what builds before counted in the account's log is carried over, once.
/// </summary>
public sealed class StorageQuotaTests
{
    private const string Name = "client";
    private static readonly AccountId Account = TestMarket.Id(Name);
    private static readonly BlobId Pinned = new(TestMarket.Id("pinned").Value);
    private static readonly BlobId Module = new(TestMarket.Id("module").Value);
    private static readonly ProgramId Program = new(TestMarket.Id("program").Value);

    [Fact]
    public void PinsAndDeployments_WriteNothingToTheAccountsLog() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount(Name);
            var before = market.Disk.Streams[$"account/{Account}"].Count;

            var blob = await market.Upload(caller, "bytes");
            var program = await market.Deploy(caller);
            await market.Grains.GetGrain<IBlobGrain>(blob.ToString()).Unpin(caller.Account, null, Authority.Silo);
            await market.Grains.GetGrain<IProgramGrain>(program.ToString()).Remove(caller);

            Assert.Equal(before, market.Disk.Streams[$"account/{Account}"].Count);
            Assert.NotEmpty(market.Disk.Streams[$"quota/{Account}"]);
        });

    [Fact]
    public void CountsOfTheAccountsLog_AreCarriedOverOnceAndThenChangeHere() =>
        TestMarket.Run(async market =>
        {
            var caller = await OpenEarlierAccount(market);
            var log = market.Disk.Streams[$"account/{Account}"].Count;

            Assert.Equal(Module, await market.Quota(Name).FindModule(Program));
            Assert.False(market.Disk.Streams.ContainsKey($"quota/{Account}"));
            await market.Upload(caller, "bytes");
            Assert.Equal((5 + 7 + 5, 3, 1), await Kept(market));
            await market.Quota(Name).DiscountBlob(Pinned, Authority.Blob);
            await market.CrashAndStart();
            await market.Quota(Name).CountBlob(Module, 7, Authority.Blob);
            await market.Quota(Name).DiscountBlob(Pinned, Authority.Blob);

            Assert.Equal((7 + 5, 2, 1), await Kept(market));
            await market.Quota(Name).DiscountModule(Program, Authority.Blob);
            Assert.Equal((7 + 5, 2, 0), await Kept(market));
            Assert.Equal(log, market.Disk.Streams[$"account/{Account}"].Count);
        });

    [Fact]
    public void CarryingOverThatIsCutOffAtAnyWrite_IsMadeWholeByTheSameCall() =>
        TestMarket.Run(async market =>
        {
            await OpenEarlierAccount(market);
            // More than one append takes.
            const int many = 31_000;
            for (var number = 0; number < many; number++)
            {
                Append(market, Earlier(9, TestMarket.Id($"{number}").Value, size: 1));
            }
            WriteFate[] fates = [WriteFate.Lost, WriteFate.CrashAfter, WriteFate.Unconfirmed];
            var writes = 0;
            for (var failing = 1; writes >= failing - 1; failing++)
            {
                writes = 0;
                market.Store.OnWrite = name =>
                    name == $"quota/{Account}" && ++writes == failing ? fates[failing % fates.Length] : WriteFate.Done;
                _ = market.Quota(Name).DiscountBlob(Pinned, Authority.Blob);
                await market.Settle();
                await market.CrashAndStart();
            }

            await market.Quota(Name).DiscountBlob(Pinned, Authority.Blob);
            await market.Quota(Name).CountBlob(Module, 7, Authority.Blob);
            Assert.True(market.Disk.Streams[$"quota/{Account}"].Count > many, "Nothing was carried over.");
            Assert.Equal((7 + many, 1 + many, 1), await Kept(market));
        });

    [Fact]
    public void TwoActivationsThatBegin_CarryOverOnce() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                await OpenEarlierAccount(market);
                var twin = (await market.StartTwin()).GetGrain<IStorageQuotaGrain>(Account.ToString());
                var other = new BlobId(TestMarket.Id("other").Value);

                await Task.WhenAll(
                    Insist(() => market.Quota(Name).DiscountBlob(Pinned, Authority.Blob)),
                    Insist(() => twin.CountBlob(other, 3, Authority.Blob)),
                    Insist(() => market.Quota(Name).CountBlob(Module, 7, Authority.Blob))
                );

                Assert.Equal((7 + 3, 2, 1), await Kept(market));
            }
        );

    [Fact]
    public void SnapshotOfTheAccount_HasTheCountsUntilTheyAreCarriedOver() =>
        TestMarket.Run(async market =>
        {
            var caller = await OpenEarlierAccount(market);
            await WriteSnapshot(market, "first");
            Assert.Equal(2, (await Load(market)).State.Storage.Count);
            await market.CrashAndStart();

            await market.Upload(caller, "bytes");
            Assert.Equal((5 + 7 + 5, 3, 1), await Kept(market));

            await market.CrashAndStart();
            await WriteSnapshot(market, "second");
            Assert.Equal(0, (await Load(market)).State.Storage.Count);
            Assert.Equal((5 + 7 + 5, 3, 1), await Kept(market));
        });

    [Fact]
    public void SnapshotOfTheQuota_IsReadBack()
    {
        var kept = new KeptBlobs();
        kept.Apply(new BlobCounted(Module, 5));
        kept.Apply(new ModuleCounted(Program, Module, 5));
        kept.Apply(new ModuleCounted(default, Module, 5));
        kept = KeptBlobsCodec.Read(KeptBlobsCodec.Write(kept).Span);
        kept.Apply(new BlobDiscounted(Module));
        kept.Apply(new ModuleDiscounted(default));

        Assert.Equal((5, 1, 1), (kept.Bytes, kept.Count, kept.ProgramCount));
        Assert.Empty(StorageInvariants.Violations(kept));
        kept.Apply(new ModuleDiscounted(Program));
        Assert.Equal((0, 0, 0), (kept.Bytes, kept.Count, kept.ProgramCount));
    }

    [Fact]
    public void AccountThatWasNeverOpened_KeepsNothing() =>
        TestMarket.Run(async market =>
        {
            var refused = await Assert.ThrowsAsync<MarketException>(() => market.Quota("nobody").CountBlob(Pinned, 1, Authority.Blob));
            Assert.Equal(ErrorCode.AccountNotFound, refused.Code);
            Assert.DoesNotContain(market.Disk.Streams.Keys, stream => stream.StartsWith("quota", StringComparison.Ordinal));
            await market.OpenAccount("nobody");
            await market.Quota("nobody").CountBlob(Pinned, 1, Authority.Blob);
        });

    /// <summary>An account of a build that counted in the account's log: a pin of 5 bytes, a module of 7, and a pin that is gone.</summary>
    private static async Task<Caller> OpenEarlierAccount(TestMarket market)
    {
        var caller = await market.OpenAccount(Name);
        await market.CrashAndStart();
        Append(market, Earlier(9, Pinned.Value, size: 5), Earlier(12, Program.Value, Module.Value, 7));
        Append(market, Earlier(9, default(Bytes32), size: 1), Earlier(10, default(Bytes32)));
        return caller;
    }

    private static byte[] Earlier(byte kind, Bytes32 id, Bytes32? module = null, long? size = null)
    {
        var writer = new CompactWriter(80);
        writer.Byte(1);
        writer.Byte(kind);
        writer.Id(id);
        if (module is { } blob)
        {
            writer.Id(blob);
        }
        if (size is { } bytes)
        {
            writer.Signed(bytes);
        }
        return writer.Finish().ToArray();
    }

    private static void Append(TestMarket market, params byte[][] events)
    {
        var stream = $"account/{Account}";
        market.Disk.Append(stream, market.Disk.Streams[stream].Count, [.. events.Select(one => new ReadOnlyMemory<byte>(one))]);
    }

    /// <summary>So many events that the account's next one makes a snapshot due.</summary>
    private static async Task WriteSnapshot(TestMarket market, string round)
    {
        var entries = SnapshotPolicy.EventBytesMin / 100;
        for (var number = 0; number < entries; number++)
        {
            var operation = $"{round} {number}".PadLeft(AccountPolicy.OperationBytesMax, '.');
            Append(market, AccountEventCodec.Write(new Credited(operation, new TokenAmount(1), null, null)).ToArray());
        }
        var before = market.Disk.Documents.Count;
        await market.Account(Name).Credit(round, new TokenAmount(1), market.Time.GetUtcNow(), Authority.Treasury);
        await market.Settle();
        Assert.True(market.Disk.Documents.Count > before, "No snapshot was written.");
    }

    private static ValueTask<EventedCopy<AccountState>> Load(TestMarket market) =>
        StoredForms.Account.Load(market.Store, market.Store, Account.ToString());

    private static async Task<(long Bytes, int Count, int Programs)> Kept(TestMarket market)
    {
        var kept = (await StoredForms.Quota.Load(market.Store, market.Store, Account.ToString())).State;
        Assert.Empty(StorageInvariants.Violations(kept));
        return (kept.Bytes, kept.Count, kept.ProgramCount);
    }

    private static async Task Insist(Func<Task> call)
    {
        for (var left = 20; ; left--)
        {
            try
            {
                await call();
                return;
            }
            catch (InconsistentStateException) when (left > 0) { }
            catch (MarketException failed) when (left > 0 && failed.Code == ErrorCode.Unavailable) { }
        }
    }
}
