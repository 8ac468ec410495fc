using System.Collections.Immutable;
using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Repeats;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>A program's state is the same after every start, and old roots can be read as long as they are kept.</summary>
public sealed class StateCheckpointTests
{
    private static readonly ProgramId Program = new(default);
    private static readonly DocumentKey Head = new("state", Program.ToString());

    [Fact]
    public void OldRoots_AreReadListedAndChanged_AlsoAfterAStart() =>
        TestMarket.Run(async market =>
        {
            var roots = new List<StateRoot> { default };
            for (var number = 0; number < 20; number++)
            {
                roots.Add(await Commit(market, number, Put($"key {number}", $"{number}"), Put("newest", $"{number}")));
            }
            for (var start = 0; start < 2; start++)
            {
                for (var height = 0; height <= 20; height++)
                {
                    var state = State(market);
                    var newest = await state.Read(roots[height], Bytes("newest"));
                    Assert.Equal(height == 0 ? null : $"{height - 1}", newest is { } value ? Encoding.UTF8.GetString(value.Span) : null);
                    Assert.Equal(height, (await state.List(roots[height], Bytes("key "))).Length);
                    if (height < 20)
                    {
                        var next = await state.RootWith(roots[height], [Put($"key {height}", $"{height}"), Put("newest", $"{height}")]);
                        Assert.Equal(roots[height + 1], next);
                    }
                }
                await market.Restart();
            }
        });

    [Fact]
    public void LargeState_IsStoredInPages_AndRootsOnBothSidesOfACheckpointCanBeRead() =>
        TestMarket.Run(async market =>
        {
            var roots = new List<StateRoot> { default };
            for (var number = 0; number < 40; number++)
            {
                roots.Add(
                    await Commit(
                        market,
                        number,
                        [.. Enumerable.Range(0, 200).Select(key => Put($"{(number * 31 + key) % 900}", Text(number)))]
                    )
                );
            }
            await market.Settle();
            Assert.True(market.Disk.Documents.Keys.Count(key => key.Kind == "state-page") > 50);
            for (var start = 0; start < 2; start++)
            {
                foreach (var height in new[] { 0, 1, 7, 19, 20, 21, 33, 39, 40 })
                {
                    var value = await State(market).Read(roots[height], Bytes($"{(height - 1) * 31 % 900}"));
                    Assert.Equal(height == 0 ? null : Text(height - 1), value is { } found ? Encoding.UTF8.GetString(found.Span) : null);
                }
                Assert.Equal(roots[40], (await State(market).Begin(default)).Root);
                await market.CrashAndStart();
            }
        });

    /// <summary>Each write of a checkpoint in turn is the last one of the process, or is lost.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void CheckpointThatEndsAnywhere_LosesNothing(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 60; point += point < 8 ? 1 : 9)
        {
            TestMarket.Run(async market =>
            {
                var roots = new List<StateRoot> { default };
                var left = point;
                market.Store.OnWrite = name =>
                    name.StartsWith("state-page/", StringComparison.Ordinal) && left-- == 0 ? fate : WriteFate.Done;
                for (var number = 0; number < 12; number++)
                {
                    var commit = Commit(market, number, Many(number));
                    // A process that has ended answers no more.
                    await Task.WhenAny(commit, Task.Delay(TimeSpan.FromSeconds(10), market.Time));
                    if (!commit.IsCompleted)
                    {
                        break;
                    }
                    roots.Add(await commit);
                }
                await market.Settle();
                hits += left < 0 ? 1 : 0;
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                var head = await State(market).Begin(default);
                Assert.InRange(head.Height, roots.Count - 1, roots.Count);
                Assert.Equal(Text(3), Encoding.UTF8.GetString((await State(market).Read(roots[4], Bytes("52")))!.Value.Span));
                for (var number = 20; number < 32; number++)
                {
                    await Commit(market, number, Many(number));
                }
                await market.Settle();
                Assert.Equal(head.Height + 12, (await State(market).Begin(default)).Height);
            });
        }
        Assert.True(hits > 8, $"only {hits} writes of checkpoints were hit");
    }

    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.RootsMin))]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.RootsMax))]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.RootsKeptFor))]
    public void Roots_AreKeptByNumberAndTime() =>
        TestMarket.Run(async market =>
        {
            var roots = new List<StateRoot> { default };
            for (var number = 0; number < StatePolicy.RootsMax - 1; number++)
            {
                roots.Add(await Commit(market, number, Put("key", $"{number}")));
            }
            Assert.Null(await State(market).Read(roots[0], Bytes("key")));
            roots.Add(await Commit(market, StatePolicy.RootsMax, Put("key", "more")));
            await IsGone(market, roots[0]);
            Assert.NotNull(await State(market).Read(roots[1], Bytes("key")));

            await Task.Delay(StatePolicy.RootsKeptFor + TimeSpan.FromMinutes(1), market.Time);
            await IsGone(market, roots[^(StatePolicy.RootsMin + 1)]);
            Assert.NotNull(await State(market).Read(roots[^StatePolicy.RootsMin], Bytes("key")));
        });

    [Fact]
    public void RootThatComesBack_IsKeptAsItsNewestSelf() =>
        TestMarket.Run(async market =>
        {
            var first = await Commit(market, 1, Put("a", "1"));
            await Commit(market, 2, Put("a", "2"));
            Assert.Equal(first, await Commit(market, 3, Put("a", "1")));
            await Commit(market, 4, Put("a", "4"));
            Assert.NotNull(await State(market).Read(first, Bytes("a")));
            Assert.Equal(first, await State(market).RootWith(first, []));
        });

    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.ListBytesMax))]
    public void List_GivesAsManyBytesOfKeysAsFitIntoOneMessage() =>
        TestMarket.Run(async market =>
        {
            const int each = GuestPolicy.StateKeyBytesMax;
            var root = default(StateRoot);
            for (var number = 0; number < StatePolicy.ListBytesMax / each; number += 512)
            {
                root = await Commit(
                    market,
                    number,
                    [.. Enumerable.Range(number, 512).Select(key => new StateChange(LongKey(key), new byte[1]))]
                );
            }
            Assert.Equal(StatePolicy.ListBytesMax / each, (await State(market).List(root, default)).Length);
            root = await Commit(market, StatePolicy.ListBytesMax, Put("k", ""));
            var refused = await Assert.ThrowsAsync<MarketException>(() => State(market).List(root, default));
            Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
            Assert.Single(await State(market).List(root, Bytes("k")));

            static ReadOnlyMemory<byte> LongKey(int number) => Bytes($"{number}".PadLeft(each, 'x'));
        });

    [Fact]
    public void StateOfAnEarlierBuild_IsReadAndStoredAnew() =>
        TestMarket.Run(async market =>
        {
            var writer = new CompactWriter(256);
            writer.Byte(1);
            writer.Signed(1);
            writer.Count(2);
            foreach (var text in new[] { "a", "1", "b", "2" })
            {
                writer.Bytes(Bytes(text).Span);
            }
            writer.Count(0);
            market.Disk.Documents[Head] = new Document(3, writer.Finish());
            var end = RepeatScene.End() with { RootBefore = default(StateRoot), RootAfter = new StateRoot(Id(9)) };
            var first = new RunCommitted(new JobId(Id(1)), [Put("a", "1"), Put("b", "2")], end, [], At: null);
            var second = new RunCommitted(new JobId(Id(2)), [Put("b", "3")], end with { ExitCode = 4 }, [], At: null);
            var entries = new[] { RunCommitted.Write(first), RunCommitted.Write(second) };
            Assert.Equal([1, 2], entries.Select(entry => entry.Span[0]));
            market.Disk.Append($"state/{Program}", 0, entries);
            await market.Restart();

            var head = await State(market).Begin(new JobId(Id(2)));
            Assert.Equal((2, 4), (head.Height, head.Committed!.ExitCode));
            Assert.Equal("3", Encoding.UTF8.GetString((await State(market).Read(head.Root, Bytes("b")))!.Value.Span));
            Assert.NotEqual(end.RootAfter, head.Root);
            await market.Settle();
            Assert.Equal(3, market.Disk.Documents[Head].Content.Span[0]);

            await market.Restart();
            Assert.Equal(head.Root, (await State(market).Begin(default)).Root);
            var next = await Commit(market, 5, Put("c", "4"));
            Assert.Equal(2, (await State(market).List(head.Root, default)).Length);
            Assert.Equal(3, (await State(market).List(next, default)).Length);
        });

    [Fact]
    public void CommitWhoseChangesGiveAnotherRoot_IsRefusedAsDamage() =>
        TestMarket.Run(async market =>
        {
            market.IsMadeUp = true;
            var end = RepeatScene.End() with { RootBefore = default(StateRoot), RootAfter = new StateRoot(Id(9)) };
            var run = new RunCommitted(new JobId(Id(1)), [Put("a", "1")], end, [], market.Time.GetUtcNow());
            market.Disk.Append($"state/{Program}", 0, [RunCommitted.Write(run)]);
            await Assert.ThrowsAnyAsync<Exception>(() => State(market).Begin(default));
        });

    private static ImmutableArray<StateChange> Many(int number) =>
        [.. Enumerable.Range(0, 200).Select(key => Put($"{(number * 17) + key}", Text(number)))];

    private static async Task IsGone(TestMarket market, StateRoot root)
    {
        var gone = await Assert.ThrowsAsync<MarketException>(() => State(market).Read(root, Bytes("key")));
        Assert.Equal(ErrorCode.StateRootGone, gone.Code);
    }

    private static async Task<StateRoot> Commit(TestMarket market, int number, params ImmutableArray<StateChange> changes)
    {
        var state = State(market);
        var job = new JobId(Id(number));
        var head = await state.Begin(job);
        var end = await state.Commit(job, head.Height, head.Root, changes, RepeatScene.End(), Authority.Market);
        await state.Acknowledge(job, Authority.Market);
        return end!.RootAfter!.Value;
    }

    private static IStateGrain State(TestMarket market) => market.Grains.GetGrain<IStateGrain>(Program.ToString());

    private static StateChange Put(string key, string value) => new(Bytes(key), Bytes(value));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A value of 300 bytes.</summary>
    private static string Text(int number) => $"{number}".PadLeft(300, '.');

    private static Bytes32 Id(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return new Bytes32(bytes);
    }
}
