using Orleans.Runtime;

namespace Marketplace.GrainHost.Reminders;

/// <summary>Where the reminders of a host are durable.</summary>
/// <remarks>
/// Contract: <see cref="Put"/> replaces the reminder of the same grain and name; <see cref="Remove"/> of an absent one is no
/// error; both are durable when their task has ended, and after an exception their effect is unknown. Each is safe to repeat.
/// One host at a time uses a store.
/// </remarks>
public interface IReminderStore
{
    /// <summary>All reminders; read once, when the host starts.</summary>
    Task<IReadOnlyList<Reminder>> ReadAll(CancellationToken cancellationToken);

    Task Put(Reminder reminder, CancellationToken cancellationToken);

    Task Remove(GrainId grain, string name, CancellationToken cancellationToken);
}

/// <summary>A durable reminder.</summary>
/// <param name="Grain">Who is reminded.</param>
/// <param name="Name">Its name within the grain.</param>
/// <param name="FirstDue">When it was or will be due first; the later ones follow by multiples of the period.</param>
/// <param name="Period">From one to the next.</param>
public sealed record Reminder(GrainId Grain, string Name, DateTimeOffset FirstDue, TimeSpan Period);
