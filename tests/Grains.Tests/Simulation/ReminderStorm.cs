using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Ticks of reminders come once, not at all, or three times at once.</summary>
internal sealed class ReminderStorm(FaultPlan plan, SeededChance chance) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType != typeof(IRemindable))
        {
            return context.Invoke();
        }
        // Also while a run comes to rest, for that is when accounts have nothing but their reminders.
        switch (chance.Below(3))
        {
            case 0:
                plan.Count("reminder missed");
                return Task.CompletedTask;
            case 1:
                plan.Count("reminder tripled");
                return Task.WhenAll(context.Invoke(), context.Invoke(), context.Invoke());
            default:
                return context.Invoke();
        }
    }
}
