using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>A program's state moves from root to root, one run at a time, and each run's effect happens once.</summary>
public sealed class StateTests
{
    /// <summary>Twice what one run may write.</summary>
    private static readonly StateBounds Small = new(65_536, 2 * 1024 * 1024);

    [Fact]
    public void WritingJobsOfOneProgram_RunOneAtATimeInOrder() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var worker = await market.AddWorker("worker", slots: 10);
            var jobs = (
                await market.Submit(caller, [.. Enumerable.Range(0, 5).Select(number => TestMarket.Item($"{number}", program))])
            ).Select(result => result.Job);

            var roots = new List<StateRoot>();
            var ran = new List<JobId>();
            for (var number = 0; number < 5; number++)
            {
                var lease = await worker.TakeOne();
                roots.Add(lease.Root!.Value);
                ran.Add(lease.Ticket.Job);
                await worker.Report(worker.Completed(lease, changes: Put($"key {number}", "value")));
            }

            await market.Settle();
            Assert.Equal(jobs.Order(), ran.Order());
            Assert.Equal(5, roots.Distinct().Count());
            Assert.True(roots[0].Value.IsZero);
            var state = State(market, program);
            var head = await state.Begin(default);
            Assert.Equal(5, head.Height);
            Assert.Equal(5, (await state.List(head.Root, default)).Length);
            Assert.Equal("value", Encoding.UTF8.GetString((await state.Read(head.Root, Bytes("key 3")))!.Value.Span));
            Assert.Null(await state.Read(head.Root, Bytes("key 7")));
            var view = await market.Job(ran[1]).Get(caller);
            Assert.Equal((roots[1], roots[2]), (view.RootBefore, view.RootAfter));
        });

    [Fact]
    public void JobsOfOtherPrograms_AreNotHeldUp() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var first = await market.Deploy(caller, "command writes");
            var second = await market.Deploy(caller, "command writes too");
            var plain = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", slots: 10);
            await market.Submit(
                caller,
                TestMarket.Item("a", first),
                TestMarket.Item("b", first),
                TestMarket.Item("c", second),
                TestMarket.Item("d", plain)
            );

            var leases = new List<Lease>();
            while (leases.Count < 3)
            {
                leases.AddRange((await worker.Poll()).Leases);
            }

            Assert.Equal(
                [first, plain, second],
                leases.Select(lease => lease.Ticket.Spec.Program).OrderBy(id => Array.IndexOf([first, plain, second], id))
            );
            Assert.Equal(1, (await market.Market.GetView()).QueuedJobs);
        });

    [Fact]
    public void CrashBetweenCommitAndTerminalWrite_EndsTheJobWithoutRunningAgain() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();
            market.Store.OnWrite = name => name.StartsWith("state/", StringComparison.Ordinal) ? WriteFate.CrashAfter : WriteFate.Done;
            _ = worker.Report(worker.Completed(lease, "once", changes: Put("count", "1")));
            await market.Settle();
            Assert.Null(DiskInvariants.Jobs(market.Disk)[job].Ending);

            await market.CrashAndStart();
            await worker.Offer();
            Assert.Empty((await worker.Poll()).Leases);
            await market.Settle();

            var view = await market.Job(job).Get(caller);
            Assert.Equal(
                (JobStatus.Completed, "once", worker.Id),
                (view.Status, Encoding.UTF8.GetString(view.Output.Inline.Span), view.Worker)
            );
            Assert.Equal(new TokenAmount(5), (await market.Account("worker").Get()).Available);
            Assert.Equal(1, (await State(market, program).Begin(default)).Height);
            Assert.Null((await State(market, program).Begin(job)).Committed);
        });

    [Fact]
    public void RunThatDidNotComplete_ChangesNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();

            await worker.Report(worker.Ended(lease, RunOutcome.Trapped, "unreachable") with { StateChanges = [Put("count", "1")] });

            Assert.Equal(0, (await State(market, program).Begin(default)).Height);
            await market.Settle();
        });

    [Fact]
    public void StateThatHasMovedOn_RefusesTheCommitAndTheOldRoot() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();
            var state = State(market, program);
            var end = new JobEnd(
                Status: JobStatus.Completed,
                Fault: JobFault.None,
                Code: null,
                Reason: null,
                Worker: null,
                Payee: null,
                PricePerMillionFuel: default,
                FuelUsed: 0,
                Output: default,
                Log: default,
                RootBefore: null,
                RootAfter: null,
                History: [],
                Explanation: new JobExplanation("", [])
            );
            var other = new JobId(new Bytes32(new byte[32]));
            var moved = (await state.Commit(other, 0, default, [Put("a", "1")], end, Authority.Market))!.RootAfter;
            var again = await state.Commit(other, 0, default, [Put("a", "2")], end with { FuelUsed = 7 }, Authority.Market);
            Assert.Equal((moved, 0), (again!.RootAfter, again.FuelUsed));

            await worker.Report(worker.Completed(lease, changes: Put("b", "2")));
            Assert.Null(await state.Read(default, Bytes("a")));
            Assert.NotNull(await state.Read(moved!.Value, Bytes("a")));
            var gone = await Assert.ThrowsAsync<MarketException>(() =>
                state.Read(new StateRoot(Marketplace.Crypto.Blake3.Hash("never"u8)), Bytes("a"))
            );
            Assert.Equal(ErrorCode.StateRootGone, gone.Code);
            Assert.Contains($"it never was the root of its state, or others have come since. The newest is {moved}", gone.Message);
            Assert.DoesNotContain("Run again", gone.Message);
            var second = await worker.TakeOne();
            await worker.Report(worker.Completed(second, changes: Put("b", "2")));
            await market.Settle();

            Assert.Equal((job, moved), (second.Ticket.Job, second.Root));
            var view = await market.Job(job).Get(caller);
            Assert.Equal(JobStatus.Completed, view.Status);
            Assert.Equal(2, (await state.Begin(default)).Height);
        });

    [Fact]
    public void StateThatGrowsBeyondItsLimit_FailsTheJob() =>
        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client", credit: 1_000_000);
                var program = await market.Deploy(caller, "command writes");
                var worker = await market.AddWorker("worker");
                var last = default(JobId);
                for (var number = 0; number < 3; number++)
                {
                    last = (await market.Submit(caller, TestMarket.Item($"{number}", program)))[0].Job;
                    var change = new StateChange(Bytes($"{number}"), new byte[(Small.BytesMax / 2) - 100]);
                    await worker.Report(worker.Completed(await worker.TakeOne(), changes: change));
                }

                await market.Settle();
                var view = await market.Job(last).Get(caller);
                Assert.Equal((JobStatus.Failed, JobFault.Program, ErrorCode.LimitExceeded), (view.Status, view.Fault, view.Code));
                Assert.Equal(2, (await State(market, program).Begin(default)).Height);
                await market.Restart();
                Assert.Equal(2, (await State(market, program).Begin(default)).Height);
            },
            register: services => services.AddSingleton(Small)
        );

    [Fact]
    public void RootOfAStateThatIsTooLarge_IsToldAndTheRunFailsPaid() =>
        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller, "command writes");
                var worker = await market.AddWorker("worker", price: 10);
                var largest = Enumerable
                    .Range(0, 3)
                    .Select(number => new StateChange(Bytes($"{number}"), new byte[GuestPolicy.StateValueBytesMax]))
                    .ToArray();
                await market.Submit(caller, TestMarket.Item("first", program));
                await worker.Report(worker.Completed(await worker.TakeOne(), changes: largest[0]));
                var job = (await market.Submit(caller, TestMarket.Item("second", program)))[0].Job;
                var lease = await worker.TakeOne();

                // What a guest asks in the run that goes too far is answered; what no guest can ask is not.
                var state = State(market, program);
                Assert.NotEqual(lease.Root, await state.RootWith(lease.Root!.Value, [largest[1]]));
                var refusal = await Assert.ThrowsAsync<MarketException>(() => state.RootWith(lease.Root!.Value, [largest[1], largest[2]]));
                Assert.Equal(ErrorCode.LimitExceeded, refusal.Code);
                await worker.Report(worker.Completed(lease, fuel: 500_000, changes: largest[1]));
                await market.Settle();

                var view = await market.Job(job).Get(caller);
                Assert.Equal((JobStatus.Failed, JobFault.Program, ErrorCode.LimitExceeded), (view.Status, view.Fault, view.Code));
                Assert.Equal(new TokenAmount(5), view.Charge);
            },
            register: services => services.AddSingleton(Small)
        );

    [Fact]
    public void WhatAGuestMayWrite_TheMarketTakes()
    {
        var longest = new byte[GuestPolicy.StateKeyBytesMax];
        var largest = new byte[GuestPolicy.StateValueBytesMax];
        Assert.Null(StateRules.Refusal([new StateChange(longest, largest)]));
        Assert.Null(StateRules.Refusal([new StateChange(default, largest), new StateChange(new byte[GuestPolicy.StateKeyBytesMax], null)]));
        Assert.Null(StateRules.Refusal([.. Enumerable.Range(0, GuestPolicy.StateWritesMax).Select(number => Put($"{number}", ""))]));

        Assert.NotNull(StateRules.Refusal([new StateChange(longest, largest), new StateChange(new byte[1], null)]));
        Assert.NotNull(StateRules.Refusal([.. Enumerable.Range(0, GuestPolicy.StateWritesMax + 1).Select(number => Put($"{number}", ""))]));
        Assert.NotNull(StateRules.Refusal([new StateChange(new byte[GuestPolicy.StateKeyBytesMax + 1], null)]));
        Assert.NotNull(StateRules.Refusal([new StateChange(default, new byte[GuestPolicy.StateValueBytesMax + 1])]));
    }

    private static IStateGrain State(TestMarket market, ProgramId program) => market.Grains.GetGrain<IStateGrain>(program.ToString());

    private static StateChange Put(string key, string value) => new(Bytes(key), Bytes(value));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
