using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// A request that made a job finds that job again, whatever has become of its program, its input, the queue and the price limits.
/// </summary>
public sealed class RepeatedRequestTests
{
    [Fact]
    public void RequestWhoseProgramWasRemoved_FindsItsJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            await market.Grains.GetGrain<IProgramGrain>(program.ToString()).Remove(caller);
            await Task.Delay(SubmissionPolicy.ProgramCachedFor, market.Time);

            var results = await market.Submit(
                caller,
                TestMarket.Item("one", program),
                new SubmitItem("one", TestMarket.Spec(program, input: "other")),
                TestMarket.Item("new", program)
            );

            Assert.Equal([null, ErrorCode.RequestIdReused, ErrorCode.ProgramNotFound], results.Select(result => result.Code));
            Assert.Equal((job, true), (results[0].Job, results[0].Existed));
            Assert.Equal(TokenAmount.Zero, (await market.Account("client").Get()).Held);
        });

    [Fact]
    public void RequestWhoseInputWasRemoved_FindsItsJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var input = await market.Upload(caller, "input");
            var item = new SubmitItem("one", TestMarket.Spec(program) with { Input = default, InputBlob = input });
            await market.Submit(caller, item);
            await market.Grains.GetGrain<IBlobGrain>(input.ToString()).Unpin(caller.Account, null, Authority.Silo);

            var results = await market.Submit(caller, item, item with { RequestId = "new" });

            Assert.Equal([null, ErrorCode.BlobNotFound], results.Select(result => result.Code));
            Assert.True(results[0].Existed);
            await market.Job(results[0].Job).Cancel(caller);
            await market.Settle();
        });

    /// <summary>The job was taken when no price was too low.</summary>
    [Fact]
    public void RequestWhosePriceIsTooLowNow_FindsItsJob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var module = (await market.Grains.GetGrain<IProgramGrain>(program.ToString()).Get()).Module;
            var item = new SubmitItem(
                "one",
                TestMarket.Spec(program) with
                {
                    FuelMax = MarketLimits.FuelMax,
                    PriceMax = new TokenAmount(1),
                }
            );
            var id = Marketplace.Crypto.IdDerivation.Job(caller.Account, item.RequestId);
            var hold = await market.Account("client").Hold(caller, [new HoldItem(id, item.Spec.PriceMax)]);
            await market
                .Job(id)
                .Submit(
                    new JobSubmission(caller.Account, item.RequestId, item.Spec, module, UsesState: false, hold.HeldAt),
                    Authority.Submission
                );

            var results = await market.Submit(caller, item, item with { RequestId = "new" });

            Assert.Equal([null, ErrorCode.PriceTooLow], results.Select(result => result.Code));
            Assert.True(results[0].Existed);
            await market.Job(id).Cancel(caller);
            await market.Settle();
        });
}
