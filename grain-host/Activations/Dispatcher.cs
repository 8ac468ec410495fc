using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Turns;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>Brings calls to their activations.</summary>
internal sealed class Dispatcher(HostCore host)
{
    private volatile Gates _gates = Gates.NotStarted;

    private enum Gates
    {
        NotStarted,
        Open,

        /// <summary>Grains may still call each other, so that work under way can end; clients may not.</summary>
        InternalOnly,
        Closed,
    }

    public bool HasThreads { get; } = !host.Scheduler.ObservesSteps;

    public void Open() => _gates = Gates.Open;

    public void CloseForClients() => _gates = Gates.InternalOnly;

    public void Close() => _gates = Gates.Closed;

    public void Send(GrainCall call)
    {
        var sender = TurnQueue.Current as Activation;
        call.Sender = sender;
        call.ParentId = sender?.CurrentCall?.Id ?? 0;
        call.Context = RequestContext.Current;
        if (host.Scheduler.ObservesSteps)
        {
            host.Scheduler.CheckArrival(sender?.GrainId.ToString() ?? "", call.Name);
        }

        if (Refusal(sender) is { } refusal)
        {
            call.TryFail(refusal);
            call.Release();
            return;
        }

        Deliver(call);
    }

    /// <summary>Also takes what an ended activation could not run any more.</summary>
    public void Deliver(GrainCall call)
    {
        try
        {
            // An activation that has ended refuses the call and is about to leave the directory; then its successor is found.
            var wait = default(SpinWait);
            while (!host.Directory.Resolve(call.Target.GrainId).TryReceive(call))
            {
                wait.SpinOnce();
            }
        }
        catch (Exception exception) when (exception is OrleansException or OrleansConfigurationException)
        {
            call.TryFail(exception);
            call.Release();
        }
    }

    private SiloUnavailableException? Refusal(Activation? sender) =>
        _gates switch
        {
            Gates.Open => null,
            Gates.InternalOnly when sender is not null => null,
            Gates.NotStarted => new SiloUnavailableException("The grain host has not started yet."),
            Gates.InternalOnly => new SiloUnavailableException("The grain host is shutting down and takes no new calls."),
            _ => new SiloUnavailableException("The grain host has shut down."),
        };
}
