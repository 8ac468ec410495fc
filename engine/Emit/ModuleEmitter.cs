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
/// Emits a module into an assembly of its own, which is unloaded when nobody refers to it: a method for each function, a stub for each
/// import, and for each function type that the host calls an entry that spreads the arguments. Each is emitted when it is first
/// wanted: by the host, by a table, or by the machine-code compiler, which asks for the functions that the one in hand calls
/// (<see cref="WantedTypes"/>). Thread-safe.
/// </summary>
internal sealed class ModuleEmitter
{
    /// <summary>
    /// A type is emitted as a whole, so it must not grow without bound; and creating one takes the runtime the longer the more there are.
    /// </summary>
    private const int MethodsPerType = 256;

    /// <summary>What a stub's buffer begins with, as if it had been made from so many bytes of a body.</summary>
    private const int StubBytes = 32;

    /// <summary>Buffers begin with what most functions need.</summary>
    private const int CodeBytesPerBodyByte = 4;

    private const TypeAttributes StaticClass =
        TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit;

    /// <summary>
    /// Held while anything is emitted. Whoever waits for it may hold locks of the machine-code compiler for functions that are being
    /// compiled; whoever holds it runs no guest's code, so it never wants those.
    /// </summary>
    private readonly Lock _gate = new();
    private readonly ModuleBuilder _builder;
    private readonly ModuleTokens _tokens;
    private readonly MethodBuilder?[] _methods;
    private readonly FunctionGroup?[] _groups;
    private readonly EntryPoint?[] _entries;

    /// <summary>Not created yet.</summary>
    private readonly Dictionary<string, FunctionGroup> _pending = [];

    /// <summary>Takes the functions that the one in hand calls and nobody has called before.</summary>
    private FunctionGroup? _callees;
    private int _typeCount;

    public ModuleEmitter(ModuleContent content)
    {
        Content = content;
        Signatures = [.. content.Types.Select(SignatureKey.Of)];
        _methods = new MethodBuilder[content.FunctionTypes.Count];
        _groups = new FunctionGroup[content.FunctionTypes.Count];
        _entries = new EntryPoint[content.Types.Count];
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Guest"), AssemblyBuilderAccess.RunAndCollect);
        assembly.SetCustomAttribute(new CustomAttributeBuilder(
            typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!, [typeof(Instance).Assembly.GetName().Name!]));
        _builder = assembly.DefineDynamicModule("Guest");
        _tokens = new ModuleTokens(_builder);
    }

    public ModuleContent Content { get; }

    public EngineLimits Limits => Content.Limits;

    public SignatureKey[] Signatures { get; }

    /// <summary>False for <see cref="CompiledModule.CompileWithoutFuel"/> alone.</summary>
    public bool IsMetered { get; init; } = true;

    public int EmittedFunctions { get; private set; }

    /// <summary>IL of the functions so far.</summary>
    public long EmittedBytes { get; private set; }

    /// <summary>Emits all functions for the sake of their sizes, in the order of the bodies.</summary>
    public static (int CodeBytes, int LocalCount)[] Measure(ModuleContent content)
    {
        var emitter = new ModuleEmitter(content);
        emitter.DeclareAll();
        var sizes = new (int, int)[content.Bodies.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var code = emitter.EmitBody(i + content.ImportedFunctions);
            sizes[i] = (code.CodeBytes, code.LocalCount);
        }

        return sizes;
    }

    /// <summary>Where all functions will be wanted, fewer types do.</summary>
    public void DeclareAll()
    {
        lock (_gate)
        {
            _callees = null;
            for (var i = 0; i < _methods.Length; i++)
            {
                Method(i);
            }
        }
    }

    /// <summary>The method of a function, which may have no code yet; for the emitter of a function that calls it.</summary>
    public MethodInfo Method(int function)
    {
        if (_methods[function] is { } known)
        {
            return known;
        }

        // One type for all that a function calls: compiling it wants them all, and the runtime takes its time for each type.
        if (_callees is null || _callees.Functions.Count == MethodsPerType)
        {
            _callees = new FunctionGroup(DefineType("Functions", _typeCount++));
            _pending.Add(_callees.Type.Name, _callees);
        }

        var type = Content.TypeOfFunction(function);
        _groups[function] = _callees;
        _callees.Functions.Add(function);
        return _methods[function] = DefineMethod(_callees.Type, $"f{function}", GuestSignature.Result(type), GuestSignature.Parameters(type));
    }

    /// <summary>The method of a function with its code.</summary>
    public MethodBase Resolve(int function)
    {
        lock (_gate)
        {
            _callees = null;
            var token = Method(function).MetadataToken;
            return Create(_groups[function]!).ResolveMethod(token)!;
        }
    }

    /// <summary>The host's way into functions of a type.</summary>
    public EntryPoint Entry(int type) => Volatile.Read(ref _entries[type]) ?? EmitEntry(type);

    /// <summary>Creates the type that the machine-code compiler asks for.</summary>
    public void Create(string name)
    {
        lock (_gate)
        {
            // Else another thread was quicker.
            if (_pending.TryGetValue(name, out var group))
            {
                Create(group);
            }
        }
    }

    private Module Create(FunctionGroup group)
    {
        if (group.Created is { } created)
        {
            return created;
        }

        group.Failure?.Throw();
        try
        {
            while (group.Emitted < group.Functions.Count)
            {
                var before = EmittedBytes;
                Emit(group.Functions[group.Emitted++]);
                Run.OnThisThread?.ChargeCode(EmittedBytes - before);
            }

            group.Created = Finish(group.Type).Module;
            EmittedFunctions += group.Functions.Count;
            _pending.Remove(group.Type.Name);
            return group.Created;
        }
        catch (Exception bug) when (bug is not TrapException)
        {
            // What is half emitted cannot be finished, and the machine-code compiler asks again where it could do without an answer.
            group.Failure = ExceptionDispatchInfo.Capture(bug);
            throw;
        }
    }

    private void Emit(int function)
    {
        if (function < Content.ImportedFunctions)
        {
            ImportStub.Emit(Code(_methods[function]!, StubBytes), Content.TypeOfFunction(function), function);
        }
        else
        {
            EmitBody(function);
        }
    }

    private FunctionEmitter EmitBody(int function)
    {
        _callees = null;
        var body = Content.Bodies[function - Content.ImportedFunctions];
        var emitter = new FunctionEmitter(this, function, body, Code(_methods[function]!, body.End - body.Offset));
        emitter.Emit();
        EmittedBytes += emitter.CodeBytes;
        return emitter;
    }

    private EntryPoint EmitEntry(int type)
    {
        lock (_gate)
        {
            if (_entries[type] is { } known)
            {
                return known;
            }

            var builder = DefineType("Entry", type);
            var method = DefineMethod(
                builder, "enter", typeof(void), [typeof(nint), typeof(Instance), typeof(int), typeof(Cell[]), typeof(object[])]);
            EntryStub.Emit(Code(method, StubBytes), Content.Types[type]);
            var entry = ((MethodInfo)Finish(builder).Module.ResolveMethod(method.MetadataToken)!).CreateDelegate<EntryPoint>();
            Volatile.Write(ref _entries[type], entry);
            return entry;
        }
    }

    private CodeWriter Code(MethodBuilder method, int bodyBytes) => new(method.GetILGenerator(bodyBytes * CodeBytesPerBodyByte), _tokens);

    private Type Finish(TypeBuilder builder)
    {
        var type = builder.CreateType();

        // No code of this module runs before its first type is there.
        WantedTypes.Offer(type.Assembly, this);
        return type;
    }

    private TypeBuilder DefineType(string kind, int number) => _builder.DefineType($"{kind}{number}", StaticClass);

    private static MethodBuilder DefineMethod(TypeBuilder type, string name, Type result, Type[] parameters) =>
        type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
}
