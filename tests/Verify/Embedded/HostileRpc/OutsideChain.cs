using System.Runtime.ExceptionServices;
using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// A real chain in a simulated market: each question is asked on a thread of its own, for which the only thread of the simulation waits. So
/// sockets and real time are outside, and the simulated clock stands still meanwhile.
/// </summary>
internal sealed class OutsideChain(IMarketChain chain) : IMarketChain
{
    /// <summary>Work outside of the simulation, at whose end the simulation goes on.</summary>
    public static TResult Wait<TResult>(Func<Task<TResult>> work)
    {
        TResult? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work().GetAwaiter().GetResult();
            }
            catch (Exception caught)
            {
                failure = ExceptionDispatchInfo.Capture(caught);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    public static void Wait(Func<Task> work) =>
        Wait(async () =>
        {
            await work();
            return true;
        });

    public Task<ChainTerms> ReadTerms(CancellationToken cancellation) => Ask(() => chain.ReadTerms(cancellation));

    public Task<ChainBlock> ReadHead(CancellationToken cancellation) => Ask(() => chain.ReadHead(cancellation));

    public Task<ChainBlock?> FindBlock(ulong number, CancellationToken cancellation) => Ask(() => chain.FindBlock(number, cancellation));

    public Task<IReadOnlyList<ChainEvent>> ReadEvents(ulong from, ChainBlock to, CancellationToken cancellation) =>
        Ask(() => chain.ReadEvents(from, to, cancellation));

    public Task<IReadOnlyList<ChainBalance>> ReadBalances(
        IReadOnlyList<EvmAddress> owners,
        ChainBlock at,
        CancellationToken cancellation
    ) => Ask(() => chain.ReadBalances(owners, at, cancellation));

    public Task<ChainBooks> ReadBooks(ChainBlock at, CancellationToken cancellation) => Ask(() => chain.ReadBooks(at, cancellation));

    public Task<ChainCommittee> ReadCommittee(ulong epoch, ChainBlock at, CancellationToken cancellation) =>
        Ask(() => chain.ReadCommittee(epoch, at, cancellation));

    public Task<IReadOnlyList<ChainMember?>> ReadMembers(IReadOnlyList<Bytes32> members, ChainBlock at, CancellationToken cancellation) =>
        Ask(() => chain.ReadMembers(members, at, cancellation));

    public Task<IReadOnlyList<TokenAmount>> ReadWeights(
        ulong epoch,
        IReadOnlyList<Bytes32> members,
        ChainBlock at,
        CancellationToken cancellation
    ) => Ask(() => chain.ReadWeights(epoch, members, at, cancellation));

    public Task<ulong> ReadNonce(ChainBlock at, CancellationToken cancellation) => Ask(() => chain.ReadNonce(at, cancellation));

    public Task<ChainFee> ReadFee(CancellationToken cancellation) => Ask(() => chain.ReadFee(cancellation));

    public ChainTransaction Sign(SettlementOrder order, ulong nonce, ChainFee fee) => chain.Sign(order, nonce, fee);

    public Task Send(ReadOnlyMemory<byte> transaction, CancellationToken cancellation) =>
        Ask(async () =>
        {
            await chain.Send(transaction, cancellation);
            return true;
        });

    public Task<ChainInclusion?> FindInclusion(Bytes32 transaction, CancellationToken cancellation) =>
        Ask(() => chain.FindInclusion(transaction, cancellation));

    private static Task<TAnswer> Ask<TAnswer>(Func<Task<TAnswer>> ask)
    {
        try
        {
            return Task.FromResult(Wait(ask));
        }
        catch (Exception failure)
        {
            return Task.FromException<TAnswer>(failure);
        }
    }
}
