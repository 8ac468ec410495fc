using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Reminders;

/// <summary>Keeps reminders in memory: they outlive a host, but not the process.</summary>
public sealed class MemoryReminderStore : IReminderStore
{
    private readonly ConcurrentDictionary<(GrainId Grain, string Name), Reminder> _reminders = new();

    public Task<IReadOnlyList<Reminder>> ReadAll(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Reminder>>([.. _reminders.Values]);

    public Task Put(Reminder reminder, CancellationToken cancellationToken)
    {
        _reminders[(reminder.Grain, reminder.Name)] = reminder;
        return Task.CompletedTask;
    }

    public Task Remove(GrainId grain, string name, CancellationToken cancellationToken)
    {
        _reminders.TryRemove((grain, name), out _);
        return Task.CompletedTask;
    }
}
