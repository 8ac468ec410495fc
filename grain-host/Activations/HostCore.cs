using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Turns;
using Microsoft.Extensions.Logging;
using Orleans;

namespace Marketplace.GrainHost.Activations;

/// <summary>What every activation needs of its host, in one reference.</summary>
internal sealed class HostCore
{
    public required IServiceProvider Services { get; init; }

    public required GrainHostOptions Options { get; init; }

    public required ILogger Logger { get; init; }

    public required GrainClasses Classes { get; init; }

    public required IReadOnlyList<IIncomingGrainCallFilter> Filters { get; init; }

    public ITurnScheduler Scheduler => Options.Scheduler;

    public TimeProvider Time => Options.TimeProvider;

    public Directory Directory { get; private set; } = null!;

    public Dispatcher Dispatcher { get; private set; } = null!;

    public Proxies Proxies { get; private set; } = null!;

    public CallSweep Sweep { get; private set; } = null!;

    public IdleCollection Idle { get; private set; } = null!;

    public GrainFactory Factory { get; private set; } = null!;

    public GrainRuntime Runtime { get; private set; } = null!;

    /// <summary>Makes the parts that need each other.</summary>
    public HostCore Assemble()
    {
        Directory = new Directory(this);
        Dispatcher = new Dispatcher(this);
        Proxies = new Proxies(Dispatcher, Options);
        Sweep = new CallSweep(this);
        Idle = new IdleCollection(this);
        Factory = new GrainFactory(this);
        Runtime = new GrainRuntime(this);
        return this;
    }
}
