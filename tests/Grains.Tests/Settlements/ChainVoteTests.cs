using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>The market asks the members of the committee on the chain in their polls, and hands their signatures on.</summary>
public sealed class ChainVoteTests
{
    [Fact]
    public void Settlement_IsSignedByWorkers_ThatHearOfItInTheirPolls() =>
        SettlementScene.Run(async scene =>
        {
            // All signatures come from the workers, of which three are there.
            scene.Silent.UnionWith([0, 1, 2, 3]);
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Until(async () => await scene.Grain.GetCollection() is not null);
            await scene.Blocks(2);
            Assert.Equal((SettlementPhase.Signing, 0), ((await scene.Status()).Phase, (await scene.Status()).Open!.Signed));
            using var stop = new CancellationTokenSource();
            List<SettlementRequest> asked = [];
            var serving = new[] { 0, 1, 3 }.Select(member => Serve(scene, member, asked, stop.Token)).ToArray();

            await scene.UntilSettled(1);

            stop.Cancel();
            await Task.WhenAll(serving);
            Assert.InRange(asked.Count, 3, 3 * 10);
            var request = Assert.Single(asked.Distinct());
            Assert.Equal((1UL, (await scene.File(1)).Settlement.Hash()), (request.Number, request.Hash));
            // Those that have signed are not asked any more.
            scene.Check();
        });

    [Fact]
    public void VoteThatIsNone_ChangesNothing() =>
        SettlementScene.Run(async scene =>
        {
            scene.Silent.UnionWith([0, 1, 2, 3]);
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Until(async () => await scene.Grain.GetCollection() is not null);
            var collection = (await scene.Grain.GetCollection())!;
            var (worker, request) = (collection.Missing[0], collection.Request);
            var market = new WorkerMarket(scene.Market.Shards, scene.Market.Grains, worker);

            await market.Settle(new SettlementVote(request.Number, request.Epoch, new byte[96]));
            await market.Settle(new SettlementVote(request.Number, request.Epoch, default));
            await market.Settle(new SettlementVote(ulong.MaxValue, 0, new byte[96]));

            Assert.Equal(0, (await scene.Status()).Open!.Signed);
            scene.Check();
        });

    private static async Task Serve(SettlementScene scene, int member, List<SettlementRequest> asked, CancellationToken stop)
    {
        var worker = new TestWorker(scene.Market, SettlementScene.NameOf(member), price: 10, slots: 4) { Committee = scene.KeyOf(member) };
        await worker.Offer();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var orders = await worker.Poll(stop);
                if (!orders.Known)
                {
                    await worker.Offer();
                }
                if (orders.Duties?.Settlement is not { } request)
                {
                    continue;
                }
                asked.Add(request);
                var settlement = (await scene.File(request.Number)).Settlement;
                Assert.Equal(request, new SettlementRequest(settlement.Number, settlement.Epoch, settlement.Hash()));
                await new WorkerMarket(scene.Market.Shards, scene.Market.Grains, worker.Id).Settle(scene.Sign(member, settlement));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The scene is over.
        }
    }
}
