namespace Marketplace.Engine.Guests;

/// <summary>How a program talks to its host.</summary>
public enum GuestAbi
{
    /// <summary>WASI preview 1 command: <c>_start</c>, stdin is the input, stdout the output.</summary>
    WasiCommand = 0,

    /// <summary>ONVM: imports <c>env.onvm_*</c>, an exported memory, named entry points in one of three conventions.</summary>
    Onvm = 1,
}

/// <summary>What a module is, found without running it.</summary>
/// <param name="Abi">How it talks to its host.</param>
/// <param name="EntryPoints">Exports that a job may name, in the module's order.</param>
/// <param name="UsesState">It imports a function of program state, so its jobs run one at a time, each from where the one before left the
/// state.</param>
/// <param name="Imports">All imports as <c>module.name</c>, each once, in the module's order.</param>
public sealed record GuestInfo(GuestAbi Abi, IReadOnlyList<string> EntryPoints, bool UsesState, IReadOnlyList<string> Imports);
