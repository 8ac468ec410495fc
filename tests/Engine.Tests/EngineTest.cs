using Marketplace.Engine.Tests.Building;

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

    /// <summary>Runs the export <c>run</c> in a fresh instance.</summary>
    protected Task<Outcome> Run(TestModule module, RunLimits limits, params Value[] arguments) =>
        OnGuestThread(() => Execute(module.Compile(), new Imports(), new Run(limits, TimeProvider.System), arguments));

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
