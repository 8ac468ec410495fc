using System.Globalization;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>A market takes as many workers, leases and reports as its limits say, and not one more.</summary>
public sealed class MarketBoundTests
{
    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.WorkerSlotsMax))]
    public void Offer_MayHaveAsManySlotsAsAllowed() =>
        TestMarket.Run(async market =>
        {
            await market.Market.Offer(Offer(1, MarketPolicy.WorkerSlotsMax));
            await Refused(() => market.Market.Offer(Offer(1, MarketPolicy.WorkerSlotsMax + 1)));
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.WorkersMax))]
    public void Workers_AreBounded_AndAKnownOneMayOfferAgain()
    {
        var book = Book();
        for (var number = 0; number < MarketPolicy.WorkersMax; number++)
        {
            var offer = Offer(number, 1);
            Assert.True(book.HasRoomFor(offer.Worker));
            book.SetOffer(offer, default, Now);
        }

        Assert.False(book.HasRoomFor(Offer(MarketPolicy.WorkersMax, 1).Worker));
        Assert.True(book.HasRoomFor(Offer(0, 1).Worker));
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.WorkerLeasesMax))]
    public void Worker_HoldsAsManyLeasesAsAllowed_WhateverItAsksFor()
    {
        var book = Book();
        book.SetOffer(Offer(0, MarketPolicy.WorkerSlotsMax), default, Now);
        for (var number = 0; number <= MarketPolicy.WorkerLeasesMax; number++)
        {
            book.Add(Ticket(number), Now);
        }

        for (var ended = 0; ended < 2 * MarketPolicy.WorkerLeasesMax; ended++)
        {
            book.Offers[Offer(0, 1).Worker].Finished();
        }
        book.Poll(new WorkerPoll(Offer(0, 1).Worker, 7, 1, int.MaxValue), Now);
        while (book.Pace.HasHeld)
        {
            book.BeginRound(ending: 0, Now);
        }

        Assert.Equal((MarketPolicy.WorkerLeasesMax, 1), (book.LeasedCount, book.QueuedCount));
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ReportsMax))]
    public void Report_MayHaveAsManyResultsAsAllowed() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            var caller = await market.OpenAccount("client");
            await market.Submit(caller, TestMarket.Item("one", await market.Deploy(caller)));
            var report = worker.Completed(await worker.TakeOne());

            await Refused(() => worker.Report([.. Enumerable.Repeat(report, MarketPolicy.ReportsMax + 1)]));
            await worker.Report([.. Enumerable.Repeat(report, MarketPolicy.ReportsMax)]);
            await market.Settle();
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.OutputBytesMax))]
    public void ReportedOutput_MayHaveAsManyBytesAsAllowed()
    {
        Assert.Null(RefusalOf(MarketLimits.OutputBytesMax));
        Assert.NotNull(RefusalOf(MarketLimits.OutputBytesMax + 1));

        static string? RefusalOf(long size) =>
            ReportRules.Refusal(
                new LeaseReport(
                    Lease: default,
                    Job: default,
                    Outcome: RunOutcome.Completed,
                    Reason: null,
                    FuelUsed: 0,
                    Output: new JobOutput(default, default(BlobId), size),
                    Log: default,
                    StateChanges: [],
                    StartedAt: default,
                    EndedAt: default
                )
            );
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.ExplainedOffersMax))]
    [TestsBound(typeof(JobPolicy), nameof(JobPolicy.ExplanationOffersMax))]
    public void Explanation_NamesTheCheapestOffersUpToItsLimit() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var waiting = (await market.Submit(caller, TestMarket.Item("waits", program, price: 1)))[0].Job;
            await Offers(JobPolicy.ExplanationOffersMax - 1);
            Assert.Equal(JobPolicy.ExplanationOffersMax, await OffersOfARun("few"));
            await Offers(MarketPolicy.ExplainedOffersMax - 1);
            Assert.Equal(MarketPolicy.ExplainedOffersMax, (await market.Job(waiting).Explain(caller)).Offers.Length);
            await Offers(MarketPolicy.ExplainedOffersMax);

            Assert.Equal(MarketPolicy.ExplainedOffersMax, (await market.Job(waiting).Explain(caller)).Offers.Length);
            Assert.Equal(JobPolicy.ExplanationOffersMax, await OffersOfARun("many"));

            // Beside these the worker that takes the job.
            async Task Offers(int count)
            {
                for (var number = 0; number < count; number++)
                {
                    await market.Market.Offer(Offer(number, 1));
                }
            }

            async Task<int> OffersOfARun(string name)
            {
                var worker = await market.AddWorker("worker");
                var job = (await market.Submit(caller, TestMarket.Item(name, program, price: 1000)))[0].Job;
                await worker.Report(worker.Completed(await worker.TakeOne()));
                return (await market.Job(job).Explain(caller)).Offers.Length;
            }
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.PollMax))]
    public void PollWithoutOrders_IsAnsweredWhenItsTimeIsOver() =>
        TestMarket.Run(async market =>
        {
            var worker = await market.AddWorker("worker");
            var begin = market.Time.GetUtcNow();
            var waiting = worker.Poll();
            await Task.Delay(MarketLimits.PollMax - TimeSpan.FromMilliseconds(500), market.Time);
            Assert.False(waiting.IsCompleted);
            Assert.Empty((await waiting).Leases);
            Assert.InRange(market.Time.GetUtcNow() - begin, MarketLimits.PollMax, MarketLimits.PollMax + TimeSpan.FromSeconds(1));
        });

    private static MarketTime Now => new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    private static MarketBook Book()
    {
        var book = new MarketBook(start: 7, new QueueBounds(), TestOwner.Domain);
        book.Resume(Now);
        return book;
    }

    private static JobTicket Ticket(int number) =>
        new(
            Job: IdDerivation.Job(default, number.ToString(CultureInfo.InvariantCulture)),
            Account: default,
            Spec: TestMarket.Spec(default),
            Module: default,
            UsesState: false,
            SubmittedAt: DateTimeOffset.UnixEpoch,
            RequestId: "one"
        );

    private static WorkerOffer Offer(int number, int slots)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number + 1);
        return new WorkerOffer(
            Worker: new WorkerId(new Bytes32(id)),
            PayTo: default,
            PricePerMillionFuel: new TokenAmount(20),
            Slots: slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        );
    }

    private static async Task Refused(Func<Task> call) =>
        Assert.Equal(ErrorCode.LimitExceeded, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
