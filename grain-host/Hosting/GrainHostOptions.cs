using System.Reflection;
using Marketplace.GrainHost.Turns;

namespace Marketplace.GrainHost.Hosting;

/// <summary>How the embedded host runs. All values are checked when it starts.</summary>
public sealed class GrainHostOptions
{
    /// <summary>Where grain classes are looked for.</summary>
    public IList<Assembly> Assemblies { get; } = [];

    /// <summary>How long a caller waits for an answer, unless the method has a <c>[ResponseTimeout]</c>. Orleans' default.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many calls may wait for one activation. At a hundred thousand calls a second this is a tenth of a second of work. A later
    /// caller is better refused at once than after its timeout.
    /// </summary>
    public int MailboxMax { get; set; } = 10_000;

    /// <summary>How long an activation stays without a call before it ends. Orleans' default.</summary>
    public TimeSpan IdleAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often idle activations are looked for. Orleans' default.</summary>
    public TimeSpan IdlePeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long <c>OnActivateAsync</c> may take.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <c>OnDeactivateAsync</c> may take.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the calls under way have to end when the host stops.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The shortest period of a reminder. They are durable, so each tick costs a write; use timers for anything faster.</summary>
    public TimeSpan ReminderPeriodMin { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Told of calls that wait for each other, beside the log.</summary>
    public Action<DeadlockReport>? OnDeadlock { get; set; }

    /// <summary>
    /// Gives, for a method of a grain interface, what is told of each of its calls when it has ended: how long it ran, without its wait in
    /// the mailbox, and with which exception. Null: no call reads a clock. Timers' ticks and events of streams are not told.
    /// </summary>
    public Func<MethodInfo, Action<TimeSpan, Exception?>>? CallMeter { get; set; }

    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    public ITurnScheduler Scheduler { get; set; } = new ThreadPoolTurnScheduler();
}
