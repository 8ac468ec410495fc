using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Where guests run, and what keeps their compiled modules between runs. Thread-safe. Dispose of it when no program of it is open any more.
/// </summary>
internal interface IProgramHost : IDisposable
{
    /// <summary>
    /// Loads a module, or finds it loaded. Blocks. The program is the caller's until it disposes of it; the same module may be open several
    /// times.
    /// </summary>
    /// <param name="module">The hash of the module's bytes.</param>
    /// <param name="fetch">Called where the module is not there. What it throws comes out unchanged; the next call asks again.</param>
    /// <exception cref="Marketplace.Engine.InvalidModuleException">The module does not validate; nothing is kept.</exception>
    IOpenProgram Open(BlobId module, Func<byte[]> fetch);

    /// <summary>Keeps what is loaded to its budget, and drops all of it that is not in use when nothing was run for long.</summary>
    /// <returns>The memory of this process that modules had taken that were ever dropped.</returns>
    long Rest(TimeSpan idle);
}

/// <summary>A loaded module, for one caller: not thread-safe.</summary>
internal interface IOpenProgram : IDisposable
{
    /// <summary>
    /// Runs it once, on a thread of <see cref="Marketplace.Engine.GuestThreads"/>, which is blocked meanwhile. The invocation's state and
    /// blobs are called on this thread only.
    /// </summary>
    /// <remarks>
    /// What state and blobs throw ends the run and comes out unchanged. Anything else that is thrown is a failure of this side: the run has
    /// no result, and may be repeated.
    /// </remarks>
    GuestResult Run(GuestInvocation invocation);
}
