using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>What each outcome of a run means for the job and for who pays.</summary>
public sealed class OutcomeTests
{
    [Theory]
    [InlineData(RunOutcome.Completed, JobStatus.Completed, JobFault.None, null, 5)]
    [InlineData(RunOutcome.Trapped, JobStatus.Failed, JobFault.Program, ErrorCode.ProgramTrapped, 5)]
    [InlineData(RunOutcome.Failed, JobStatus.Failed, JobFault.Program, ErrorCode.ProgramFailed, 5)]
    [InlineData(RunOutcome.OutOfFuel, JobStatus.Failed, JobFault.Program, ErrorCode.OutOfFuel, 5)]
    [InlineData(RunOutcome.OutOfMemory, JobStatus.Failed, JobFault.Program, ErrorCode.OutOfMemory, 5)]
    [InlineData(RunOutcome.TimedOut, JobStatus.TimedOut, JobFault.Program, ErrorCode.TimeExceeded, 5)]
    [InlineData(RunOutcome.OutputTooLarge, JobStatus.Failed, JobFault.Program, ErrorCode.OutputTooLarge, 5)]
    [InlineData(RunOutcome.InvalidModule, JobStatus.Failed, JobFault.Input, ErrorCode.InvalidModule, 0)]
    public void Outcome_DecidesStatusFaultCodeAndCharge(
        RunOutcome outcome,
        JobStatus status,
        JobFault fault,
        ErrorCode? code,
        int charge
    ) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 10);
            var item = TestMarket.Item("one", program);
            // With a further attempt a second worker would be asked whether it says the same.
            var job = (await market.Submit(caller, item with { Spec = item.Spec with { RetriesMax = 0 } }))[0].Job;

            var lease = await worker.TakeOne();
            await worker.Report(
                worker.Ended(lease, outcome, outcome == RunOutcome.Completed ? null : new string('r', 5000), fuel: 500_000)
            );
            var view = await market.Job(job).Get(caller);
            await market.Settle();

            Assert.Equal((status, fault, code), (view.Status, view.Fault, view.Code));
            Assert.Equal(new TokenAmount((UInt128)charge), view.Charge);
            Assert.Equal(outcome == RunOutcome.Completed, view.Reason is null);
            Assert.True(view.Reason is null || view.Reason.Length == JobPolicy.ReasonCharsMax);
            Assert.Equal(new TokenAmount((UInt128)(TestMarket.Credit - charge)), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void Charge_IsForCompletedRunsFaultsOfTheProgramAndCancelledRunsAlone()
    {
        var end = Repeats.RepeatScene.End() with { Payee = TestMarket.Id("worker"), FuelUsed = 1_000_000 };

        foreach (var fault in Enum.GetValues<JobFault>())
        {
            var charge = JobPricing.Charge(end with { Fault = fault }, TestMarket.Spec(default));
            Assert.Equal(fault is JobFault.None or JobFault.Program or JobFault.Client, charge > TokenAmount.Zero);
        }
    }

    [Fact]
    public void FuelAboveTheLimit_IsNotCharged() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 100);
            var job = (await market.Submit(caller, TestMarket.Item("one", program, price: 100)))[0].Job;

            await worker.Report(worker.Completed(await worker.TakeOne(), fuel: long.MaxValue));
            await market.Settle();

            var view = await market.Job(job).Get(caller);
            Assert.Equal((1_000_000, new TokenAmount(100)), (view.FuelUsed, view.Charge));
        });

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1_000_000, 7, 100, 7)]
    [InlineData(1_000_001, 7, 100, 8)]
    [InlineData(5_000_000, 7, 30, 30)]
    [InlineData(0, 7, 30, 0)]
    [InlineData(1_000_000, 0, 30, 0)]
    public void Cost_IsRoundedUpAndNeverAboveTheLimit(long fuel, long price, long limit, long cost) =>
        Assert.Equal(
            new TokenAmount((UInt128)cost),
            FuelPrice.Cost((ulong)fuel, new TokenAmount((UInt128)price), new TokenAmount((UInt128)limit))
        );

    [Fact]
    public void Cost_OfExtremes_DoesNotOverflow()
    {
        var most = new TokenAmount(UInt128.MaxValue);
        Assert.Equal(most, FuelPrice.Cost(MarketLimits.FuelMax, most, most));
        Assert.Equal(new TokenAmount(3), FuelPrice.Cost(MarketLimits.FuelMax, most, new TokenAmount(3)));
        Assert.Equal(most, FuelPrice.Cost(1_000_000, most, most));
    }
}
