using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Marketplace.Engine;

/// <summary>
/// Threads with a stack that a guest cannot exhaust before its slot budget ends. Guests run only here: on a smaller stack
/// deep recursion would end the process.
/// </summary>
public sealed class GuestThreads : IDisposable
{
    [ThreadStatic]
    private static bool _isGuestThread;

    [ThreadStatic]
    private static CompilerThread? _compiler;

    [ThreadStatic]
    private static nuint _stackLimit;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread[] _threads;

    public GuestThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            var name = $"guest {i}";
            _threads[i] = new Thread(() => Loop(name), EnginePolicy.GuestStackBytes) { IsBackground = true, Name = name };
            _threads[i].Start();
        }
    }

    /// <summary>Whether code on this thread may enter a guest.</summary>
    public static bool IsCurrent => _isGuestThread;

    /// <summary>Makes the code that guests of this thread call.</summary>
    internal static CompilerThread Compiler =>
        _compiler ?? throw new InvalidOperationException("Code is made only for a thread of GuestThreads; this is a bug in the engine.");

    /// <summary>Guests' frames on this thread are above this address as long as the slots bound them.</summary>
    internal static nuint StackLimit => _stackLimit;

    /// <summary>
    /// Waits for code that a guest of this thread did not wait for, because it was stopped: the next guest's code comes behind it, and that is not the
    /// next one's time.
    /// </summary>
    /// <param name="cancellation">Ends the wait.</param>
    internal static void WaitForCompiler(CancellationToken cancellation) => _compiler?.WaitUntilIdle(cancellation);

    internal static void RequireCurrent()
    {
        if (!_isGuestThread)
        {
            throw new InvalidOperationException("A guest runs only on a thread of GuestThreads; call this inside GuestThreads.Run.");
        }
    }

    /// <summary>Runs <paramref name="body"/> when a thread is free. What it throws is in the task.</summary>
    public Task<T> Run<T>(Func<T> body)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
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
        _work.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _work.Dispose();
    }

    private unsafe void Loop(string name)
    {
        using var compiler = new CompilerThread($"{name} compiler");
        _compiler = compiler;
        var here = 0;
        _stackLimit = (nuint)(&here) - (nuint)(EnginePolicy.GuestStackBytes - EnginePolicy.StackReserveBytes);
        _isGuestThread = true;
        while (RunNext())
        {
        }
    }

    /// <summary>
    /// In a frame of its own: a thread that waits for more must not keep the last body, and through it a module with its code, until there is more.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext()
    {
        if (!_work.TryTake(out var item, Timeout.Infinite))
        {
            return false;
        }

        item();
        return true;
    }
}
