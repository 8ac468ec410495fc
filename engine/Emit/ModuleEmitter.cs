using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>Calls code of one function type with arguments from arrays, and leaves its results there.</summary>
internal delegate void EntryPoint(nint code, Instance context, int stackSlots, Cell[] cells, object?[] references);

/// <summary>
/// Emits a module into an assembly of its own, which is unloaded when nobody refers to it. A method for each function, a stub
/// for each import, and for each function type that the host may call an entry that spreads the arguments.
/// </summary>
internal sealed class ModuleEmitter
{
    /// <summary>The runtime counts a type's methods with 16 bits.</summary>
    private const int MethodsPerType = 4_096;

    private readonly ModuleBuilder _builder;
    private readonly List<TypeBuilder> _types = [];
    private readonly MethodBuilder[] _methods;
    private readonly Dictionary<int, MethodBuilder> _entries = [];

    private int _tooLarge;

    private ModuleEmitter(ModuleContent content)
    {
        Content = content;
        Signatures = [.. content.Types.Select(SignatureKey.Of)];
        _methods = new MethodBuilder[content.FunctionTypes.Count];
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Guest"), AssemblyBuilderAccess.RunAndCollect);
        assembly.SetCustomAttribute(new CustomAttributeBuilder(
            typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!, [typeof(Instance).Assembly.GetName().Name!]));
        _builder = assembly.DefineDynamicModule("Guest");
    }

    public ModuleContent Content { get; }

    public EngineLimits Limits => Content.Limits;

    public SignatureKey[] Signatures { get; }

    /// <summary>False for <see cref="CompiledModule.CompileWithoutFuel"/> alone.</summary>
    public bool IsMetered { get; private init; } = true;

    public static EmittedModule Emit(ModuleContent content, bool metered)
    {
        var emitter = new ModuleEmitter(content) { IsMetered = metered };
        emitter.Declare();
        emitter.EmitBodies();
        emitter.EmitEntries();
        return emitter.Finish();
    }

    /// <summary>Emits all functions for the sake of their sizes, in the order of the bodies.</summary>
    public static (int CodeBytes, int LocalCount)[] Measure(ModuleContent content)
    {
        var emitter = new ModuleEmitter(content);
        emitter.Declare();
        var sizes = new (int, int)[content.Bodies.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var function = i + content.ImportedFunctions;
            var body = content.Bodies[i];
            var il = emitter._methods[function].GetILGenerator(body.End - body.Offset + 64);
            var code = new FunctionEmitter(emitter, function, body, il);
            code.Emit();
            sizes[i] = (code.CodeBytes, code.LocalCount);
        }

        return sizes;
    }

    public MethodInfo Method(int function) => _methods[function];

    private void Declare()
    {
        for (var i = 0; i < _methods.Length; i++)
        {
            if (i % MethodsPerType == 0)
            {
                _types.Add(DefineType($"Functions{_types.Count}"));
            }

            var type = Content.TypeOfFunction(i);
            _methods[i] = DefineMethod(_types[^1], $"f{i}", GuestSignature.Result(type), GuestSignature.Parameters(type));
        }
    }

    private void EmitBodies()
    {
        for (var i = 0; i < _methods.Length; i++)
        {
            var type = Content.TypeOfFunction(i);
            if (i < Content.ImportedFunctions)
            {
                ImportStub.Emit(_methods[i].GetILGenerator(), type, i);
            }
            else
            {
                var body = Content.Bodies[i - Content.ImportedFunctions];
                var emitter = new FunctionEmitter(this, i, body, _methods[i].GetILGenerator(body.End - body.Offset + 64));
                emitter.Emit();
                _tooLarge += emitter.IsTooLargeToOptimise ? 1 : 0;
            }
        }
    }

    private void EmitEntries()
    {
        _types.Add(DefineType("Entries"));
        var called = Content.Exports.Where(e => e.Kind == ExternalKind.Function).Select(e => e.Index);
        foreach (var function in Content.Start is { } start ? called.Append(start) : called)
        {
            var typeIndex = Content.FunctionTypes[function];
            if (!_entries.ContainsKey(typeIndex))
            {
                var method = DefineMethod(
                    _types[^1],
                    $"enter{typeIndex}",
                    typeof(void),
                    [typeof(nint), typeof(Instance), typeof(int), typeof(Cell[]), typeof(object[])]);
                EntryStub.Emit(method.GetILGenerator(), Content.Types[typeIndex]);
                _entries.Add(typeIndex, method);
            }
        }
    }

    private EmittedModule Finish()
    {
        var created = _types.ConvertAll(t => t.CreateType());
        return new EmittedModule
        {
            Signatures = Signatures,
            FunctionsTooLargeToOptimise = _tooLarge,
            Resolve = function => created[function / MethodsPerType].Module.ResolveMethod(_methods[function].MetadataToken)!,
            Entries = _entries.ToDictionary(
                e => e.Key,
                e => ((MethodInfo)created[^1].Module.ResolveMethod(e.Value.MetadataToken)!).CreateDelegate<EntryPoint>()),
        };
    }

    private TypeBuilder DefineType(string name) =>
        _builder.DefineType(name, TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit);

    private static MethodBuilder DefineMethod(TypeBuilder type, string name, Type result, Type[] parameters) =>
        type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
}

/// <summary>What emitting leaves: the way to each function's code.</summary>
internal sealed class EmittedModule
{
    public required SignatureKey[] Signatures { get; init; }

    public required int FunctionsTooLargeToOptimise { get; init; }

    /// <summary>The method of a function; its code is made when it is first called.</summary>
    public required Func<int, MethodBase> Resolve { get; init; }

    /// <summary>By type index.</summary>
    public required Dictionary<int, EntryPoint> Entries { get; init; }
}
