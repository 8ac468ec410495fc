using System.Collections.Concurrent;

namespace Marketplace.Engine;

/// <summary>
/// Threads with a stack that a guest cannot exhaust before its slot budget ends. Guests run only here: on a smaller stack
/// deep recursion would end the process.
/// </summary>
public sealed class GuestThreads : IDisposable
{
    [ThreadStatic]
    private static bool isGuestThread;

    private readonly BlockingCollection<Action> work = [];
    private readonly Thread[] threads;

    public GuestThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new Thread(Loop, EnginePolicy.GuestStackBytes) { IsBackground = true, Name = $"guest {i}" };
            threads[i].Start();
        }
    }

    /// <summary>Whether code on this thread may enter a guest.</summary>
    public static bool IsCurrent => isGuestThread;

    internal static void RequireCurrent()
    {
        if (!isGuestThread)
        {
            throw new InvalidOperationException("A guest runs only on a thread of GuestThreads; call this inside GuestThreads.Run.");
        }
    }

    /// <summary>Runs <paramref name="body"/> when a thread is free. What it throws is in the task.</summary>
    public Task<T> Run<T>(Func<T> body)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                completion.SetResult(body());
            }
            catch (Exception e)
            {
                completion.SetException(e);
            }
        });
        return completion.Task;
    }

    /// <summary>Lets what is queued finish, then ends the threads.</summary>
    public void Dispose()
    {
        work.CompleteAdding();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        work.Dispose();
    }

    private void Loop()
    {
        isGuestThread = true;
        foreach (var item in work.GetConsumingEnumerable())
        {
            item();
        }
    }
}
