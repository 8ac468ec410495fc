using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Marketplace.Engine.Interpret;

namespace Marketplace.Engine;

/// <summary>
/// Threads with a stack that a guest cannot exhaust before its slot budget ends. Guests run only here: on a smaller stack
/// deep recursion would end the process.
/// </summary>
public sealed class GuestThreads : IDisposable
{
    /// <summary>Those that the current thread is one of.</summary>
    [ThreadStatic]
    private static GuestThreads? _here;

    [ThreadStatic]
    private static CompilerThread? _compiler;

    [ThreadStatic]
    private static nuint _stackLimit;

    [ThreadStatic]
    private static GuestStack? _stack;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread[] _threads;

    /// <summary>What compiler threads still make that no guest waits for.</summary>
    private readonly List<Task> _abandoned = [];

    public GuestThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Loop, EnginePolicy.GuestStackBytes) { IsBackground = true, Name = $"guest {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Whether code on this thread may enter a guest.</summary>
    public static bool IsCurrent => _here is not null;

    /// <summary>Makes the code that guests of this thread call.</summary>
    internal static CompilerThread Compiler =>
        _compiler ?? throw new InvalidOperationException("Code is made only for a thread of GuestThreads; this is a bug in the engine.");

    /// <summary>Guests' frames on this thread are above this address as long as the slots bound them.</summary>
    internal static nuint StackLimit => _stackLimit;

    /// <summary>Has the cells of guests' functions that are interpreted on this thread.</summary>
    internal static GuestStack Stack => _stack!;

    /// <summary>
    /// Called before a guest begins. Code that a stopped guest of this thread did not wait for may still be in the making, which takes
    /// seconds for one function and cannot be interrupted. The next guest gets a compiler thread of its own; or waits, where too many are
    /// left alone already.
    /// </summary>
    /// <param name="cancellation">Ends the wait.</param>
    internal static void FreeCompiler(CancellationToken cancellation)
    {
        if (_here is not { } threads || Compiler.Idle.IsCompleted)
        {
            return;
        }

        if (threads.TryAbandon(Compiler))
        {
            _compiler = new CompilerThread(CompilerName());
        }
        else
        {
            Compiler.WaitUntilIdle(cancellation);
        }
    }

    internal static void RequireCurrent()
    {
        if (!IsCurrent)
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

    /// <summary>Lets what is queued finish, then ends the threads. Code that no guest waits for is finished alone.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _work.Dispose();
    }

    private unsafe void Loop()
    {
        _here = this;
        _compiler = new CompilerThread(CompilerName());
        using var stack = _stack = new GuestStack();
        var here = 0;
        _stackLimit = (nuint)(&here) - (nuint)(EnginePolicy.GuestStackBytes - EnginePolicy.StackReserveBytes);
        while (RunNext()) { }

        _compiler.Dispose();
    }

    private static string CompilerName() => $"{Thread.CurrentThread.Name} compiler";

    private bool TryAbandon(CompilerThread compiler)
    {
        lock (_abandoned)
        {
            _abandoned.RemoveAll(made => made.IsCompleted);
            if (_abandoned.Count == EnginePolicy.AbandonedCompilersMax)
            {
                return false;
            }

            _abandoned.Add(compiler.Idle);
        }

        compiler.Abandon();
        return true;
    }

    /// <summary>
    /// In a frame of its own: a thread that waits for more must not keep the last body, and through it a module with its code, until there
    /// is more.
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
