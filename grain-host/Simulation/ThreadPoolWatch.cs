using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Marketplace.GrainHost.Simulation;

/// <summary>
/// Tells a simulated run, on its own thread and at that very moment, that its code sends work to the thread pool. The runtime
/// writes an event for that while a listener is enabled. Nothing else sees a <c>Task.Run</c> without an await.
/// </summary>
internal sealed class ThreadPoolWatch : EventListener
{
    private const string SourceName = "System.Diagnostics.Eventing.FrameworkEventSource";
    private const string EventName = "ThreadPoolEnqueueWork";
    private const EventKeywords ThreadPoolKeyword = (EventKeywords)0x2;

    private static readonly Lazy<ThreadPoolWatch> Instance = new(Listen);

    [ThreadStatic]
    private static Action? _onEnqueued;

    /// <summary>From now on, work that the current thread sends to the pool is reported; null ends that.</summary>
    public static void Report(Action? onEnqueued)
    {
        _ = Instance.Value;
        _onEnqueued = onEnqueued;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == SourceName)
        {
            EnableEvents(eventSource, EventLevel.Verbose, ThreadPoolKeyword);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == EventName && _onEnqueued is { } report && !ComesFromTheServiceProvider())
        {
            report();
        }
    }

    /// <summary>
    /// The service provider compiles a faster way to make a service in the background when it is asked for it a second time.
    /// Nothing of that comes back into the run. The work is its own if it is the first on the stack that is not of the runtime.
    /// </summary>
    private static bool ComesFromTheServiceProvider()
    {
        foreach (var frame in new StackTrace().GetFrames())
        {
            var space = frame.GetMethod()?.DeclaringType?.Namespace ?? "System";
            if (space != typeof(ThreadPoolWatch).Namespace && space != "System" && !space.StartsWith("System.", StringComparison.Ordinal))
            {
                return space.StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal);
            }
        }

        return false;
    }

    private static ThreadPoolWatch Listen()
    {
        var watch = new ThreadPoolWatch();

        // The pool notices a new listener when one of its threads begins to work.
        using var reached = new ManualResetEventSlim(false);
        ThreadPool.UnsafeQueueUserWorkItem(static reached => reached.Set(), reached, preferLocal: false);
        reached.Wait();
        return watch;
    }
}
