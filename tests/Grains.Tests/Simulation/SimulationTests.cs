using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// Some seeds of the simulated market; <c>verify sim</c> runs thousands, and shows how a seed with a violation came to it.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 25;
    private const int ChainSeeds = 8;

    [Fact]
    public void OneSeed_GivesOneTrace()
    {
        var first = Check(1);
        for (var time = 0; time < 3; time++)
        {
            Assert.Equal(first.TraceHash, MarketSimulation.Run(1).TraceHash);
        }
    }

    [Fact]
    public void DifferentSeeds_GiveDifferentTraces_AndBreakNothing()
    {
        var results = Enumerable.Range(1, Seeds).Select(seed => Check((ulong)seed)).ToArray();

        Assert.Equal(Seeds, results.Select(result => result.TraceHash).Distinct().Count());
        var faults = results
            .SelectMany(result => result.Faults)
            .GroupBy(fault => fault.Key)
            .ToDictionary(group => group.Key, group => group.Sum(fault => fault.Value));
        Assert.All(
            [.. FaultKinds.All, "reminder missed", "reminder tripled"],
            fault =>
                Assert.True(faults.GetValueOrDefault(fault) > 0, $"The fault '{fault}' never happened: the runs show nothing about it.")
        );
    }

    [Fact]
    public void MarketThatSettlesOnAChain_BreaksNothing() =>
        Assert.All(
            Enumerable.Range(1, ChainSeeds),
            seed =>
            {
                var result = MarketSimulation.Run((ulong)seed, settlesOnChain: true);
                Assert.True(result.Violations.Count == 0, $"Seed {seed}: {string.Join("; ", result.Violations)}");
            }
        );

    [Fact]
    public void WorkOutsideOfTheTurns_IsFound() =>
        Assert.Throws<GrainThreadViolationException>(() =>
            MarketSimulation.Run(1, jobs: 5, register: services => services.AddSingleton<IOpenJobs>(new OpenJobsOnThePool()))
        );

    /// <summary>A market that never reads its queue again loses what it does not hear of.</summary>
    [Fact]
    public void JobsThatAreLost_AreFound()
    {
        var found = Enumerable
            .Range(1, Seeds)
            .Select(seed => MarketSimulation.Run((ulong)seed, register: services => services.AddSingleton<IOpenJobs, NoOpenJobs>()))
            .FirstOrDefault(result => result.Violations.Count > 0);
        Assert.NotNull(found);
        Assert.Contains(found.Violations, violation => violation.Contains("after the last fault", StringComparison.Ordinal));
    }

    private SimulationResult Check(ulong seed)
    {
        var result = MarketSimulation.Run(seed);
        output.WriteLine($"seed {seed}: {result.Steps} steps, {result.Simulated} simulated, trace {result.TraceHash:x16}");
        Assert.True(
            result.Violations.Count == 0,
            $"Seed {seed}; read it with 'dotnet run -c Release --project tests/Verify -- sim --seed {seed} --seeds 1'. Violations: "
                + string.Join("; ", result.Violations)
        );
        return result;
    }

    /// <summary>Does what no grain may: continues on the thread pool.</summary>
    private sealed class OpenJobsOnThePool : IOpenJobs
    {
        public Task Read(Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) =>
            Task.Run(() => { }, cancellation);

        public Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) =>
            Task.Run(() => { }, cancellation);

        public Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation) =>
            Task.Run(() => 0, cancellation);

        public ValueTask<JobTicket?> Find(JobId job) => default;
    }

    private sealed class NoOpenJobs : IOpenJobs
    {
        public Task Read(Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) => Task.CompletedTask;

        public Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation) =>
            Task.CompletedTask;

        public Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation) => Task.FromResult(0);

        public ValueTask<JobTicket?> Find(JobId job) => default;
    }
}
