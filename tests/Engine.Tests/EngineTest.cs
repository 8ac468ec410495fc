using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;

namespace Marketplace.Engine.Tests;

/// <summary>What tests that run guests share: threads, limits and short ways to run one function.</summary>
public abstract class EngineTest(GuestThreadsFixture guests) : IClassFixture<GuestThreadsFixture>
{
    protected const long Plenty = 10_000_000_000;

    protected static RunLimits Limits(long fuelMax = Plenty, int memoryPagesMax = 64) =>
        new()
        {
            FuelMax = fuelMax,
            MemoryPagesMax = memoryPagesMax,
            Cancellation = TestContext.Current.CancellationToken,
        };

    protected Task<T> OnGuestThread<T>(Func<T> body) => guests.Threads.Run(body);

    /// <summary>
    /// Runs the export <c>run</c> in a fresh instance: compiled, interpreted, and changing, which must end in the same way.
    /// </summary>
    protected async Task<Outcome> Run(TestModule module, RunLimits limits, params Value[] arguments)
    {
        var outcome = await Run(Tiers.CompiledOnly);
        foreach (var tiers in (Tiers[])[TestTiers.InterpretedOnly, TestTiers.Changing])
        {
            var other = await Run(tiers);
            Assert.Equal(outcome.Results, other.Results);
            Assert.Equal(outcome with { Results = [] }, other with { Results = [] });
        }

        return outcome;

        Task<Outcome> Run(Tiers tiers) =>
            OnGuestThread(() => Execute(module.Compile(tiers), new Imports(), new Run(limits, TimeProvider.System), arguments));
    }

    protected static Outcome Execute(CompiledModule compiled, Imports imports, Run run, params ReadOnlySpan<Value> arguments)
    {
        try
        {
            using var instance = Instance.Instantiate(compiled, imports, run);
            var results = instance.Invoke("run", arguments);
            return new Outcome(results, null, run.FuelUsed, run.MemoryRefused);
        }
        catch (TrapException trap)
        {
            return new Outcome([], trap.Kind, run.FuelUsed, run.MemoryRefused);
        }
    }

    public sealed record Outcome(Value[] Results, TrapKind? Trap, long Fuel, bool MemoryRefused);
}
