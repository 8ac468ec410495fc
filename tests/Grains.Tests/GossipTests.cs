using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>What those who watch the market are told, and that it is told to them alone.</summary>
public sealed class GossipTests
{
    [Fact]
    public void Jobs_AreToldAsTheyWaitAndRun() =>
        TestMarket.Run(async market =>
        {
            market.Feed.Listened.Add(MarketStreams.Jobs);
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 10);

            var job = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program))).Job;
            var first = await worker.TakeOne();
            await worker.Report(worker.Ended(first, RunOutcome.WorkerFault, "out of order"));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();

            Assert.All(market.Feed.News, told => Assert.Equal(MarketStreams.Jobs, told.Stream));
            var items = market.Feed.News.SelectMany(told => told.News.Items).ToArray();
            Assert.Equal([NewsKind.Queued, NewsKind.Leased, NewsKind.Retried, NewsKind.Leased], items.Select(item => item.Kind));
            Assert.All(items, item => Assert.Equal((caller.Account, job, "one"), (item.Account!.Value, item.Job!.Value, item.RequestId)));
            Assert.All(items, item => Assert.StartsWith("wasm/1", item.Class, StringComparison.Ordinal));
            Assert.Equal(new TokenAmount(10), items[1].Price);
            Assert.Equal(worker.Id, items[1].Worker);
            Assert.Equal(items[0].Class, Assert.Single(market.Feed.Ended).Class);
            Assert.Equal(worker.Id, Assert.Single(market.Feed.Ended).Worker);
        });

    [Fact]
    public void Workers_AreToldAsTheyComeAndGo() =>
        TestMarket.Run(async market =>
        {
            market.Feed.Listened.Add(MarketStreams.Capabilities);
            var stays = await market.AddWorker("stays", price: 3);
            var leaves = await market.AddWorker("leaves", price: 4);
            var dies = await market.AddWorker("dies", price: 5);

            await market.Market.Leave(leaves.Id);
            await market.Market.Leave(leaves.Id);
            await market.Market.Dismiss(dies.Id, Authority.Silo);
            await Task.Delay(MarketPolicy.WorkerSilentMax + (2 * MarketPolicy.MaintenancePeriod), market.Time);

            Assert.Equal(
                [
                    (NewsKind.Offered, stays.Id),
                    (NewsKind.Offered, leaves.Id),
                    (NewsKind.Offered, dies.Id),
                    (NewsKind.Left, leaves.Id),
                    (NewsKind.Lost, dies.Id),
                    (NewsKind.Lost, stays.Id),
                ],
                market.Feed.News.SelectMany(told => told.News.Items).Select(item => (item.Kind, item.Worker!.Value))
            );
            Assert.Equal(new TokenAmount(4), market.Feed.News[1].News.Items[0].Offer!.Offer.PricePerMillionFuel);
        });

    [Fact]
    public void Standings_AreToldAsTheyChange() =>
        TestMarket.Run(async market =>
        {
            market.Feed.Listened.Add(MarketStreams.Reputation);
            var worker = await market.AddWorker("worker");
            var reputation = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id));
            var by = new Caller(TestMarket.Id("operator"), "mk1111111111111111", Scopes.Admin);

            await reputation.SetMaintenance(by, isOn: true);
            await reputation.SetMaintenance(by, isOn: true);

            var item = Assert.Single(Assert.Single(market.Feed.News).News.Items);
            Assert.Equal((NewsKind.Standing, worker.Id, true), (item.Kind, item.Worker!.Value, item.Offer!.Standing.InMaintenance));
        });

    [Fact]
    public void Market_TellsItsFiguresWithEachRoundOfMaintenance() =>
        TestMarket.Run(async market =>
        {
            market.Feed.Listened.Add(MarketStreams.Health);
            await market.AddWorker("worker");
            await Task.Delay(MarketPolicy.MaintenancePeriod + TimeSpan.FromSeconds(1), market.Time);

            var items = market.Feed.News.SelectMany(told => told.News.Items).ToArray();
            Assert.Equal(NewsKind.Started, items[0].Kind);
            Assert.Equal((NewsKind.Pulse, new MarketPulse(0, 0, 1)), (items[^1].Kind, items[^1].Pulse!));
        });

    [Fact]
    public void Nothing_IsToldWithoutListeners() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Market.Leave(worker.Id);
            await Task.Delay(2 * MarketPolicy.MaintenancePeriod, market.Time);

            Assert.Empty(market.Feed.News);
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.NewsItemsMax))]
    public void WhatDoesNotFitIntoABatch_IsCounted() =>
        TestMarket.Run(market =>
        {
            market.Feed.Listened.Add(MarketStreams.Capabilities);
            var gossip = new MarketGossip(market.Feed, new MarketClock(market.Time));
            var offer = new OfferView(
                new WorkerOffer(Worker: default, PayTo: default, PricePerMillionFuel: TokenAmount.Zero, Slots: 1, MemoryPagesMax: 1),
                SlotsUsed: 0,
                new Standing(1, StandingLevel.Good, InMaintenance: false)
            );
            for (var number = 0; number < MarketPolicy.NewsItemsMax; number++)
            {
                gossip.Offered(offer);
            }
            gossip.Flush();
            for (var number = 0; number <= MarketPolicy.NewsItemsMax; number++)
            {
                gossip.Offered(offer);
            }
            gossip.Flush();
            gossip.Flush();

            Assert.Equal([0, 1], market.Feed.News.Select(told => told.News.Missed));
            Assert.All(market.Feed.News, told => Assert.Equal(MarketPolicy.NewsItemsMax, told.News.Items.Length));
            return Task.CompletedTask;
        });
}
