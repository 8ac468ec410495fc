using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>
/// A module with its compiled code; thread-safe, meant to be cached and shared by all runs. The code is unloaded when neither
/// it nor an instance of it is referenced any more.
/// </summary>
public sealed class CompiledModule
{
    /// <summary>What the runtime keeps for the smallest module: an assembly with heaps of its own.</summary>
    private const int AssemblyMemoryBytes = 192 * 1024;

    /// <summary>For each byte of a module: the byte itself, and what is read from code and types.</summary>
    private const int MemoryPerModuleByte = 2;

    /// <summary>For each function, export, global and segment, which may be written in four bytes: an object and places in lists.</summary>
    private const int MemoryPerEntry = 100;

    /// <summary>For each element of a segment, which may be written in one.</summary>
    private const int MemoryPerElement = sizeof(int);

    /// <summary>For each byte of IL: the builder's buffers, the runtime's copies, machine code and what belongs to it.</summary>
    private const int MemoryPerCodeByte = 5;

    private readonly ModuleEmitter _emitter;
    private readonly long _listBytes;

    private CompiledModule(WasmModule module, bool metered)
    {
        Module = module;
        WarmRange = WarmRange.Of(module.Content);
        _emitter = new ModuleEmitter(module.Content) { IsMetered = metered };
        _listBytes = ListBytes(module.Content);
        ResultsMax = module.Content.Types.Count == 0 ? 0 : module.Content.Types.Max(t => t.Results.Length);
    }

    public WasmModule Module { get; }

    /// <summary>Functions that run slower than they could, because the machine-code compiler gives up on their size.</summary>
    /// <remarks>Emits all functions to find out, so it is for tests and reports.</remarks>
    public int CountFunctionsTooLargeToOptimise() =>
        ModuleEmitter
            .Measure(Module.Content)
            .Count(size => size.CodeBytes > EnginePolicy.OptimisedCodeBytesMax || size.LocalCount > EnginePolicy.OptimisedLocalsMax);

    /// <summary>Functions whose IL was wanted so far.</summary>
    internal int EmittedFunctions => _emitter.EmittedFunctions;

    /// <summary>IL that was made so far.</summary>
    internal long EmittedBytes => _emitter.EmittedBytes;

    /// <summary>
    /// About what the process keeps for it, which grows with the functions that are called. For caches: measured on modules of 1 KB to 2
    /// MB, within a third.
    /// </summary>
    public long MemoryBytes =>
        AssemblyMemoryBytes
        + (MemoryPerModuleByte * (long)Module.Content.Bytes.Length)
        + _listBytes
        + (MemoryPerCodeByte * _emitter.EmittedBytes);

    /// <summary>Making the machine code of all functions takes no longer.</summary>
    internal TimeSpan CompilationTimeMax =>
        EnginePolicy.CompilationTimeMin + (EnginePolicy.CompilationTimePerMiB * (Module.Content.Bytes.Length / (double)(1 << 20)));

    /// <summary>What every instance uses of the module's own memory.</summary>
    internal WarmRange WarmRange { get; }

    /// <summary>Results of the widest function type.</summary>
    internal int ResultsMax { get; }

    /// <summary>
    /// Takes next to no time: IL and machine code of each function are made later, when it is first called, while the guest waits.
    /// </summary>
    public static CompiledModule Compile(WasmModule module) => new(module, metered: true);

    /// <summary>For the benchmark that says what metering costs: nothing stops this code, and it uses no fuel.</summary>
    internal static CompiledModule CompileWithoutFuel(WasmModule module) => new(module, metered: false);

    /// <summary>
    /// Makes the machine code of all functions now, function by function, so that no guest waits for it. Must be called on a
    /// thread of <see cref="GuestThreads"/>. What is done when it is cancelled stays done.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled between two functions.</exception>
    public void Prepare(CancellationToken cancellation)
    {
        GuestThreads.RequireCurrent();
        GuestThreads.Compiler.Start(() => _emitter.MakeAll(cancellation)).GetAwaiter().GetResult();
    }

    internal SignatureKey SignatureOf(int function) => _emitter.Signatures[Module.Content.FunctionTypes[function]];

    internal EntryPoint EntryOf(int function, Run run)
    {
        var type = Module.Content.FunctionTypes[function];
        if (_emitter.Entry(type) is null)
        {
            run.Compile(() => _emitter.MakeEntry(type));
        }

        return _emitter.Entry(type)!;
    }

    /// <summary>The function's code, which is made if it was not yet.</summary>
    internal nint CodeOf(int function, Run run)
    {
        if (_emitter.Code(function) == 0)
        {
            run.Compile(() => _emitter.Make(function, run));
        }

        return _emitter.Code(function);
    }

    private static long ListBytes(ModuleContent content) =>
        (MemoryPerElement * content.Elements.Sum(segment => (long)segment.Items.Length))
        + (
            MemoryPerEntry
            * (
                (long)content.FunctionTypes.Count
                + content.Exports.Count
                + content.Globals.Count
                + content.Data.Count
                + content.Elements.Count
            )
        );
}
