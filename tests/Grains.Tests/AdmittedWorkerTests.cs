using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A worker of another machine has an account, and so has the one that earns.</summary>
public sealed class AdmittedWorkerTests
{
    [Fact]
    public void WorkerWithoutAnAccount_OffersNothing() =>
        TestMarket.Run(async market =>
        {
            var (worker, offer) = Stranger(market);

            var refused = await Assert.ThrowsAsync<MarketException>(() => worker.Admit(offer));

            Assert.Equal(ErrorCode.AccountNotFound, refused.Code);
            Assert.Contains($"The worker's own account is not open: {offer.Worker}", refused.Message);
            Assert.Equal(0, (await market.Market.GetView()).Workers);
        });

    [Fact]
    public void PayeeWithoutAnAccount_IsRefused_AndAnyOpenOneMayEarn() =>
        TestMarket.Run(async market =>
        {
            var (worker, offer) = Stranger(market);
            var own = market.Grains.GetGrain<IAccountGrain>(offer.Worker.ToString());
            await own.Credit("opens it", new TokenAmount(1), null, Authority.Silo);
            var payee = TestMarket.Id("payee");

            var refused = await Assert.ThrowsAsync<MarketException>(() => worker.Admit(offer with { PayTo = payee }));
            Assert.Contains($"The account that is to earn is not open: {payee}", refused.Message);
            await worker.Admit(offer);
            await market.OpenAccount("payee");
            await worker.Admit(offer with { PayTo = payee });

            Assert.Equal(payee, (await worker.Get()).PayTo);
        });

    private static (IWorkerGrain Worker, WorkerOffer Offer) Stranger(TestMarket market)
    {
        var id = new WorkerId(TestMarket.Id("stranger").Value);
        var offer = new WorkerOffer(
            Worker: id,
            PayTo: new AccountId(id.Value),
            PricePerMillionFuel: new TokenAmount(1),
            Slots: 1,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        );
        return (market.Grains.GetGrain<IWorkerGrain>(id.ToString()), offer);
    }
}
