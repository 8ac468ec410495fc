using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>Every job that has ended has a receipt, which says how it ended and what it cost, and which a stranger can check.</summary>
public sealed class ReceiptTests
{
    [Theory]
    [InlineData(RunOutcome.Completed, "completed", "none", 5)]
    [InlineData(RunOutcome.Trapped, "failed", "program", 5)]
    [InlineData(RunOutcome.Failed, "failed", "program", 5)]
    [InlineData(RunOutcome.OutOfFuel, "failed", "program", 5)]
    [InlineData(RunOutcome.OutOfMemory, "failed", "program", 5)]
    [InlineData(RunOutcome.TimedOut, "timed_out", "program", 5)]
    [InlineData(RunOutcome.OutputTooLarge, "failed", "program", 5)]
    [InlineData(RunOutcome.InputUnavailable, "failed", "input", 0)]
    [InlineData(RunOutcome.InvalidModule, "failed", "input", 0)]
    public void EndOfARun_IsSignedByItsWorker(RunOutcome outcome, string state, string fault, int price) =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();

            await worker.Report(
                worker.Sign(
                    lease,
                    worker.Ended(lease, outcome, null, fuel: 500_000) with
                    {
                        ExitCode = outcome == RunOutcome.Failed ? 3 : null,
                    }
                )
            );
            var receipt = await Read(market, job, caller);

            Assert.Equal((RunResult.NameOf(outcome), state, fault), (receipt.Execution.Result.Outcome, receipt.State, receipt.Fault));
            Assert.Equal(outcome == RunOutcome.Failed ? 3 : 0, receipt.Execution.Result.ExitCode);
            Assert.Equal((new Seat(worker.Id, new TokenAmount(10)), caller.Account), (Assert.Single(receipt.Seats), receipt.Payer));
            Assert.Equal(new TokenAmount((UInt128)price), receipt.Price);
            Assert.Equal(price > 0 ? [new PaidShare(TestMarket.Id("worker"), receipt.Price)] : [], receipt.Shares);
        });

    /// <summary>What the invoice says is what the accounts have.</summary>
    [Fact]
    public void Price_IsWhatWasSettled() =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();
            await worker.Report(worker.Sign(lease, worker.Completed(lease, fuel: 123_457)));
            await market.Settle();

            var receipt = await Read(market, job, caller);

            Assert.Equal(new TokenAmount(2), receipt.Price);
            Assert.Equal(receipt.Price, (await market.Account("client").Get()).Spent);
            Assert.Equal(receipt.Price, (await market.Account("worker").Get()).Earned);
            Assert.Equal((await market.Job(job).Get(caller)).Charge, receipt.Price);
        });

    [Fact]
    public void StateOfAProgram_IsInTheReceipt() =>
        TestMarket.Run(async market =>
        {
            var program = await Program(market, "command writes");
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            StateChange[] changes = [new("key"u8.ToArray(), "value"u8.ToArray())];
            var root = await worker.Grain.StateRootWith(worker.Call(lease), [.. changes]);

            Assert.Empty(await worker.Report(worker.Sign(lease, worker.Completed(lease, changes: changes), root)));
            var result = (await Read(market, job, caller)).Execution.Result;

            Assert.Equal((lease.Root, root), (result.StateBefore, result.StateAfter));
            Assert.Equal(JobExecutions.WritesOf([.. changes]), result.Writes);
            Assert.Equal(root, (await market.Job(job).Get(caller)).RootAfter);
        });

    /// <summary>The state is the market's; what a worker says of it must fit.</summary>
    [Fact]
    public void RootThatTheChangesDoNotGive_IsTheWorkersFailure() =>
        TestMarket.Run(async market =>
        {
            var program = await Program(market, "command writes");
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            var lie = new StateRoot(TestKeys.Profile);

            await worker.Report(worker.Sign(lease, worker.Completed(lease, changes: [new StateChange("key"u8.ToArray(), null)]), lie));

            await AssertIsWorkersFault(market, job, caller);
            Assert.Equal(0, (await market.Grains.GetGrain<IStateGrain>(program.ToString()).Begin(default)).Height);
        });

    [Theory]
    [InlineData("fuel")]
    [InlineData("output")]
    [InlineData("profile")]
    [InlineData("a root without a change")]
    public void ReportOfAnotherExecutionThanWasSigned_IsRefused(string what) =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();
            var signed = worker.Sign(lease, worker.Completed(lease));
            var report = what switch
            {
                "fuel" => signed with { FuelUsed = signed.FuelUsed + 1 },
                "output" => signed with { Output = worker.Completed(lease, "other").Output },
                "profile" => signed with { Signed = signed.Signed! with { Profile = default } },
                _ => signed with { Signed = signed.Signed! with { RootAfter = default(StateRoot) } },
            };

            var refused = Assert.Single(await worker.Report(report));

            Assert.Equal(lease.Id, refused.Lease);
            await AssertIsWorkersFault(market, job, caller);
        });

    [Theory]
    [InlineData("command", "a", "b", "keeps none")]
    [InlineData("command writes", "b", "a", "ascending")]
    [InlineData("command writes", "a", "a", "ascending")]
    public void ChangesOfStateThatNoRunMakes_AreRefused(string module, string first, string second, string reason) =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market, module)));
            var lease = await worker.TakeOne();
            StateChange[] changes = [.. new[] { first, second }.Select(key => new StateChange(Encoding.UTF8.GetBytes(key), null))];

            var refused = Assert.Single(
                await worker.Report(worker.Sign(lease, worker.Completed(lease, changes: changes), new StateRoot(TestKeys.Profile)))
            );

            Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
            await AssertIsWorkersFault(market, job, caller);
        });

    /// <summary>A node that was moved without its market's key must not put a new name under what was signed for the old one.</summary>
    [Fact]
    public void MarketWithAnotherKeyOrChain_HasNoReceiptOfEarlierRuns() =>
        TestMarket.Run(async market =>
        {
            var (_, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();
            await worker.Report(worker.Sign(lease, worker.Completed(lease)));
            var document = await market.Store.Read(new DocumentKey(JobStateCodec.Kind, job.ToString()));
            var state = JobStateCodec.Read(document!.Value.Content.Span);
            using var other = new MarketIdentity(new Ed25519KeyPair(TestKeys.Profile.ToArray()));

            Assert.NotNull(JobReceipts.Of(state, job, TestOwner.Market, TestOwner.Domain));
            Assert.Null(JobReceipts.Of(state, job, other, new MarketDomain(other.PublicKey)));
            Assert.Null(JobReceipts.Of(state, job, TestOwner.Market, TestOwner.Domain with { ChainId = 1 }));
        });

    [Fact]
    public void JobWithoutARun_HasTheMarketsWordAlone() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var job = (await market.Submit(caller, TestMarket.Item("one", await Program(market))))[0].Job;
            await market.Job(job).Cancel(caller);

            var receipt = await Read(market, job, caller);

            Assert.Equal((RunResult.NotRun, "cancelled", "client"), (receipt.Execution.Result.Outcome, receipt.State, receipt.Fault));
            Assert.Equal(TokenAmount.Zero, receipt.Price);
            Assert.Empty(receipt.Seats);
        });

    [Fact]
    public void RunThatWasCancelled_IsPaidByItsWorkersLastWord() =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            worker.Heartbeats = true;
            var lease = await worker.TakeOne();
            await market.Market.Heartbeat(worker.Id, [new LeaseProgress(lease.Id, 400_000, LeaseStage.Running)]);
            await market.Job(job).Cancel(caller);

            var receipt = await Read(market, job, caller);

            var view = await market.Job(job).Get(caller);
            Assert.Equal((RunResult.NotRun, (ulong)view.FuelUsed), (receipt.Execution.Result.Outcome, receipt.Execution.Result.Fuel));
            Assert.Equal((worker.Id, view.Charge), (Assert.Single(receipt.Seats).Worker, receipt.Price));
            Assert.True(view.Charge > TokenAmount.Zero);
        });

    [Fact]
    public void OutputThatWasRefused_IsStillTheRuns() =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();
            var output = market.Blobs.Put(new byte[100_000]);
            var report = await worker.CompletedWith(lease, output, 100_000);
            await market.Quota("client").CountBlob(default, StorageQuotaPolicy.BlobBytesMax - 1, Authority.Blob);

            await worker.Report(worker.Sign(lease, report));
            var receipt = await Read(market, job, caller);

            Assert.Equal(("completed", "failed", "program"), (receipt.Execution.Result.Outcome, receipt.State, receipt.Fault));
            Assert.Equal(output, receipt.Execution.Result.Output);
        });

    [Fact]
    public void OpenJobAndOneFromBeforeReceipts_HaveNone() =>
        TestMarket.Run(async market =>
        {
            var (caller, worker, job) = await Begin(market, TestMarket.Item("one", await Program(market)));
            var lease = await worker.TakeOne();
            var open = await Assert.ThrowsAsync<MarketException>(() => market.Job(job).GetReceipt(caller));
            await worker.Report(worker.Completed(lease));
            var earlier = await Assert.ThrowsAsync<MarketException>(() => market.Job(job).GetReceipt(caller));
            var stranger = await market.OpenAccount("stranger");
            var foreign = await Assert.ThrowsAsync<MarketException>(() => market.Job(job).GetReceipt(stranger));

            Assert.Equal(
                (ErrorCode.ReceiptNotFound, ErrorCode.ReceiptNotFound, ErrorCode.JobNotFound),
                (open.Code, earlier.Code, foreign.Code)
            );
            Assert.Contains("when it has ended", open.Message, StringComparison.Ordinal);
            Assert.Contains("before workers signed", earlier.Message, StringComparison.Ordinal);
        });

    private static async Task<ProgramId> Program(TestMarket market, string module = "command") =>
        await market.Deploy(await market.OpenAccount("author"), module);

    private static async Task<(Caller Caller, TestWorker Worker, JobId Job)> Begin(TestMarket market, SubmitItem item)
    {
        var caller = await market.OpenAccount("client");
        var worker = await market.AddWorker("worker", price: 10);
        // With a further attempt a second worker would be asked whether it says the same.
        var job = (await market.Submit(caller, item with { Spec = item.Spec with { RetriesMax = 0 } }))[0].Job;
        return (caller, worker, job);
    }

    /// <summary>No further worker may try, so the job fails; its receipt says by whose fault, and nothing is paid.</summary>
    private static async Task AssertIsWorkersFault(TestMarket market, JobId job, Caller caller)
    {
        var receipt = await Read(market, job, caller);
        Assert.Equal((RunResult.NotRun, "failed", "worker"), (receipt.Execution.Result.Outcome, receipt.State, receipt.Fault));
        Assert.Equal(TokenAmount.Zero, receipt.Price);
    }

    /// <summary>As a stranger reads it.</summary>
    private static async Task<Receipt> Read(TestMarket market, JobId job, Caller caller)
    {
        var file = ReceiptFile.Parse((await market.Job(job).GetReceipt(caller)).Span);
        Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
        Assert.Equal((job, TestOwner.Market.PublicKey), (file.Receipt.Execution.Invocation.Job, file.Domain.Market));
        return file.Receipt;
    }
}
