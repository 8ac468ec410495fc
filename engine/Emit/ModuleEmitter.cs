using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>Calls code of one function type with arguments from arrays, and leaves its results there.</summary>
internal delegate void EntryPoint(nint code, Instance context, int stackSlots, Cell[] cells, object?[] references);

/// <summary>
/// Makes a module's code, in an assembly of its own that is unloaded when nothing refers to it: a method for each function, a stub for each
/// import, and for each function type that the host calls an entry that spreads the arguments. Each is made when it is first called, and
/// only on a <see cref="CompilerThread"/>: a call goes through the callee's slot, which leads to a stub until the code is there.
/// Thread-safe.
/// </summary>
internal sealed class ModuleEmitter
{
    /// <summary>
    /// If all functions are wanted: the runtime creates types more slowly the more there are, and a type is emitted as a whole.
    /// </summary>
    private const int MethodsPerType = 256;

    /// <summary>Some milliseconds of work, after which a run looks whether it was stopped.</summary>
    private const int ResolversAtOnceMax = 16;

    /// <summary>What a stub's buffer begins with, as if it had been made from so many bytes of a body.</summary>
    private const int StubBytes = 32;

    /// <summary>Buffers begin with what most functions need.</summary>
    private const int CodeBytesPerBodyByte = 4;

    private const TypeAttributes StaticClass =
        TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit;

    /// <summary>Held while anything is emitted, not while it becomes machine code.</summary>
    private readonly Lock _gate = new();
    private readonly Lazy<ModuleBuilder> _builder = new(DefineModule);
    private readonly Lazy<ModuleTokens> _tokens;
    private readonly MadeMethod?[] _methods;
    private readonly EntryPoint?[] _entries;

    /// <summary>By function: its machine code, 0 until it is made.</summary>
    private readonly nint[] _codes;

    /// <summary>By function: where calls of other functions go, which have this array's address in them.</summary>
    private readonly nint[] _slots;

    /// <summary>By type: the stub that a slot leads to until its function's code is there.</summary>
    private readonly nint[] _resolvers;

    /// <summary>Functions that the code in hand calls and whose slots lead nowhere yet.</summary>
    private readonly HashSet<int> _called = [];

    /// <summary>By function and loop: machine code that begins there.</summary>
    private readonly ConcurrentDictionary<(int Function, int Loop), nint> _loopCodes = [];

    /// <summary>Why a function will never have code: a bug in the emitter.</summary>
    private readonly Dictionary<int, ExceptionDispatchInfo> _failures = [];
    private int _typeCount;

    public ModuleEmitter(ModuleContent content)
    {
        Content = content;
        Signatures = [.. content.Types.Select(SignatureKey.Of)];
        _methods = new MadeMethod?[content.FunctionTypes.Count];
        _codes = new nint[content.FunctionTypes.Count];
        _slots = GC.AllocateArray<nint>(content.FunctionTypes.Count, pinned: true);
        _resolvers = new nint[content.Types.Count];
        _entries = new EntryPoint[content.Types.Count];
        _tokens = new Lazy<ModuleTokens>(() => new ModuleTokens(_builder.Value));
    }

    /// <summary>
    /// A function's method. If its frame is large, also the guard: calls come through it, and it checks the stack first.
    /// </summary>
    private sealed record MadeMethod(MethodBase Body, MethodBase? Guard);

    public ModuleContent Content { get; }

    public EngineLimits Limits => Content.Limits;

    public SignatureKey[] Signatures { get; }

    /// <summary>False for <see cref="CompiledModule.CompileWithoutFuel"/> alone.</summary>
    public bool IsMetered { get; init; } = true;

    /// <summary>Something was emitted.</summary>
    public bool HasAssembly => _builder.IsValueCreated;

    public int EmittedFunctions { get; private set; }

    public int LoopCodes => _loopCodes.Count;

    /// <summary>IL of the functions so far.</summary>
    public long EmittedBytes { get; private set; }

    /// <summary>Emits all functions for the sake of their sizes, in the order of the bodies.</summary>
    public static (int CodeBytes, int LocalCount)[] Measure(ModuleContent content)
    {
        var emitter = new ModuleEmitter(content);
        var type = emitter.DefineType("Measured", 0);
        var sizes = new (int, int)[content.Bodies.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var function = i + content.ImportedFunctions;
            var code = emitter.EmitBody(function, emitter.DefineMethod(type, "f", function));
            sizes[i] = (code.IL.Length, code.LocalCount);
        }

        return sizes;
    }

    /// <summary>The function's machine code; 0 until it is made.</summary>
    public nint Code(int function) => Volatile.Read(ref _codes[function]);

    /// <summary>The way from cells into functions of a type; null until it is made.</summary>
    public EntryPoint? Entry(int type) => Volatile.Read(ref _entries[type]);

    /// <summary>Makes the function's machine code. For a <see cref="CompilerThread"/>.</summary>
    /// <param name="run">Is charged for it.</param>
    public void Make(int function, Run? run)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        MadeMethod method;
        lock (_gate)
        {
            if (_methods[function] is null)
            {
                Emit([function], run);
            }

            // A run that was stopped may have left code whose slots lead nowhere yet.
            FillSlots(run);
            method = _methods[function]!;
        }

        // The function may have waited in line behind others: if its run was stopped meanwhile, later runs do not wait for it.
        run?.ChargeCode(0);
        MakeMachineCode(function, method);
    }

    /// <summary>The machine code of the function from a loop on; 0 until it is made.</summary>
    public nint LoopCode(int function, int loop) => _loopCodes.GetValueOrDefault((function, loop));

    /// <summary>Makes the machine code of the function from a loop on. For a <see cref="CompilerThread"/>.</summary>
    /// <param name="run">Is charged for it.</param>
    public void MakeLoop(int function, int loop, Run run)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        MadeMethod method;
        lock (_gate)
        {
            var before = EmittedBytes;
            var type = DefineType("Loops", _typeCount++);
            var body = DefineMethod(type, "f", function);
            var guard = EmitBody(function, body, loop).Guard;
            var bytes = EmittedBytes - before;
            var module = Finish(type);
            method = new MadeMethod(
                module.ResolveMethod(body.MetadataToken)!,
                guard is null ? null : module.ResolveMethod(guard.MetadataToken)
            );
            run.ChargeCode(bytes);
            FillSlots(run);
        }

        run.ChargeCode(0);
        _loopCodes[(function, loop)] = MakeMachineCode(method);
    }

    /// <summary>Makes the machine code of all functions. For a <see cref="CompilerThread"/>.</summary>
    public void MakeAll(CancellationToken cancellation)
    {
        for (var first = 0; first < _methods.Length; first += MethodsPerType)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (_gate)
            {
                Emit([.. Enumerable.Range(first, Math.Min(MethodsPerType, _methods.Length - first)).Where(f => _methods[f] is null)], null);
                FillSlots(null);
            }
        }

        for (var function = 0; function < _methods.Length; function++)
        {
            cancellation.ThrowIfCancellationRequested();
            MakeMachineCode(function, _methods[function]!);
        }
    }

    /// <summary>The stub of a type that has functions made or interpreted; 0 until it is made.</summary>
    public nint Resolver(int type) => Volatile.Read(ref _resolvers[type]);

    /// <summary>Makes that stub. For a <see cref="CompilerThread"/>.</summary>
    public void MakeResolver(int type, Run run)
    {
        lock (_gate)
        {
            if (_resolvers[type] == 0)
            {
                MakeResolvers([type], run);
            }
        }
    }

    /// <summary>Makes the way from cells into functions of a type. For a <see cref="CompilerThread"/>.</summary>
    /// <param name="run">Is charged for it: interpreted functions may call machine code of thousands of types.</param>
    public void MakeEntry(int type, Run run)
    {
        lock (_gate)
        {
            if (_entries[type] is not null)
            {
                return;
            }

            var builder = DefineType("Entry", _typeCount++);
            var method = DefineMethod(
                builder,
                "enter",
                typeof(void),
                [typeof(nint), typeof(Instance), typeof(int), typeof(Cell[]), typeof(object[])]
            );
            var code = Code(method, StubBytes);
            EntryStub.Emit(code, Content.Types[type]);
            EmittedBytes += code.Length;
            var made = Finish(builder).ResolveMethod(method.MetadataToken)!;
            RuntimeHelpers.PrepareMethod(made.MethodHandle);
            Volatile.Write(ref _entries[type], ((MethodInfo)made).CreateDelegate<EntryPoint>());
            run.ChargeCode(code.Length);
        }
    }

    /// <summary>
    /// The address of the slot that leads to the function's code, for the emitter of a caller. It may be a constant in the callers' code,
    /// because a caller keeps its instance alive, and the instance keeps the module.
    /// </summary>
    public unsafe long SlotOf(int function)
    {
        if (_slots[function] == 0)
        {
            _called.Add(function);
        }

        return (long)Unsafe.AsPointer(ref _slots[function]);
    }

    private void MakeMachineCode(int function, MadeMethod method)
    {
        var code = MakeMachineCode(method);
        Volatile.Write(ref _slots[function], code);
        Volatile.Write(ref _codes[function], code);
    }

    private static nint MakeMachineCode(MadeMethod method)
    {
        RuntimeHelpers.PrepareMethod(method.Body.MethodHandle);
        if (method.Guard is not null)
        {
            RuntimeHelpers.PrepareMethod(method.Guard.MethodHandle);
        }

        return (method.Guard ?? method.Body).MethodHandle.GetFunctionPointer();
    }

    /// <summary>Emits functions as the methods of one type, and charges the run.</summary>
    private void Emit(int[] functions, Run? run)
    {
        var before = EmittedBytes;
        var type = DefineType("Functions", _typeCount++);
        var emitted = Array.ConvertAll(functions, function => Emit(type, function));
        var bytes = EmittedBytes - before;
        var module = Finish(type);
        for (var i = 0; i < functions.Length; i++)
        {
            _methods[functions[i]] = new MadeMethod(Made(emitted[i].Body)!, Made(emitted[i].Guard));
        }

        EmittedFunctions += functions.Length;
        run?.ChargeCode(bytes);

        MethodBase? Made(MethodBuilder? method) => method is null ? null : module.ResolveMethod(method.MetadataToken);
    }

    private (MethodBuilder Body, MethodBuilder? Guard) Emit(TypeBuilder type, int function)
    {
        if (_failures.TryGetValue(function, out var failure))
        {
            failure.Throw();
        }

        try
        {
            var method = DefineMethod(type, "f", function);
            if (function >= Content.ImportedFunctions)
            {
                return (method, EmitBody(function, method).Guard);
            }

            ImportStub.Emit(Code(method, StubBytes), Content.TypeOfFunction(function), function);
            return (method, null);
        }
        catch (Exception bug) when (bug is not (OutOfMemoryException or InsufficientExecutionStackException))
        {
            // What the machine lacks now it may have the next time. Other failures are kept: each attempt leaves an unfinished type behind.
            _failures.Add(function, ExceptionDispatchInfo.Capture(bug));
            throw;
        }
    }

    /// <param name="loop">Where the method begins, if not with the function's first instruction.</param>
    private EmitContext EmitBody(int function, MethodBuilder method, int? loop = null)
    {
        var body = Content.Bodies[function - Content.ImportedFunctions];
        var context = new EmitContext(this, function, body, method, Code(method, body.End - body.Offset)) { EntryLoop = loop };
        if (context.FrameSlots >= EnginePolicy.LargeFrameSlots)
        {
            context.Guard = DefineMethod((TypeBuilder)method.DeclaringType!, "guard", function);
            FrameGuard.Emit(Code(context.Guard, StubBytes), context.Type, function, method, context.FrameSlots);
        }

        new FunctionEmitter(context).Emit();
        EmittedBytes += context.IL.Length;
        return context;
    }

    /// <summary>
    /// Before a caller's code runs, the slots of all functions that it calls must lead to code or a stub. A few bytes may call functions of
    /// thousands of types, so the stubs are made and charged some at a time. Those of a stopped run stay; the next run goes on from there.
    /// </summary>
    private void FillSlots(Run? run)
    {
        MakeResolvers(
            [.. _called.Select(function => Content.FunctionTypes[function]).Where(type => _resolvers[type] == 0).Distinct()],
            run
        );
        foreach (var function in _called)
        {
            Interlocked.CompareExchange(ref _slots[function], _resolvers[Content.FunctionTypes[function]], 0);
        }

        _called.Clear();
    }

    private static ModuleBuilder DefineModule()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Guest"), AssemblyBuilderAccess.RunAndCollect);
        assembly.SetCustomAttribute(
            new CustomAttributeBuilder(
                typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!,
                [typeof(Instance).Assembly.GetName().Name!]
            )
        );
        return assembly.DefineDynamicModule("Guest");
    }

    private void MakeResolvers(int[] missing, Run? run)
    {
        foreach (var types in missing.Chunk(ResolversAtOnceMax))
        {
            var before = EmittedBytes;
            var builder = DefineType("Resolvers", _typeCount++);
            var methods = Array.ConvertAll(types, type => DefineMethod(builder, "resolve", Content.Types[type], type));
            for (var i = 0; i < types.Length; i++)
            {
                var code = Code(methods[i], StubBytes);
                CallResolver.Emit(code, Content.Types[types[i]]);
                EmittedBytes += code.Length;
            }

            var module = Finish(builder);
            for (var i = 0; i < types.Length; i++)
            {
                var resolver = module.ResolveMethod(methods[i].MetadataToken)!.MethodHandle;
                RuntimeHelpers.PrepareMethod(resolver);
                Volatile.Write(ref _resolvers[types[i]], resolver.GetFunctionPointer());
            }

            run?.ChargeCode(EmittedBytes - before);
        }
    }

    private CodeWriter Code(MethodBuilder method, int bodyBytes) =>
        new(method.GetILGenerator(bodyBytes * CodeBytesPerBodyByte), _tokens.Value);

    private static Module Finish(TypeBuilder builder) => builder.CreateType().Module;

    private TypeBuilder DefineType(string kind, int number) => _builder.Value.DefineType($"{kind}{number}", StaticClass);

    private MethodBuilder DefineMethod(TypeBuilder type, string kind, int function) =>
        DefineMethod(type, kind, Content.TypeOfFunction(function), function);

    private static MethodBuilder DefineMethod(TypeBuilder type, string kind, FunctionType signature, int number) =>
        DefineMethod(type, $"{kind}{number}", GuestSignature.Result(signature), GuestSignature.Parameters(signature));

    private static MethodBuilder DefineMethod(TypeBuilder type, string name, Type result, Type[] parameters) =>
        type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
}
