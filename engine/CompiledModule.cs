using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>
/// A module with its compiled code; thread-safe, meant to be cached and shared by all runs. The code is unloaded when neither
/// it nor an instance of it is referenced any more.
/// </summary>
public sealed class CompiledModule
{
    /// <summary>The objects and lists of the smallest module: 10 KB with its functions as the interpreter has them.</summary>
    private const int ModuleMemoryBytes = 4 * 1024;

    /// <summary>What the runtime keeps for the first machine code: an assembly with heaps of its own.</summary>
    private const int AssemblyMemoryBytes = 192 * 1024;

    /// <summary>For each byte of a module: the byte itself, and what is read from code and types.</summary>
    private const int MemoryPerModuleByte = 2;

    /// <summary>For each function, export, global and segment, which may be written in four bytes: an object and places in lists.</summary>
    private const int MemoryPerEntry = 100;

    /// <summary>For each element of a segment, which may be written in one.</summary>
    private const int MemoryPerElement = sizeof(int);

    /// <summary>For each byte of IL: the builder's buffers, the runtime's copies, machine code and what belongs to it.</summary>
    internal const int MemoryPerCodeByte = 5;

    private readonly ModuleEmitter _emitter;
    private readonly long _listBytes;

    private CompiledModule(WasmModule module, Tiers tiers, bool metered)
    {
        Module = module;
        WarmRange = WarmRange.Of(module.Content);
        _emitter = new ModuleEmitter(module.Content) { IsMetered = metered };
        FirstTier = new FirstTier(module.Content, tiers, function => _emitter.Code(function) != 0);
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

    /// <summary>Loops that machine code was made for to begin at.</summary>
    internal int LoopCodes => _emitter.LoopCodes;

    /// <summary>IL that was made so far.</summary>
    internal long EmittedBytes => _emitter.EmittedBytes;

    /// <summary>
    /// About what the process keeps for it, which grows with the functions that are called. For caches: measured on modules of 1 KB to 2
    /// MB, within a third.
    /// </summary>
    public long MemoryBytes =>
        ModuleMemoryBytes
        + (_emitter.HasAssembly ? AssemblyMemoryBytes : 0)
        + FirstTier.Bytes
        + (MemoryPerModuleByte * (long)Module.Content.Bytes.Length)
        + _listBytes
        + (MemoryPerCodeByte * _emitter.EmittedBytes);

    /// <summary>Making the machine code of all functions takes no longer.</summary>
    internal TimeSpan CompilationTimeMax =>
        EnginePolicy.CompilationTimeMin + (EnginePolicy.CompilationTimePerMiB * (Module.Content.Bytes.Length / (double)(1 << 20)));

    /// <summary>The functions that are interpreted until machine code pays.</summary>
    internal FirstTier FirstTier { get; }

    /// <summary>What every instance uses of the module's own memory.</summary>
    internal WarmRange WarmRange { get; }

    /// <summary>Results of the widest function type.</summary>
    internal int ResultsMax { get; }

    /// <summary>
    /// Takes next to no time: functions are interpreted at first. IL and machine code of those that run often, or that the interpreter
    /// does not know, are made later, while the guest waits.
    /// </summary>
    public static CompiledModule Compile(WasmModule module) => Compile(module, Tiers.Default);

    internal static CompiledModule Compile(WasmModule module, Tiers tiers) => new(module, tiers, metered: true);

    /// <summary>For the benchmark that says what metering costs: nothing stops this code, and it uses no fuel.</summary>
    internal static CompiledModule CompileWithoutFuel(WasmModule module) => new(module, Tiers.CompiledOnly, metered: false);

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

    internal SignatureKey SignatureOf(int function) => SignatureOfType(Module.Content.FunctionTypes[function]);

    internal SignatureKey SignatureOfType(int type) => _emitter.Signatures[type];

    internal EntryPoint EntryOf(int type, Run run)
    {
        if (_emitter.Entry(type) is null)
        {
            run.Compile(() => _emitter.MakeEntry(type, run));
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

    /// <summary>
    /// What a call of a function goes to that may be interpreted and leaves its index in <see cref="Instance.Callee"/>; 0 where the
    /// function has machine code, or needs it.
    /// </summary>
    internal nint InterpretingStub(int function, Run run)
    {
        if (FirstTier.Find(function, run) is null)
        {
            return 0;
        }

        var type = Module.Content.FunctionTypes[function];
        if (_emitter.Resolver(type) == 0)
        {
            run.Compile(() => _emitter.MakeResolver(type, run));
        }

        return _emitter.Resolver(type);
    }

    /// <summary>
    /// Code of the function that begins at one of its loops, by the loop's number in the order of the code, with the cells of an
    /// interpreted call (<see cref="Instance.LoopCells"/>).
    /// </summary>
    internal nint CodeOfLoop(int function, int loop, Run run)
    {
        if (_emitter.LoopCode(function, loop) == 0)
        {
            run.Compile(() => _emitter.MakeLoop(function, loop, run));
        }

        return _emitter.LoopCode(function, loop);
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
