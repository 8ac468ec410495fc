using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>Some transfers take seconds to arrive, so that others wait behind them and grow meanwhile.</summary>
internal sealed class SlowTransfers(FaultPlan plan, SeededChance chance, TimeProvider time) : IIncomingGrainCallFilter
{
    private const int MillisecondsMax = 5000;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.Name == nameof(IAccountGrain.Receive) && plan.Happens(chance, "transfer slow", 300_000))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1 + chance.Below(MillisecondsMax)), time);
        }
        await context.Invoke();
    }
}
