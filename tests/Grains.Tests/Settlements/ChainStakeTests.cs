using System.Text;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>The market knows who serves on the chain, all of them, and remembers nobody else.</summary>
public sealed class ChainStakeTests
{
    private const int DeadMembers = 4_200;

    /// <summary>
    /// Registered and taken back within one epoch, they cost their owner nothing but gas, and would stop all settlements.
    /// </summary>
    [Fact]
    public void MembersThatServeNoMore_AreForgotten_HoweverMany()
    {
        var dead = Enumerable.Range(0, DeadMembers).Select(number => KeyOf($"dead {number}")).ToArray();
        SettlementScene.Run(async scene =>
        {
            await scene.Blocks(1);
            scene.Chain.Do(state => dead.Aggregate(state, (all, key) => all.Register(WorkerOf(1), key, 1_000).Restake(key, 0)));
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            Assert.Equal((4, null), ((await scene.Status()).Members, (await scene.Status()).Trouble));
            // One of them stakes again: it is known again, and its absence told to the escrow.
            scene.Chain.Do(state => state.Restake(dead[7], 1_000));
            scene.Chain.Mine(1, seconds: 12);
            scene.Chain.Mine(1, seconds: 3_600);
            await scene.Pay(300);
            await scene.UntilSettled(2);

            Assert.Equal(5, (await scene.Status()).Members);
            Assert.Contains((await scene.Grain.GetStakes()).Stakes, stake => stake.Key.Span.SequenceEqual(dead[7].Bytes));
            scene.Check();
        });
    }

    /// <summary>A settlement that is signed without a member of whom a node told nothing would never be taken.</summary>
    [Fact]
    public void NodeThatLeavesAMemberOut_IsNotBelieved()
    {
        var hidden = KeyOf("hidden");
        SettlementScene.Run(async scene =>
        {
            await scene.Blocks(1);
            scene.Chain.Hides = happened => happened is MemberRegistered joined && joined.Key == hidden;
            scene.Chain.Do(state => state.Register(WorkerOf(9), hidden, 500));
            // It is missed when its epoch begins, before a settlement needs it.
            await scene.Blocks(1);
            scene.Chain.Mine(1, seconds: 3_600);
            await scene.Blocks(8);
            var status = await scene.Status();
            Assert.Contains("has 5 members with 4500 at stake in epoch", status.Trouble, StringComparison.Ordinal);
            Assert.Equal(4, (await scene.Grain.GetStakes()).Stakes.Length);

            scene.Chain.Hides = _ => false;
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            Assert.Equal(5, (await scene.Status()).Members);
        });
    }

    /// <summary>What was not kept by builds before is read of the chain.</summary>
    [Fact]
    public void StateWithoutStakes_IsReadAsInDoubt()
    {
        var (key, escrow) = (KeyOf("member"), EvmAddress.Parse("0x00000000000000000000000000000000000e0001"));
        var writer = new CompactWriter(256);
        writer.Byte(1);
        writer.Number(31337);
        writer.Id(escrow.ToWord());
        writer.Count(1);
        SettlementState.WriteBlock(writer, new ChainBlock(7, escrow.ToWord(), 8));
        writer.Count(1);
        writer.Number(5);
        writer.Id(WorkerOf(3).Value);
        writer.Bytes(key.Bytes);
        writer.Number(9);
        writer.Count(0);
        writer.Flag(false);
        writer.Count(0);

        var state = SettlementState.Read(writer.Finish().Span);

        Assert.Equal((31337UL, 7UL, 9UL, true, null), (state.ChainId, state.Counted, state.Batches, state.IsInDoubt, state.StakesOf));
        var member = Assert.Single(state.Members);
        Assert.Equal((WorkerOf(3), key, TokenAmount.Zero), (member.Worker, member.Key, member.Stake));
        var now = state with { IsInDoubt = false, StakesOf = 4, Members = [member with { Stake = new TokenAmount(6) }] };
        var bytes = SettlementState.Write(now);
        var read = SettlementState.Read(bytes.Span);
        Assert.Equal((false, 4UL, now.Members[0]), (read.IsInDoubt, read.StakesOf, read.Members[0]));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => SettlementState.Read(bytes.Span[..length]));
        }
    }

    private static WorkerId WorkerOf(byte number) => new(new Bytes32([.. Enumerable.Repeat(number, Bytes32.Size)]));

    private static BlsPublicKey KeyOf(string seed) => BlsSecretKey.FromSeed(Blake3.Hash(Encoding.UTF8.GetBytes(seed)).ToArray()).PublicKey;
}
