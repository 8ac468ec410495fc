using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Crashes, and two activations at a time.</summary>
public sealed partial class EpochTests
{
    /// <summary>The process ends at the n-th write of anything that epochs are made of.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void CrashAtEachWrite_LeavesOneListAndOneDrawOfEachEpoch(string fate)
    {
        for (var crashAt = 1; crashAt <= 7; crashAt++)
        {
            var (at, writes) = (crashAt, 0);
            CommitteeScene.Run(
                4,
                async scene =>
                {
                    scene.Market.Store.OnWrite = name =>
                        name.StartsWith("epoch", StringComparison.Ordinal) && ++writes == at ? Enum.Parse<WriteFate>(fate) : WriteFate.Done;
                    var files = new Dictionary<ulong, string>();
                    for (var minute = 0; minute < 60; minute++)
                    {
                        await Task.Delay(TimeSpan.FromMinutes(1), scene.Market.Time);
                        if (scene.Market.Store.IsCrashed)
                        {
                            await scene.CrashAndStart();
                        }
                        foreach (var epoch in await scene.Committees.List())
                        {
                            if (epoch.Phase != EpochPhase.Collecting)
                            {
                                var text = Convert.ToHexString((await scene.Committees.GetFile(epoch.Epoch)).Span);
                                Assert.True(files.TryAdd(epoch.Epoch, text) || files[epoch.Epoch] == text);
                            }
                        }
                    }
                    Assert.True(writes >= at, $"{writes} writes");
                    Assert.True(files.Count >= 5, $"{files.Count} epochs");
                    foreach (var epoch in files.Keys)
                    {
                        await File(scene, epoch);
                    }
                    Assert.All(scene.Voters, voter => Assert.Equal(0, voter.Contradictions));
                }
            );
        }
    }

    /// <summary>Two activations, both asked all the time: what one has fixed the other does not fix again.</summary>
    [Fact]
    public void Twins_FixOneListAndDrawOnce()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            CommitteeScene.Run(
                4,
                async scene =>
                {
                    var twin = (await scene.Market.StartTwin()).GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
                    var lists = new Dictionary<ulong, Bytes32>();
                    var rosters = new Dictionary<ulong, string>();
                    for (var second = 0; second < 3000; second++)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
                        foreach (var grain in new[] { twin, scene.Committees })
                        {
                            if (await grain.GetCollection() is { } collection)
                            {
                                Assert.True(
                                    lists.TryAdd(collection.Request.Epoch, collection.Request.Eligible)
                                        || lists[collection.Request.Epoch] == collection.Request.Eligible
                                );
                                // A part of the workers reaches the twin alone.
                                foreach (
                                    var voter in scene.Voters.Where(voter => grain == twin && collection.Missing.Contains(voter.Worker))
                                )
                                {
                                    await LostWrites.Resend(() =>
                                        grain.Share(voter.Worker, voter.Share(collection.Request), Authority.Market)
                                    );
                                }
                            }
                            if (await grain.GetCurrent() is { } roster)
                            {
                                var drawn = string.Join(' ', roster.Drawn.Select(member => member.Worker));
                                Assert.True(rosters.TryAdd(roster.Epoch, drawn) || rosters[roster.Epoch] == drawn);
                            }
                        }
                    }
                    Assert.True(rosters.Count >= 4, $"{rosters.Count} epochs");
                    foreach (var epoch in rosters.Keys)
                    {
                        await File(scene, epoch);
                    }
                    Assert.All(scene.Voters, voter => Assert.Equal(0, voter.Contradictions));
                },
                seed: seed
            );
        }
    }
}
