using System.Collections.Concurrent;
using System.Reflection;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// Calls between grains on different silos get lost before and after they had their effect, come late, and come twice where their methods
/// may be repeated.
/// </summary>
internal sealed class CallFaults(FaultPlan plan, SeededChance chance, TimeProvider time, Func<GrainId, int> siloOf)
    : IIncomingGrainCallFilter
{
    private const int LateMillisecondsMax = 3000;
    private static readonly ConcurrentDictionary<MethodInfo, bool> MayRepeat = new();

    /// <summary>Hears of each call that failed here: its method, its target and its sender.</summary>
    public Action<IIncomingGrainCallContext>? OnLost { get; set; }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.SourceId is not { } source || siloOf(source) == siloOf(context.TargetId))
        {
            await context.Invoke();
            return;
        }
        if (plan.Happens(chance, "neighbour's call lost", 5_000))
        {
            Lose(context);
        }
        if (plan.Happens(chance, "neighbour's call late", 10_000))
        {
            await Late();
        }
        if (plan.Happens(chance, "neighbour's call doubled", 10_000) && IsRepeatable(context.InterfaceMethod))
        {
            await context.Invoke();
            await Late();
        }
        await context.Invoke();
        if (plan.Happens(chance, "neighbour's answer late", 5_000))
        {
            await Late();
        }
        if (plan.Happens(chance, "neighbour's answer lost", 10_000))
        {
            Lose(context);
        }
    }

    private void Lose(IIncomingGrainCallContext context)
    {
        OnLost?.Invoke(context);
        throw new TimeoutException($"{context.MethodName} of {context.TargetId} has not answered.");
    }

    private Task Late() => Task.Delay(TimeSpan.FromMilliseconds(1 + chance.Below(LateMillisecondsMax)), time);

    private static bool IsRepeatable(MethodInfo method) =>
        MayRepeat.GetOrAdd(method, asked => asked.GetCustomAttribute<EffectAttribute>() is { Effect: not Effect.NeverRetry });
}
