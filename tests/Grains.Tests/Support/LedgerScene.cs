using Marketplace.GrainHost.Reminders;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Scenarios in which reminders outlive a crash, as on a real silo.</summary>
internal static class LedgerScene
{
    public static void Run(Func<TestMarket, Task> scenario)
    {
        var reminders = new MemoryReminderStore();
        TestMarket.Run(scenario, register: services => services.AddSingleton<IReminderStore>(reminders));
    }
}
