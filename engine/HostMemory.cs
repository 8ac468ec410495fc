using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>What the process keeps of modules and guests that are gone.</summary>
public static class HostMemory
{
    /// <summary>
    /// Gives it back to the system. Stops every thread while it collects, about 0.1 s with a heap of 200 MB, so it is for a process that
    /// has dropped large modules and has nothing to do, and for it seldom. Without it the runtime keeps what it had at its highest for
    /// good: it collects when something is allocated.
    /// </summary>
    public static void GiveBack()
    {
        MemoryPool.Clear();

        // The first collection finds modules unreachable, their finalizers unload the code, the second frees it; only an aggressive one
        // returns its pages.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            UnixPages.TrimHeap();
        }
    }
}
