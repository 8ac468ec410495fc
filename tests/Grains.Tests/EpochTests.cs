using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains.Tests;

/// <summary>Epochs follow each other: one list and one draw of each, whatever happens between two steps, without a stop.</summary>
public sealed partial class EpochTests
{
    private static readonly DocumentKey Keys = new(RegisteredKeys.Kind, MarketLimits.CommitteesKey);
    private static readonly DocumentKey Epochs = new(EpochsState.Kind, MarketLimits.CommitteesKey);

    [Fact]
    public void Epoch_IsDrawnOfThoseWithAStake_AndItsFileHolds() =>
        CommitteeScene.Run(
            5,
            async scene =>
            {
                var roster = await scene.Committees.GetCurrent();
                Assert.Equal(5, roster!.Drawn.Length);
                Assert.All(roster.Drawn, member => Assert.Equal(CommitteeScene.Terms.StakeMin, member.Weight));
                var file = await File(scene, 1);
                Assert.Equal(file.Committee(5).Select(member => member.Worker), roster.Drawn.Select(member => member.Worker));
                var summary = Assert.Single(await scene.Committees.List());
                Assert.Equal((EpochPhase.Running, 5, 5), (summary.Phase, summary.Listed, summary.Shares));
                Assert.Equal((roster.Until, CommitteeScene.Terms.Length), (summary.Until, summary.Until - summary.At));
                await Refused(() => scene.Committees.GetFile(2), ErrorCode.EpochNotFound);
                Assert.Null(await scene.Committees.Get(2));
            }
        );

    /// <summary>
    /// A job ends under the epoch in which it began, and the next one is under the next. A committee that does not sign is followed by the
    /// next epoch's, whose own members run it again.
    /// </summary>
    [Theory]
    [InlineData(false, 1UL)]
    [InlineData(true, 2UL)]
    public void Rotation_StopsNoJob(bool isUnsigned, ulong epoch) =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                var (silent, last) = (scene.Voters[2], scene.Voters[3]);
                last.IsWithholding = true;
                var collection = await Collecting(scene);
                while ((await scene.Committees.GetCollection())!.Missing.Length > 1)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
                }
                silent.IsSilent = true;
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(2), scene.Market.Time);
                Assert.Equal(1, scene.Voters[0].Windows);
                if (!isUnsigned)
                {
                    silent.IsSilent = false;
                }
                // With the last share the epoch begins at once, and the market hears of it in its next round.
                await Give(scene, last, last.Share(collection.Request));
                await Task.Delay(MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), scene.Market.Time);
                Assert.Equal(2UL, (await scene.Committees.GetCurrent())!.Epoch);
                silent.IsSilent = false;
                Assert.Equal(JobStatus.Completed, (await scene.Wait(job, TimeSpan.FromMinutes(1))).Status);
                var next = await scene.Ended("committee:3");
                Assert.Equal((epoch, 2UL), ((await scene.Receipt(job)).Receipt.Epoch, (await scene.Receipt(next.Id)).Receipt.Epoch));
                foreach (var ended in new[] { job, next.Id })
                {
                    var receipt = await scene.Receipt(ended);
                    var checks = EpochChecks.Of(await File(scene, receipt.Receipt.Epoch), receipt: receipt);
                    Assert.Equal([], checks.Where(check => check.Result == CheckResult.Broken).Select(check => check.Finding));
                }
            }
        );

    [Fact]
    public void TooFewWorkersWithAStake_AreLoggedOnce_AndAgainWhenTheirCountChanges()
    {
        using var log = new LogLines();
        TestMarket.Run(
            async market =>
            {
                var committees = market.Grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
                foreach (var registered in (int[])[1, 2])
                {
                    var voter = new TestVoter($"member {registered}");
                    await committees.Register(voter.Worker, voter.Key, Authority.Worker);
                    for (var second = 0; second < 300; second++)
                    {
                        await committees.GetCollection();
                        await Task.Delay(TimeSpan.FromSeconds(1), market.Time);
                    }
                    Assert.Equal(registered, log.Written.Count(line => line.Contains("too few for committees", StringComparison.Ordinal)));
                    Assert.Contains($"0 of {registered} workers have 1000 at stake: too few", log.Written[^1], StringComparison.Ordinal);
                }
            },
            register: services => services.AddSingleton<ILoggerFactory>(log).AddSingleton(CommitteeScene.Terms)
        );
    }

    [Fact]
    public void WorkerThatWithholds_IsOnTheListAndNotDrawn_AndKeepsItsStake() =>
        CommitteeScene.Run(
            5,
            async scene =>
            {
                var withholding = scene.Voters[0];
                withholding.IsWithholding = true;
                await scene.Begin(2);
                var roster = await scene.Committees.GetCurrent();
                Assert.Equal(4, roster!.Drawn.Length);
                Assert.DoesNotContain(roster.Drawn, member => member.Worker == withholding.Worker);
                var file = await File(scene, 2);
                var place = file.Members.Select(member => member.Worker).ToList().IndexOf(withholding.Worker);
                Assert.Equal("", file.Shares[place]);
                Assert.Equal(4, file.Shares.Count(share => share.Length > 0));
                var reputation = scene.Market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(withholding.Worker));
                Assert.Equal(new TokenAmount(1000), (await reputation.Get(null)).Standing.Stake);
                // It comes back with its next share.
                withholding.IsWithholding = false;
                await scene.Begin(3);
                Assert.Equal(5, (await scene.Committees.GetCurrent())!.Drawn.Length);
            }
        );

    [Fact]
    public void WorkerThatLied_IsOnNoListMore_HoweverMuchIsLeftAtStake() =>
        CommitteeScene.Run(
            5,
            async scene =>
            {
                var (liar, market) = (scene.Voters[0], scene.Market);
                await scene.Stake("more", liar.Worker, 1000);
                var reputation = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(liar.Worker));
                var (job, one) = (new JobId(TestMarket.Id("disputed").Value), new TokenAmount(1));
                await reputation.Slash(
                    new SlashOrder(job, market.Time.GetUtcNow(), one, [], TestMarket.Id("buyer"), one),
                    Authority.Dispute
                );
                Assert.Equal(new TokenAmount(1999), (await reputation.Get(null)).Standing.Stake);
                await scene.Begin(2);
                Assert.DoesNotContain((await File(scene, 2)).Members, member => member.Worker == liar.Worker);
                Assert.Equal(4, (await scene.Committees.GetCurrent())!.Drawn.Length);
            }
        );

    [Fact]
    public void EpochWithoutShares_LeavesTheOneBeforeInItsPlace() =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                foreach (var voter in scene.Voters.Skip(2))
                {
                    voter.IsWithholding = true;
                }
                // Until the list is given up, and another one is collected.
                await Task.Delay(2.5 * CommitteeScene.Terms.Length, scene.Market.Time);
                var epochs = await scene.Committees.List();
                Assert.Equal([EpochPhase.Collecting, EpochPhase.NotDrawn, EpochPhase.Running], epochs.Select(epoch => epoch.Phase));
                var current = await scene.Committees.GetCurrent();
                Assert.Equal(1UL, current!.Epoch);
                Assert.True(current.Until < scene.Market.Time.GetUtcNow());
                Assert.Null(await scene.Committees.Get(2));
                Assert.Equal(2, (await File(scene, 2)).Shares.Count(share => share.Length > 0));
                Assert.Equal(JobStatus.Completed, (await scene.Ended("committee:4")).Status);
                foreach (var voter in scene.Voters)
                {
                    voter.IsWithholding = false;
                }
                await scene.Begin(3);
                Assert.Equal(JobStatus.Completed, (await scene.Ended("committee:4")).Status);
            }
        );

    [Fact]
    public void SharesThatAreLate_False_OrOfOthers_ChangeNothing() =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                var (late, other) = (scene.Voters[0], scene.Voters[1]);
                late.IsWithholding = true;
                var collection = await Collecting(scene);
                Assert.Contains(late.Worker, collection.Missing);
                var share = late.Share(collection.Request);
                await Give(scene, late, other.Share(collection.Request));
                await Give(scene, late, share with { Share = share.Share.Slice(1) });
                await Give(scene, late, share with { Share = default });
                await Give(scene, late, share with { Epoch = 1 });
                await Give(scene, late, share with { Epoch = 3 });
                await Give(scene, late, late.Share(collection.Request with { Eligible = default }) with { Epoch = 2 });
                await Give(scene, new TestVoter("stranger"), new TestVoter("stranger").Share(collection.Request));
                Assert.Contains(late.Worker, (await scene.Committees.GetCollection())!.Missing);
                await Refused(() => scene.Committees.Share(late.Worker, share, Authority.Gateway));
                await scene.Begin(2);
                var before = await scene.Committees.GetFile(2);
                await Give(scene, late, share);
                Assert.Equal(3, (await scene.Committees.GetCurrent())!.Drawn.Length);
                Assert.Equal(before.ToArray(), (await scene.Committees.GetFile(2)).ToArray());
                late.Lists.Clear();
            }
        );

    [Fact]
    public void ShareThatIsRepeated_CountsOnce() =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                scene.Voters[0].IsWithholding = scene.Voters[1].IsWithholding = true;
                var collection = await Collecting(scene);
                for (var time = 0; time < 3; time++)
                {
                    await Give(scene, scene.Voters[0], scene.Voters[0].Share(collection.Request));
                }
                await scene.Begin(2);
                Assert.Equal(3, (await scene.Committees.GetCurrent())!.Drawn.Length);
                await File(scene, 2);
            }
        );

    [Fact]
    public void List_HasThoseWithEnoughAtStake_ByTheirNewestKeys() =>
        CommitteeScene.Run(
            4,
            async scene =>
            {
                var (poor, renewed) = (new TestVoter("poor"), scene.Voters[0]);
                await scene.Stake(poor.Name, poor.Worker, 999);
                await Register(scene, poor.Worker, poor.Key);
                var gone = scene.Voters[1];
                await scene.TakeBack(gone);
                renewed.Renew();
                await Register(scene, renewed.Worker, renewed.Key);
                await Register(scene, renewed.Worker, renewed.Key);
                await scene.Begin(2);
                var file = await File(scene, 2);
                Assert.Equal(3, file.Members.Count);
                Assert.DoesNotContain(file.Members, member => member.Worker == poor.Worker || member.Worker == gone.Worker);
                Assert.Equal(
                    Convert.ToHexStringLower(renewed.Key.Key.Span),
                    file.Members.Single(member => member.Worker == renewed.Worker).BlsKey
                );
                Assert.Equal(3, file.Shares.Count(share => share.Length > 0));
            }
        );

    [Fact]
    public void KeyOfAnother_IsNotRegistered() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var stranger = new TestVoter("stranger");
                await Refused(() => Register(scene, stranger.Worker, scene.Voters[0].Key), ErrorCode.MalformedRequest);
                await Refused(() => Register(scene, stranger.Worker, stranger.Key with { Key = default }), ErrorCode.MalformedRequest);
                await Refused(() => scene.Committees.Register(stranger.Worker, stranger.Key, Authority.Market));
            }
        );

    [Fact]
    public void MarketWithoutWorkers_BeginsNoEpoch() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                await scene.Stop();
                await Task.Delay(5 * CommitteeScene.Terms.Length, scene.Market.Time);
                Assert.Single(await scene.Committees.List());
                await scene.Serve();
                await scene.Begin(2);
                Assert.Equal(3, (await scene.Committees.GetCurrent())!.Drawn.Length);
            }
        );

    [Fact]
    public void MarketThatStartsAgain_LearnsTheRoster() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var before = await scene.Committees.GetCurrent();
                await scene.CrashAndStart();
                Assert.Equal(
                    before!.Drawn.Select(member => member.Worker),
                    (await scene.Committees.GetCurrent())!.Drawn.Select(m => m.Worker)
                );
                var view = await scene.Ended("committee:3");
                Assert.Equal(JobStatus.Completed, view.Status);
                Assert.Equal(1UL, (await scene.Receipt(view.Id)).Receipt.Epoch);
            }
        );

    [Fact]
    public void State_IsTheSameAfterItsBytes()
    {
        var members = ImmutableArray.Create(Member("one"), Member("two"));
        var list = new EpochList(4, members, new byte[64]);
        var at = DateTimeOffset.UnixEpoch;
        var (running, last) = (Drawn(list with { Epoch = 2 }), Drawn(list with { Epoch = 3 }));
        foreach (
            var state in new[]
            {
                EpochsState.None,
                new EpochsState { Running = running, Last = running },
                new EpochsState
                {
                    Running = running,
                    Last = last,
                    Collected = list with { SignsUntil = at },
                },
                new EpochsState { Last = last, Past = [new PastEpoch(3, at, 2, 1, IsDrawn: false)] },
            }
        )
        {
            var bytes = EpochsState.Write(state).ToArray();
            var read = EpochsState.Read(bytes);
            Assert.Equal(bytes, EpochsState.Write(read).ToArray());
            Assert.Equal((state.Next, state.Running?.List.Epoch), (read.Next, read.Running?.List.Epoch));
        }

        // Builds before wrote lists without an end, each without its last byte where it has none.
        var one = EpochsState.Write(new EpochsState { Collected = list }).ToArray();
        byte[] before = [EpochList.FormatWithoutEnd, .. one[1..^2], one[^1]];
        Assert.Equal((4UL, null), (EpochsState.Read(before).Collected!.Epoch, EpochsState.Read(before).Collected!.SignsUntil));

        RosterMember Member(string name) => new(new TestVoter(name).Worker, new TestVoter(name).Key, new TokenAmount(7));

        DrawnEpoch Drawn(EpochList drawn) => new(drawn, [new byte[96], default], new byte[64], at, at + TimeSpan.FromHours(1));
    }

    [Fact]
    [TestsBound(typeof(EpochPolicy), nameof(EpochPolicy.RegisteredMax))]
    public void WorkersWithoutAStake_MakeRoomForOneThatHasIt() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var known = RegisteredKeys.Read((await scene.Market.Store.Read(Keys))!.Value.Content.Span);
                var others = Enumerable
                    .Range(0, EpochPolicy.RegisteredMax - 1 - known.Keys.Length)
                    .Select(number => new RegisteredKey(new WorkerId(Blake3.Hash([(byte)number, (byte)(number >> 8)])), KeyOf(number)));
                await Rewrite(scene, Keys, new RegisteredKeys([.. known.Keys, .. others]), RegisteredKeys.Write);
                var (last, poor, staked) = (new TestVoter("last"), new TestVoter("poor"), new TestVoter("staked"));
                await Register(scene, last.Worker, last.Key);
                await Refused(() => Register(scene, poor.Worker, poor.Key), ErrorCode.LimitExceeded);
                await scene.Stake("staked", staked.Worker, 1000);
                await Register(scene, staked.Worker, staked.Key);
                await scene.Begin(2);
                var file = await File(scene, 2);
                Assert.Equal(4, file.Members.Count);
                Assert.Contains(file.Members, member => member.Worker == staked.Worker);
                await Register(scene, poor.Worker, poor.Key);

                static CommitteeKey KeyOf(int number) =>
                    new(
                        new byte[44]
                            .Concat(BitConverter.GetBytes(number))
                            .ToArray(),
                        new byte[96],
                        new byte[64]
                    );
            }
        );

    [Fact]
    public void OldEpochs_AreKeptNoMore() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var state = EpochsState.Read((await scene.Market.Store.Read(Epochs))!.Value.Content.Span);
                var first = state.Running!;
                var last = first with { List = first.List with { Epoch = EpochPolicy.KeptMax } };
                var changed = new EpochsState
                {
                    Running = last,
                    Last = last,
                    Past = [.. Enumerable.Range(1, EpochPolicy.KeptMax).Select(number => state.Past[0] with { Epoch = (ulong)number })],
                };
                await Rewrite(scene, Epochs, changed, EpochsState.Write);
                await File(scene, 1);
                await scene.Begin(EpochPolicy.KeptMax + 1);
                await scene.Market.Settle();
                var kept = await scene.Committees.List();
                Assert.Equal((EpochPolicy.KeptMax, 2UL), (kept.Length, kept[^1].Epoch));
                await Refused(() => scene.Committees.GetFile(1), ErrorCode.EpochNotFound);
                Assert.Null(await scene.Market.Store.Read(new DocumentKey(DrawnEpoch.Kind, "1")));
                Assert.Equal(EpochPhase.Over, kept[1].Phase);
            }
        );

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EpochMin))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EpochMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EpochSharesMin))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.EpochSharesMax))]
    public void Terms_AreWithinTheirBounds()
    {
        foreach (var allowed in new[] { MarketLimits.EpochMin, MarketLimits.EpochMax })
        {
            Assert.Equal(allowed, new EpochTerms { Length = allowed }.Length);
        }
        foreach (var refused in new[] { MarketLimits.EpochMin - TimeSpan.FromTicks(1), MarketLimits.EpochMax + TimeSpan.FromTicks(1) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new EpochTerms { Length = refused });
        }
        foreach (var allowed in new[] { MarketLimits.EpochSharesMin, MarketLimits.EpochSharesMax })
        {
            Assert.Equal(allowed, new EpochTerms { Shares = allowed }.Shares);
        }
        foreach (
            var refused in new[]
            {
                MarketLimits.EpochSharesMin - TimeSpan.FromTicks(1),
                MarketLimits.EpochSharesMax + TimeSpan.FromTicks(1),
            }
        )
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new EpochTerms { Shares = refused });
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new EpochTerms { StakeMin = TokenAmount.Zero });
    }

    /// <summary>As if it had come to that, before the market starts again.</summary>
    private static async Task Rewrite<TState>(CommitteeScene scene, DocumentKey key, TState state, Func<TState, ReadOnlyMemory<byte>> write)
    {
        await scene.Market.Store.Write(key, (await scene.Market.Store.Read(key))!.Value.Version, write(state));
        await scene.CrashAndStart();
    }

    /// <summary>The epoch's file, which holds by its own text.</summary>
    private static async Task<EpochFile> File(CommitteeScene scene, ulong epoch)
    {
        var file = EpochFile.Parse((await scene.Committees.GetFile(epoch)).Span);
        Assert.Equal(epoch, file.Epoch);
        Assert.DoesNotContain(EpochChecks.Of(file, TestOwner.Domain), check => check.Result == CheckResult.Broken);
        return file;
    }

    private static async Task<ShareCollection> Collecting(CommitteeScene scene)
    {
        while (true)
        {
            if (await scene.Committees.GetCollection() is { } collection)
            {
                return collection;
            }
            await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
        }
    }

    private static Task Give(CommitteeScene scene, TestVoter voter, CommitteeShare share) =>
        scene.Committees.Share(voter.Worker, share, Authority.Market);

    private static Task Register(CommitteeScene scene, WorkerId worker, CommitteeKey key) =>
        scene.Committees.Register(worker, key, Authority.Worker);

    private static async Task Refused(Func<Task> call, ErrorCode code = ErrorCode.Forbidden) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
