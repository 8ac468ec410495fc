using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a job costs the silo in grain calls and durable writes. The figures stand in the architecture document; whoever changes them
/// changes it too.
/// </summary>
public sealed class BudgetTests
{
    private const int Jobs = 500;

    [Fact]
    public void Batch_CostsTwoCallsAndTwoWritesPerJob_AndAFewPerBatch() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", slots: Jobs);
            await market.Submit(caller, TestMarket.Item("warm", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            market.Calls.Counts.Clear();
            var writesBefore = market.Store.Writes;

            var results = await market.Submit(
                caller,
                [.. Enumerable.Range(0, Jobs).Select(number => TestMarket.Item($"{number}", program))]
            );
            var submissionWrites = market.Store.Writes - writesBefore;
            Assert.All(results, result => Assert.Null(result.Code));
            var submission = Take(market.Calls);
            await worker.Report([.. (await worker.Poll()).Leases.Select(lease => worker.Completed(lease))]);
            await market.Settle();
            var completion = Take(market.Calls);

            Assert.Equal(
                new SortedDictionary<string, int>(StringComparer.Ordinal)
                {
                    ["IAccountGrain.Hold"] = 1,
                    ["IJobGrain.Submit"] = Jobs,
                    ["IMarketGrain.Enqueue"] = 1,
                    ["IMarketGrain.GetRoom"] = 1,
                    ["ISubmissionGrain.Submit"] = 1,
                },
                submission
            );
            Assert.Equal(
                new SortedDictionary<string, int>(StringComparer.Ordinal)
                {
                    ["IAccountGrain.Receive"] = 1,
                    ["IAccountGrain.Settle"] = 1,
                    ["IJobGrain.Complete"] = Jobs,
                    ["IMarketGrain.Poll"] = 1,
                    ["IMarketGrain.Report"] = 1,
                },
                completion
            );
            // One hold, and the jobs.
            Assert.Equal(1 + Jobs, submissionWrites);
            // The jobs, one settlement of the payer, one transfer to the payee.
            Assert.Equal(Jobs + 2, market.Store.Writes - writesBefore - submissionWrites);
        });

    private static SortedDictionary<string, int> Take(CallCounter calls)
    {
        var taken = new SortedDictionary<string, int>(calls.Counts, StringComparer.Ordinal);
        calls.Counts.Clear();
        return taken;
    }
}
