using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What an activation must not say or do after its twin has written: its memory is behind the store, and it does not know.
/// </summary>
public sealed class TwinMemoryTests
{
    [Fact]
    public void LostWrite_ThrowsBothVersionsAndChangesNothing() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var twin = (await market.StartTwin()).GetGrain<IAccountGrain>(TestMarket.Id("client").ToString());
            await twin.Get();
            await market.Account("client").Credit("second", new TokenAmount(5), at: null, Authority.Silo);

            var lost = await Assert.ThrowsAsync<InconsistentStateException>(() =>
                twin.Credit("third", new TokenAmount(7), at: null, Authority.Silo)
            );

            Assert.Equal(("3", "2"), (lost.StoredEtag, lost.CurrentEtag));
            Assert.Equal(new TokenAmount(TestMarket.Credit + 5), (await twin.Get()).Available);
        });

    [Fact]
    public void TransferThatATwinSends_DoesNotGrowBehindIt() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var jobs = new List<JobId>();
                foreach (var name in new[] { "one", "two", "three" })
                {
                    jobs.Add((await market.Submit(caller, TestMarket.Item(name, program)))[0].Job);
                }
                // The payee's writes fail here, so the first transfer was sent and the second waits behind it.
                market.Store.OnWrite = name => name == $"account/{TestMarket.Id("worker")}" ? WriteFate.Lost : WriteFate.Done;
                await Pay(market, caller, jobs[0]);
                await market.Settle();
                await Pay(market, caller, jobs[1]);
                await market.Settle();

                var twin = (await market.StartTwin()).GetGrain<IAccountGrain>(caller.Account.ToString());
                await twin.Get();
                await Task.Delay(AccountPolicy.ReconcileAfterLoad + TimeSpan.FromSeconds(1), market.Time);
                await Repeat(() => Pay(market, caller, jobs[2]));
                market.Store.OnWrite = _ => WriteFate.Done;
                await Task.Delay(TimeSpan.FromMinutes(3), market.Time);

                Assert.Equal(new TokenAmount(15), DiskInvariants.Accounts(market.Disk)[TestMarket.Id("worker")].Earned);
            }
        );

    [Fact]
    public void KeyThatATwinRevoked_IsRefusedAtOnce() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var created = await market.Account("client").CreateKey(new KeyRequest("second", Scopes.Read, null), null, Authority.Silo);
            Assert.True(ApiKey.TryParse(created.Key, out var key));
            Assert.NotNull(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
            var twin = await market.StartTwin();

            await twin.GetGrain<IAccountGrain>(TestMarket.Id("client").ToString()).RevokeKey(key.Id, null, Authority.Silo);

            Assert.Null(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
        });

    [Fact]
    public void KeyThatATwinMade_IsKnownAtOnce() =>
        TestMarket.Run(async market =>
        {
            var first = await market.OpenAccount("client");
            var program = await market.Deploy(first);
            var twin = await market.StartTwin();
            var created = await twin.GetGrain<IAccountGrain>(first.Account.ToString())
                .CreateKey(new KeyRequest("second", Scopes.Submit, null), null, Authority.Silo);

            var caller = first with { KeyId = created.View.Id };
            Assert.Null((await market.Submit(caller, TestMarket.Item("one", program)))[0].Code);
        });

    [Fact]
    public void BlobThatATwinGaveToTheCollector_TakesNoPin() =>
        TestMarket.Run(async market =>
        {
            var client = await market.OpenAccount("client");
            var blob = market.Blobs.Put([1, 2, 3]);
            var grain = market.Grains.GetGrain<IBlobGrain>(blob.ToString());
            Assert.Null(await grain.Find(client.Account));
            Assert.False(await (await market.StartTwin()).GetGrain<IBlobGrain>(blob.ToString()).IsPinned(Authority.Silo));

            Assert.Equal(
                ErrorCode.Unavailable,
                (await Assert.ThrowsAsync<MarketException>(() => grain.Pin(client.Account, 3, null, Authority.Market))).Code
            );
        });

    [Fact]
    public void BlobThatATwinPins_IsNotCollected() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                var client = await market.OpenAccount("client");
                var blob = market.Blobs.Put([1, 2, 3]);
                var twin = (await market.StartTwin()).GetGrain<IBlobGrain>(blob.ToString());
                var pinning = Outcome(async () =>
                    await market.Grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(client.Account, 3, null, Authority.Market)
                );
                var collecting = Outcome(async () => await twin.IsPinned(Authority.Silo));
                var (pinned, kept) = (await pinning, await collecting);

                // Refused by its version or by the answer: never a pin together with the leave to delete.
                Assert.False(pinned is BlobView && kept is false);
            }
        );

    [Fact]
    public void JobThatTheTwinEnded_IsShownAsEnded() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            await market.Market.Withdraw(job, Authority.Job);
            var twin = (await market.StartTwin()).GetGrain<IJobGrain>(job.ToString());
            Assert.Null(await twin.GetSettlement(Authority.Account));

            await market.Job(job).Cancel(caller);

            Assert.NotNull(await twin.GetSettlement(Authority.Account));
            Assert.Equal(JobStatus.Cancelled, (await twin.Get(caller)).Status);
        });

    /// <summary>The larger ones have two parts.</summary>
    [Theory, InlineData(10, 20), InlineData(21_000, 3)]
    public void SnapshotsOfTwoActivations_NeverMix(int credits, int seeds) =>
        TestMarket.RunSeeds(
            seeds,
            async market =>
            {
                var (small, large) = (State(credits), State(credits + 1));
                var store = new MemoryStore(market.Disk, market.Time);
                var chance = market.Simulation.Chance.Fork();
                store.OnWrite = _ =>
                    chance.Below(3) switch
                    {
                        0 => WriteFate.Late,
                        1 when chance.Below(4) == 0 => WriteFate.Lost,
                        _ => WriteFate.Done,
                    };
                for (var round = 0; round < 4; round++)
                {
                    await Task.WhenAll(
                        Outcome(() => Save(store, small, 100 + round)),
                        Outcome(() => Save(store, large, 200 + round)),
                        Outcome(() => Save(store, small, 100 + round))
                    );
                    var (found, version) = await SnapshotsOf(store).Load() is { } snapshot
                        ? (AccountSnapshotCodec.Read(snapshot.Content.Span), snapshot.LogVersion)
                        : (new AccountState(), 0);
                    Assert.Equal(
                        version switch
                        {
                            0 => 0,
                            >= 200 => credits + 1,
                            _ => credits,
                        },
                        found.Credits.Count
                    );
                }

                market.Disk.Documents.Clear();
            }
        );

    private static async Task<object> Save(MemoryStore store, AccountState state, long version)
    {
        await SnapshotsOf(store).Save(AccountSnapshotCodec.Write(state), version);
        return version;
    }

    private static Snapshots SnapshotsOf(MemoryStore store) => new(store, "account", "a");

    private static AccountState State(int credits)
    {
        var state = new AccountState();
        for (var number = 0; number < credits; number++)
        {
            state.Apply(new Credited($"{number}".PadLeft(100, '.'), new TokenAmount(1), null, null));
        }
        return state;
    }

    private static async Task Pay(TestMarket market, Caller caller, JobId job)
    {
        var end = new JobEnd(
            Status: JobStatus.Completed,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            Worker: default(WorkerId),
            Payee: TestMarket.Id("worker"),
            PricePerMillionFuel: new TokenAmount(10),
            FuelUsed: 500_000,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new JobExplanation("", [])
        );
        var settlement = await market.Job(job).Complete(end, Authority.Market);
        await market.Grains.GetGrain<IAccountGrain>(caller.Account.ToString()).Settle([settlement!], Authority.Market);
    }

    private static async Task Repeat(Func<Task> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (InconsistentStateException) when (attempt < 3)
            {
                continue;
            }
        }
    }

    private static async Task<object> Outcome<TAnswer>(Func<Task<TAnswer>> call)
    {
        try
        {
            return (await call())!;
        }
        catch (Exception failure) when (failure is InconsistentStateException or MarketException or VersionConflictException or IOException)
        {
            return failure;
        }
    }
}
