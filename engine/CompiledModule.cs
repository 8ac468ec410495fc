namespace Marketplace.Engine;

/// <summary>
/// A module with its compiled code; thread-safe, meant to be cached and shared by all runs. The code is unloaded when neither
/// it nor an instance of it is referenced any more.
/// </summary>
public sealed class CompiledModule
{
    private CompiledModule(WasmModule module) => Module = module;

    public WasmModule Module { get; }

    /// <summary>
    /// Emits all functions. Machine code is made later, function by function at its first call. Takes time linear in the
    /// module's size; call it on a thread of its own for large ones.
    /// </summary>
    public static CompiledModule Compile(WasmModule module) => new(module);
}
