using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>A blob with more removed programs than one call looks at.</summary>
public sealed class RemovedProgramTurnTests
{
    [Fact]
    public void ProgramBehindManyThatAreInUse_IsDroppedInTheEnd()
    {
        var programs = Enumerable
            .Range(0, BlobPolicy.RemovedProgramsPerCall + 1)
            .Select(number => new ProgramId(TestMarket.Id($"{number}").Value))
            .Order()
            .ToArray();
        var jobs = new JobsOfAllBut(programs[^1]);
        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var blob = await market.Upload(caller, "module");
                var removed = programs.ToDictionary(program => program, _ => ProgramHolder.Removed(market.Time.GetUtcNow(), default));
                await market.Rewrite(blob, state => state with { Programs = state.Programs.AddRange(removed) });
                await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
                var grain = market.Grains.GetGrain<IBlobGrain>(blob.ToString());

                await grain.IsPinned(Authority.Silo);
                // The activation's own memory is gone before the next call, as it is between two rounds of the collector.
                await market.Restart();
                await market.Grains.GetGrain<IBlobGrain>(blob.ToString()).IsPinned(Authority.Silo);

                var left = BlobState.Read(market.Disk.Documents.Single(pair => pair.Key.Kind == "blob").Value.Content.Span).Programs;
                Assert.Equal(programs[..^1], left.Keys);
            },
            register: services => services.AddSingleton<IOpenJobs>(jobs)
        );
    }

    private sealed class JobsOfAllBut(ProgramId unused) : IOpenJobs
    {
        public Task Read(Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) => Task.CompletedTask;

        public Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) =>
            Task.CompletedTask;

        public Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation) =>
            Task.FromResult(program == unused ? 0 : 1);

        public ValueTask<JobTicket?> Find(JobId job) => default;
    }
}
