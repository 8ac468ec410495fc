using System.Collections.Immutable;
using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Repeats;
using Marketplace.Receipts;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>Deployers see their program's state with proofs, take it along whole, and bring it into a new program once.</summary>
public sealed class StateImportTests
{
    [Fact]
    public void Proofs_AreOfTheRootThatWasAskedFor() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var state = State(market, program);
            var empty = await state.Prove(caller, null, Bytes("a"));
            Assert.Equal(StateFinding.Absent, StateProofs.Verify(empty.Root, "a"u8, empty.Proof).Finding);
            var first = await Commit(market, program, 1, Put("a", "1"), Put("b", "2"));
            await Commit(market, program, 2, Put("a", "3"));

            var newest = await state.Prove(caller, null, Bytes("a"));
            Assert.Equal(StateFinding.Present, StateProofs.Verify(newest.Root, "a"u8, newest.Proof).Finding);
            Assert.Equal("3", Text(newest.Value!.Value));
            var old = await state.Prove(caller, first, Bytes("a"));
            Assert.Equal("1", Text(StateProofs.Verify(first, "a"u8, old.Proof).Value));
            var absent = await state.Prove(caller, first, Bytes("c"));
            Assert.Equal(StateFinding.Absent, StateProofs.Verify(first, "c"u8, absent.Proof).Finding);
            Assert.Null(absent.Value);

            var list = await state.ListFor(caller, null, default, null, 1);
            Assert.Equal((newest.Root, 2, "a", false), (list.Root, list.Count, Text(list.Keys.Single()), list.IsWhole));
            list = await state.ListFor(caller, list.Root, default, list.Keys[0], 1);
            Assert.Equal(("b", true), (Text(list.Keys.Single()), list.IsWhole));
        });

    [Fact]
    public void StateOfAProgramThatOthersDeployed_IsNotShown() =>
        TestMarket.Run(async market =>
        {
            var owner = await market.OpenAccount("client");
            var stranger = await market.OpenAccount("stranger");
            var program = await market.Deploy(owner, "command writes");
            var root = await Commit(market, program, 1, Put("a", "1"));
            var chunk = (await State(market, program).Export(owner, null, null)).Chunk;
            foreach (var which in new[] { program, new ProgramId(Id(7)) })
            {
                var state = State(market, which);
                await Refused(ErrorCode.ProgramNotFound, () => state.Prove(stranger, null, Bytes("a")));
                await Refused(ErrorCode.ProgramNotFound, () => state.Prove(stranger, root, Bytes("a")));
                await Refused(ErrorCode.ProgramNotFound, () => state.ListFor(stranger, null, default, null, 1));
                await Refused(ErrorCode.ProgramNotFound, () => state.Export(stranger, null, null));
                await Refused(ErrorCode.ProgramNotFound, () => state.Import(stranger, root, chunk));
            }
        });

    [Fact]
    public void CommitOfUnknownOutcome_IsReadAgainBeforeTheStateIsShown() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            await Commit(market, program, 1, Put("a", "1"));
            market.Store.OnWrite = name => name.StartsWith("state/", StringComparison.Ordinal) ? WriteFate.Unconfirmed : WriteFate.Done;
            await Refused(ErrorCode.OutcomeUnknown, () => Commit(market, program, 2, Put("a", "2")));
            market.Store.OnWrite = _ => WriteFate.Done;
            Assert.Equal("2", Text((await State(market, program).Prove(caller, null, Bytes("a"))).Value!.Value));
        });

    [Fact]
    public void ExportedState_IsImportedOnce_AndItsJobsGoOnWithIt() =>
        TestMarket.Run(async market =>
        {
            var (caller, from, root) = await Exported(market);
            var chunks = await Export(market, caller, from);
            Assert.True(chunks.Count > 2);
            var to = await market.Deploy(caller, "command writes too");
            var state = State(market, to);

            await Refused(ErrorCode.MalformedRequest, () => state.Import(caller, root, chunks[1]));
            var taken = await state.Import(caller, root, chunks[0]);
            Assert.Equal(StateChunk.Read(chunks[0]).End, taken.Next);
            await Refused(ErrorCode.Unavailable, () => state.Begin(default));
            await Refused(ErrorCode.MalformedRequest, () => state.Import(caller, root, chunks[2]));
            await Refused(ErrorCode.StateNotEmpty, () => state.Import(caller, new StateRoot(Id(9)), chunks[1]));
            Assert.Equal(taken, await state.Import(caller, root, chunks[0]));
            await market.Restart();
            state = State(market, to);
            foreach (var chunk in chunks.Skip(1))
            {
                taken = await state.Import(caller, root, chunk);
                Assert.Equal(taken, await state.Import(caller, root, chunk));
            }
            Assert.Null(taken.Next);
            Assert.Equal(root, (await state.Begin(default)).Root);
            await market.CrashAndStart();
            Assert.Equal(taken, await State(market, to).Import(caller, root, chunks[^1]));
            await Commit(market, to, 3, Put("more", ""));
            await Refused(ErrorCode.StateNotEmpty, () => State(market, to).Import(caller, root, chunks[0]));
        });

    [Fact]
    public void ProgramThatUsesNoState_TakesNone() =>
        TestMarket.Run(async market =>
        {
            var (caller, from, root) = await Exported(market);
            var chunks = await Export(market, caller, from);
            var state = State(market, await market.Deploy(caller));

            await Refused(ErrorCode.MalformedRequest, () => state.Import(caller, root, chunks[0]));

            Assert.Equal(default, (await state.Begin(default)).Root);
        });

    [Fact]
    public void ImportOfAnotherState_BeginsAgain() =>
        TestMarket.Run(async market =>
        {
            var (caller, from, root) = await Exported(market);
            var chunks = await Export(market, caller, from);
            var small = await market.Deploy(caller, "command writes small");
            var other = await Commit(market, small, 9, Put("only", "this"));
            var chunk = (await State(market, small).Export(caller, null, null)).Chunk;
            var state = State(market, await market.Deploy(caller, "command writes too"));
            await state.Import(caller, root, chunks[0]);
            await state.Import(caller, root, chunks[1]);

            Assert.Equal(new StateImportView(null, 1), await state.Import(caller, other, chunk));
            Assert.Equal(other, (await state.Begin(default)).Root);
        });

    [Fact]
    public void ChunkThatWasChanged_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var (caller, from, root) = await Exported(market);
            var chunk = (await Export(market, caller, from))[0];
            var state = State(market, await market.Deploy(caller, "command writes too"));
            for (var bit = 7; bit < chunk.Length * 8; bit += 200_003)
            {
                var changed = chunk.ToArray();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                await Refused(ErrorCode.MalformedRequest, () => state.Import(caller, root, changed));
            }
            await Refused(ErrorCode.MalformedRequest, () => state.Import(caller, default, chunk));
            await Refused(ErrorCode.MalformedRequest, () => State(market, from).Export(caller, null, Id(1)));
            Assert.Equal(0, (await state.Begin(default)).Height);
        });

    [Fact]
    public void ImportBeyondTheBounds_IsRefused() =>
        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var tree = await Storage.StateTree.InMemory.With([
                    .. Enumerable.Range(0, 11).Select(number => new Storage.StateWrite(Bytes($"{number}"), Bytes(""))),
                ]);
                var chunk = (await tree.Chunk(null)).ToBytes();
                var state = State(market, await market.Deploy(caller, "command writes"));
                await Refused(ErrorCode.LimitExceeded, () => state.Import(caller, tree.Root, chunk));
            },
            register: services => services.AddSingleton(new StateBounds(10, 1_000_000))
        );

    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.ShownKeysBytesMax))]
    public void PageOfKeys_HasAsManyBytesAsAllowed() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            const int fit = StatePolicy.ShownKeysBytesMax / ProgramLimits.StateKeyBytesMax;
            await Commit(market, program, 1, [.. Enumerable.Range(0, fit).Select(Long)]);
            var list = await State(market, program).ListFor(caller, null, default, null, 1000);
            Assert.Equal((fit, true), (list.Keys.Length, list.IsWhole));
            await Commit(market, program, 2, Long(fit));
            list = await State(market, program).ListFor(caller, null, default, null, 1000);
            Assert.Equal((fit, false), (list.Keys.Length, list.IsWhole));
            Assert.Single((await State(market, program).ListFor(caller, null, default, list.Keys[^1], 1000)).Keys);

            static StateChange Long(int number) =>
                new(
                    Bytes(
                        number
                            .ToString("00000", System.Globalization.CultureInfo.InvariantCulture)
                            .PadRight(ProgramLimits.StateKeyBytesMax, 'x')
                    ),
                    Bytes("")
                );
        });

    [Fact]
    [TestsBound(typeof(StatePolicy), nameof(StatePolicy.ExportBytesMax))]
    public void Chunk_HasAsManyBytesAsAllowed() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            const int half = (StatePolicy.ExportBytesMax / 2) - 7;
            await Commit(market, program, 1, new StateChange(Bytes("a"), new byte[half]));
            var state = State(market, program);
            await Commit(market, program, 2, new StateChange(Bytes("b"), new byte[half]));
            Assert.Null((await state.Export(caller, null, null)).Next);
            await Commit(market, program, 3, new StateChange(Bytes("b"), new byte[half + 1]));
            Assert.NotNull((await state.Export(caller, null, null)).Next);
        });

    private static async Task<(Caller Caller, ProgramId Program, StateRoot Root)> Exported(TestMarket market)
    {
        var caller = await market.OpenAccount("client");
        var program = await market.Deploy(caller, "command writes");
        var root = default(StateRoot);
        for (var number = 0; number < 4; number++)
        {
            root = await Commit(
                market,
                program,
                number,
                [.. Enumerable.Range(0, 8).Select(key => new StateChange(Bytes($"{number} {key}"), new byte[100_000 + key]))]
            );
        }
        return (caller, program, root);
    }

    private static async Task<List<ReadOnlyMemory<byte>>> Export(TestMarket market, Caller caller, ProgramId program)
    {
        var chunks = new List<ReadOnlyMemory<byte>>();
        Bytes32? after = null;
        do
        {
            var chunk = await State(market, program).Export(caller, null, after);
            Assert.Null(StateChunks.Refusal(chunk.Root, after, StateChunk.Read(chunk.Chunk)));
            chunks.Add(chunk.Chunk);
            after = chunk.Next;
        } while (after is not null);
        return chunks;
    }

    private static async Task<StateRoot> Commit(
        TestMarket market,
        ProgramId program,
        int number,
        params ImmutableArray<StateChange> changes
    )
    {
        var state = State(market, program);
        var job = new JobId(Id(number));
        var head = await state.Begin(job);
        var end = await state.Commit(job, head.Height, head.Root, changes, RepeatScene.End(), Authority.Market);
        await state.Acknowledge(job, Authority.Market);
        return end!.RootAfter!.Value;
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    private static IStateGrain State(TestMarket market, ProgramId program) => market.Grains.GetGrain<IStateGrain>(program.ToString());

    private static StateChange Put(string key, string value) => new(Bytes(key), Bytes(value));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static Bytes32 Id(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return new Bytes32(bytes);
    }
}
