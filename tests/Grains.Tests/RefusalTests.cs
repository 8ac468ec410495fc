using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Workers and owners that an account refuses for all its jobs, beside those that each job names itself.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void RefusedWorkerOrOwner_GetsNoJobOfTheAccount_AndOtherAccountsJobsAllTheSame() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (cheap, owned, other) = (
                await market.AddWorker("cheap", price: 1),
                await market.AddWorker("owned", price: 2),
                await market.AddWorker("other", price: 3)
            );
            await market.Account("client").SetRefusals(caller, new RefusalList([cheap.Id], [TestMarket.Id("owned")]));
            var job = await Submit(market, caller, program, "one");
            Assert.Empty((await cheap.Poll()).Leases);
            Assert.Empty((await owned.Poll()).Leases);
            Assert.Equal(
                ["is refused by the job's account", "is refused by the job's account"],
                (await market.Job(job).Explain(caller)).Offers.Take(2).Select(offer => offer.Reason)
            );
            await other.Report(other.Completed(Assert.Single((await other.Poll()).Leases)));

            var stranger = await market.OpenAccount("stranger");
            var own = await market.Deploy(stranger, "other command");
            var theirs = await Submit(market, stranger, own, "one");
            Assert.Equal(theirs, Assert.Single((await cheap.Poll()).Leases).Ticket.Job);
        });

    [Fact]
    public void Job_KeepsTheListOfItsSubmission_AlsoAfterARestart_AndARepetitionIsTheSameRequest() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var refusals = new RefusalList([worker.Id], []);
            await market.Account("client").SetRefusals(caller, refusals);
            var job = await Submit(market, caller, program, "one");
            await market.Account("client").SetRefusals(caller, RefusalList.None);

            var repeated = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
            Assert.Equal((job, true, null), (repeated.Job, repeated.Existed, repeated.Code));
            Assert.Empty((await worker.Poll()).Leases);
            await market.CrashAndStart();
            await worker.Offer();
            Assert.Empty((await worker.Poll()).Leases);
            // What is submitted after the change goes by it.
            var second = await Submit(market, caller, program, "two");
            Assert.Equal(second, Assert.Single((await worker.Poll()).Leases).Ticket.Job);
            await market.Account("client").SetRefusals(caller, refusals);
            Assert.True(Assert.Single(await market.Submit(caller, TestMarket.Item("two", program))).Existed);
        });

    [Fact]
    public void JobsOwnList_AndTheAccounts_BothCount() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var (one, two) = (await market.AddWorker("one", price: 1), await market.AddWorker("two", price: 2));
            await market.Account("client").SetRefusals(caller, new RefusalList([one.Id], []));
            var item = TestMarket.Item("one", program);
            await market.Submit(caller, item with { Spec = item.Spec with { Needs = new JobNeeds(RefusedWorkers: [two.Id]) } });
            Assert.Empty((await one.Poll()).Leases);
            Assert.Empty((await two.Poll()).Leases);
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.RefusalsMax))]
    public void List_IsOrderedAndBounded_AndForKeysOfTheAccount() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var account = market.Account("client");
            ImmutableArray<WorkerId> Workers(int count) =>
                [.. Enumerable.Range(0, count).Select(number => new WorkerId(TestMarket.Id($"{number}").Value))];
            var most = new RefusalList(Workers(AccountPolicy.RefusalsMax - 1), [caller.Account, caller.Account]);
            var set = await account.SetRefusals(caller, most);
            Assert.Equal(Workers(AccountPolicy.RefusalsMax - 1).Order(), set.Workers);
            Assert.Equal(caller.Account, Assert.Single(set.Owners));
            await Refused(
                ErrorCode.LimitExceeded,
                () => account.SetRefusals(caller, most with { Workers = Workers(AccountPolicy.RefusalsMax) })
            );
            await Refused(ErrorCode.Forbidden, () => account.SetRefusals(caller with { Scopes = Scopes.Read }, RefusalList.None));
            var stranger = await market.OpenAccount("stranger");
            await Refused(ErrorCode.Forbidden, () => account.SetRefusals(stranger, RefusalList.None));
            await Refused(ErrorCode.Forbidden, () => account.GetRefusals(stranger));
            await market.CrashAndStart();
            Assert.True((await market.Account("client").GetRefusals(caller)).IsSame(set));
        });

    private static async Task<JobId> Submit(TestMarket market, Caller caller, ProgramId program, string request)
    {
        var result = Assert.Single(await market.Submit(caller, TestMarket.Item(request, program)));
        Assert.Null(result.Code);
        return result.Job;
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
