using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a job costs the silo in grain calls and durable writes. The figures stand in the architecture document; whoever changes them
/// changes it too.
/// </summary>
public sealed class BudgetTests
{
    private const int Jobs = 500;

    /// <summary>
    /// What grains, grain host and this test's store and clock allocate for one job of a batch, report included. It is some 25,190; another
    /// copy of a job's document, or decoding one once more, is beyond the bound.
    /// </summary>
    private const int BytesPerJobMax = 25_900;

    /// <summary>
    /// A job's row, with the texts of its list and the spec that stands before the end. The whole job, decoded, is beyond it.
    /// </summary>
    private const int BytesPerRowMax = 1_000;

    [Fact]
    public void Batch_CostsTwoCallsAndTwoWritesPerJob_AndAFewPerBatch_AndReadsNoJob() =>
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
            var reads = new List<string>();
            market.Store.OnRead = name =>
            {
                reads.Add(name);
                return null;
            };

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
            // The first write of a job finds out whether there is one, and its activation keeps it until its end.
            Assert.DoesNotContain(reads, name => name.StartsWith(JobStateCodec.Kind, StringComparison.Ordinal));
        });

    [Fact]
    public void Batch_AllocatesNoMoreThanItsBudget() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", slots: Jobs);
            // Once before it counts: what is made once for all jobs is no cost of a job.
            await RunBatch("warm");

            var before = GC.GetAllocatedBytesForCurrentThread();
            await RunBatch("counted");
            var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Jobs;

            Assert.True(bytes <= BytesPerJobMax, $"A job allocates {bytes} bytes; its budget are {BytesPerJobMax}.");

            async Task RunBatch(string name)
            {
                await market.Submit(caller, [.. Enumerable.Range(0, Jobs).Select(number => TestMarket.Item($"{name} {number}", program))]);
                await worker.Report([.. (await worker.Poll()).Leases.Select(lease => worker.Completed(lease))]);
                await market.Settle();
            }
        });

    [Fact]
    public void Document_IsWrittenWithoutGarbage()
    {
        var job = CodecTests.EndedJob();
        Write();
        Assert.InRange(Bytes(Write), 0, 100);

        void Write()
        {
            var writer = CompactWriter.Rent();
            JobStateCodec.Form.WriteTo!(writer, job);
            Assert.False(writer.Finish().IsEmpty);
            writer.Return();
        }
    }

    [Fact]
    public void Row_IsMadeWithoutDecodingTheEnd()
    {
        var (projection, document) = (new JobProjection(), JobStateCodec.Write(CodecTests.EndedJob()));
        Project();
        Assert.InRange(Bytes(Project), 0, BytesPerRowMax);
        Assert.InRange(Bytes(() => JobStateCodec.Read(document.Span)), BytesPerRowMax + 1, long.MaxValue);

        void Project() => Assert.NotNull(projection.Project("id", document.Span, out _));
    }

    private static long Bytes(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static SortedDictionary<string, int> Take(CallCounter calls)
    {
        var taken = new SortedDictionary<string, int>(calls.Counts, StringComparer.Ordinal);
        calls.Counts.Clear();
        return taken;
    }
}
