using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// A job whose price limit no offer can ever meet is refused; one that no present offer meets is told what the cheapest asks.
/// </summary>
public sealed class PriceLimitTests
{
    [Fact]
    public void LimitBelowWhatAnyOfferMayAsk_IsRefusedWithTheLeast() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var spec = TestMarket.Spec(program) with { FuelMax = 2_000_001 };

            var results = await market.Submit(
                caller,
                new SubmitItem("free", spec with { PriceMax = TokenAmount.Zero }),
                new SubmitItem("low", spec with { PriceMax = new TokenAmount(2) }),
                new SubmitItem("least", spec with { PriceMax = new TokenAmount(3) })
            );

            Assert.Equal([ErrorCode.PriceTooLow, ErrorCode.PriceTooLow, null], results.Select(result => result.Code));
            Assert.Contains("less than 3", results[0].Message);
            Assert.Equal(new TokenAmount(3), (await market.Account("client").Get()).Held);
            var worker = await market.AddWorker("least", price: 1);
            await worker.Report(worker.Completed(await worker.TakeOne(), fuel: 2_000_001));
            await market.Settle();
            Assert.Equal(new TokenAmount(3), (await market.Account("client").Get()).Spent);
        });

    [Fact]
    public void OfferOfNothing_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var refusal = await Assert.ThrowsAsync<MarketException>(() => market.AddWorker("free", price: 0));

            Assert.Equal(ErrorCode.LimitExceeded, refusal.Code);
        });

    [Fact]
    public void JobThatNoOfferIsCheapEnoughFor_IsToldTheCheapestPriceThatFits() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            await market.AddWorker("dear", price: 300);
            await market.AddWorker("dearer", price: 400);
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;

            var explanation = await market.Job(job).Explain(caller);

            Assert.Equal(new TokenAmount(300), explanation.CheapestPrice);
            Assert.Contains("takes it for 300", explanation.Summary);
            await market.Job(job).Cancel(caller);
            await market.Settle();
        });
}
