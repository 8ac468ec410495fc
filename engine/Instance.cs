namespace Marketplace.Engine;

/// <summary>
/// A module's instance for one run. Not thread-safe. Dispose it after the run: its memories go back to the pool, zeroed, and
/// nothing of it may be used afterwards.
/// </summary>
public sealed class Instance : IDisposable
{
    private Instance(CompiledModule compiled, Run run)
    {
        Compiled = compiled;
        Run = run;
    }

    public WasmModule Module => Compiled.Module;

    public Run Run { get; }

    /// <summary>The host's own state of this run, for its host functions.</summary>
    public object? HostState { get; set; }

    /// <summary>Memory 0.</summary>
    /// <exception cref="InvalidOperationException">The module has none.</exception>
    public LinearMemory Memory => throw new NotSupportedException();

    internal CompiledModule Compiled { get; }

    /// <summary>
    /// Links, fills globals, tables and memories and runs the start function. Must be called on a thread of
    /// <see cref="GuestThreads"/>. <paramref name="hostState"/> is what host functions see as <see cref="HostState"/>.
    /// </summary>
    /// <exception cref="LinkException">An import is missing or of another type, or a first size is over a limit.</exception>
    /// <exception cref="TrapException">A segment does not fit, or the start function trapped.</exception>
    public static Instance Instantiate(CompiledModule compiled, Imports imports, Run run, object? hostState = null) =>
        throw new NotSupportedException();

    /// <summary>Calls an exported function on the current thread, which must be one of <see cref="GuestThreads"/>.</summary>
    /// <exception cref="TrapException">The guest trapped or was stopped.</exception>
    /// <exception cref="ArgumentException">No such exported function, or arguments of other types.</exception>
    public Value[] Invoke(string export, params ReadOnlySpan<Value> arguments) => throw new NotSupportedException();

    /// <returns>The exported function, table, memory or global; null where there is none of that name.</returns>
    public External? Export(string name) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
