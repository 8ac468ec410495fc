using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>A process that was started as a child, as its parent holds it. Disposing of it ends it.</summary>
internal interface IChildProcess : IDisposable
{
    int Id { get; }

    /// <summary>Its standard input.</summary>
    SafeFileHandle Requests { get; }

    /// <summary>Its standard output.</summary>
    SafeFileHandle Answers { get; }

    /// <summary>Whether it has not ended. It may end at any time.</summary>
    bool IsAlive { get; }

    /// <summary>Names it the run that it is to stop; below zero, of which it is to tell how far it has come. Never blocks.</summary>
    /// <returns>False where it is gone, or has left so many unread that it reads them no more.</returns>
    bool TryCancel(long run);

    /// <summary>Ends it at once. May be called at any time, from any thread.</summary>
    void Kill();

    /// <summary>Kills it if it still runs, waits until it is gone, and says how it ended: <c>signal 9</c> or <c>exit code 3</c>.</summary>
    string End();

    /// <summary>The last of what it wrote to its standard error, as printable ASCII. Call it once, after <see cref="End"/>.</summary>
    string ReadLastWords();
}
