using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Bounds;

/// <summary>Every limit of <see cref="EngineLimits"/>, each at its default.</summary>
public static class ModuleBounds
{
    private const string Host = "host";
    private const string LongName = "a name of {0} bytes, the limit is {1}";

    private static readonly WasmType[] None = [];

    public static IReadOnlyList<ModuleBound> All { get; } =
    [
        new(nameof(EngineLimits.ModuleBytesMax), Padded, "a module of {0} bytes, the limit is {1}"),
        new(nameof(EngineLimits.TypesMax), n => Runs(n - 1, (m, _) => m.Type(None, None)), "{0} types, the limit is {1}"),
        new(nameof(EngineLimits.FunctionsMax), n => Runs(n - 1, Function), "{0} functions, the limit is {1}"),
        new(nameof(EngineLimits.FunctionsMax), n => WithImport(n - 1), "{0} functions with the imported ones, the limit is {1}")
        {
            Way = "one imported",
        },
        new(nameof(EngineLimits.ImportsMax), Imports, "{0} imports, the limit is {1}"),
        new(nameof(EngineLimits.ExportsMax), n => Runs(n - 1, (m, i) => m.Export($"e{i}", 0, 0)), "{0} exports, the limit is {1}"),
        new(nameof(EngineLimits.GlobalsMax), n => Runs(n, Global), "{0} globals, the limit is {1}"),
        new(
            nameof(EngineLimits.GlobalsMax),
            n => Runs(n - 1, Global).ImportGlobal(Host, "global", WasmType.I32),
            "{0} globals with the imported ones, the limit is {1}"
        )
        {
            Way = "one imported",
        },
        new(nameof(EngineLimits.TablesMax), n => Runs(n, (m, _) => m.Table(0)), "{0} tables, the limit is {1}"),
        new(
            nameof(EngineLimits.TablesMax),
            n => Runs(n - 1, (m, _) => m.Table(0)).ImportTable(Host, "table", 0),
            "{0} tables with the imported ones, the limit is {1}"
        )
        {
            Way = "one imported",
        },
        new(nameof(EngineLimits.MemoriesMax), n => Runs(n, (m, _) => m.Memory(0)), "multiple memories") { Fault = ModuleFault.Invalid },
        new(
            nameof(EngineLimits.MemoriesMax),
            n => Runs(n - 1, (m, _) => m.Memory(0)).ImportMemory(Host, "memory", shared: false),
            "multiple memories"
        )
        {
            Way = "one imported",
            Fault = ModuleFault.Invalid,
        },
        new(nameof(EngineLimits.DataSegmentsMax), n => Runs(n, (m, _) => m.PassiveData()), "{0} data segments, the limit is {1}"),
        new(nameof(EngineLimits.ElementSegmentsMax), n => Runs(n, (m, _) => m.PassiveElements()), "{0} element segments, the limit is {1}"),
        new(nameof(EngineLimits.ElementsMax), Elements, "{0} elements of all segments, the limit is {1}"),
        new(nameof(EngineLimits.ParametersMax), n => Calls(new WasmType[n].Fill(), None), "{0} parameters, the limit is {1}"),
        new(nameof(EngineLimits.ResultsMax), n => Calls(None, new WasmType[n].Fill()), "{0} results, the limit is {1}"),
        new(nameof(EngineLimits.BodyBytesMax), Body, "a function body of {0} bytes, the limit is {1}"),
        new(nameof(EngineLimits.LocalsMax), n => Locals(0, n), "{0} locals, the limit is {1}"),
        new(nameof(EngineLimits.LocalsMax), n => Locals(9, n - 9), "{0} locals with the parameters, the limit is {1}")
        {
            Way = "nine parameters",
        },
        new(nameof(EngineLimits.ModuleLocalsMax), LocalsOfAll, "{0} locals of all functions, the limit is {1}"),
        new(nameof(EngineLimits.OperandsMax), Operands, "{0} operands at once, the limit is {1}"),
        new(nameof(EngineLimits.CompilationWorkMax), Work, "a function of {0} units of work to compile, the limit is {1}"),
        new(
            nameof(EngineLimits.ModuleOperandMovesMax),
            MovesOfAll,
            "{0} operands passed on by calls, blocks and branches, the limit is {1}"
        ),
        new(nameof(EngineLimits.NestingMax), Nested, "{0} blocks in each other, the limit is {1}"),
        new(nameof(EngineLimits.BranchTargetsMax), BranchTable, "{0} branch targets, the limit is {1}"),
        new(nameof(EngineLimits.NameBytesMax), n => Runs(1, (m, _) => m.Export(Name(n), 0, 0)), LongName) { Way = "export" },
        new(nameof(EngineLimits.NameBytesMax), n => Imported(Host, Name(n)), LongName) { Way = "import" },
        new(nameof(EngineLimits.NameBytesMax), n => Imported(Name(n), "f"), LongName) { Way = "import's module" },
    ];

    /// <summary>What the modules import.</summary>
    public static Imports HostOf(WasmModule module)
    {
        var imports = new Imports()
            .Add(Host, "global", new Global(new GlobalType(WasmType.I32, Mutable: false), Value.FromI32(0)))
            .Add(Host, "table", new Table(new TableType(WasmType.FuncRef, new SizeLimits(0, null)), 0))
            .Add(Host, "memory", new LinearMemory(new MemoryType(new SizeLimits(1, 2)), 2));
        foreach (var import in module.Imports.Where(import => import.Kind == ExternalKind.Function))
        {
            imports.Add(import.Module, import.Name, (Action<Instance>)(static _ => { }));
        }

        return imports;
    }

    /// <summary>
    /// A module whose function <c>run</c>, of type 0 and the first of its own, does nothing, with so many of something else.
    /// </summary>
    private static TestModule Runs(int count, Action<TestModule, int> add)
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code());
        for (var i = 0; i < count; i++)
        {
            add(module, i);
        }

        return module;
    }

    private static TestModule Does(Code code)
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", code);
        return module;
    }

    private static void Function(TestModule module, int index) => module.Function(0, null, new Code());

    private static void Global(TestModule module, int index) => module.Global(WasmType.I32, false, new Code().I32Const(0));

    private static WasmType[] Fill(this WasmType[] types)
    {
        Array.Fill(types, WasmType.I32);
        return types;
    }

    private static string Name(int bytes) => new('n', bytes);

    private static TestModule Padded(int bytes)
    {
        // A custom section: its number, its size in four bytes, its name of one letter.
        const int Around = 1 + 4 + 2;
        return Runs(0, Function).Custom("p", new byte[bytes - Runs(0, Function).ToBytes().Length - Around]);
    }

    private static TestModule WithImport(int functions)
    {
        var module = new TestModule();
        module.ImportFunction(Host, "f", module.Type(None, None));
        for (var i = 0; i < functions; i++)
        {
            module.Function(0, i == 0 ? "run" : null, new Code());
        }

        return module;
    }

    private static TestModule Imports(int count)
    {
        var module = new TestModule();
        var type = module.Type(None, None);
        for (var i = 0; i < count; i++)
        {
            module.ImportFunction(Host, $"f{i}", type);
        }

        module.Function(type, "run", new Code().Call(count - 1));
        return module;
    }

    private static TestModule Imported(string from, string name)
    {
        var module = new TestModule();
        module.Function(0, "run", new Code().Call(module.ImportFunction(from, name, module.Type(None, None))));
        return module;
    }

    private static TestModule Elements(int count) =>
        Runs(0, Function).PassiveElements(new int[count / 2]).PassiveElements(new int[count - (count / 2)]);

    private static TestModule Calls(WasmType[] parameters, WasmType[] results)
    {
        var module = new TestModule();
        var callee = module.Function(module.Type(parameters, results), null, new Code().Times(results.Length, c => c.I32Const(1)));
        var code = new Code().Times(parameters.Length, c => c.I32Const(1)).Call(callee).Times(results.Length, c => c.Drop());
        module.Function(module.Type(None, None), "run", code);
        return module;
    }

    /// <summary>A byte that says that there are no locals, and the last end.</summary>
    private static TestModule Body(int bytes) => Does(new Code().Times(bytes - 2, c => c.Nop()));

    private static TestModule Locals(int parameters, int locals)
    {
        var module = new TestModule();
        var type = module.Type(new WasmType[parameters].Fill(), None);
        module.Function(type, null, new Code().LocalGet(parameters + locals - 1).Drop(), (locals, WasmType.I64));
        module.Function(module.Type(None, None), "run", new Code().Times(parameters, c => c.I32Const(0)).Call(0));
        return module;
    }

    private static TestModule LocalsOfAll(int locals)
    {
        var module = Runs(0, Function);
        for (; locals > 0; locals -= EngineLimits.Default.LocalsMax)
        {
            module.Function(0, null, new Code(), (Math.Min(locals, EngineLimits.Default.LocalsMax), WasmType.I32));
        }

        return module;
    }

    private static TestModule Operands(int count) => Does(new Code().Times(count, c => c.I32Const(1)).Times(count, c => c.Drop()));

    /// <summary>A block passes its result on, which is a unit; a call of function 0 is one itself and passes a hundred on.</summary>
    private static TestModule Work(int units)
    {
        var module = new TestModule();
        module.Function(module.Type(None, new WasmType[100].Fill()), null, new Code().Times(100, c => c.I32Const(1)));
        var code = new Code().Times(units / 101, c => c.Call(0).Times(100, d => d.Drop())).Times(units % 101, Move);
        module.Function(module.Type(None, None), "run", code);
        return module;
    }

    private static void Move(Code code) => code.Block(0x7F).I32Const(1).End().Drop();

    private static TestModule MovesOfAll(int count)
    {
        const int MovesOfOne = 100_000;

        // Of a block of a hundred results each branch passes a hundred on, and its end does.
        var module = new TestModule();
        var (hundred, none) = (module.Type(None, new WasmType[100].Fill()), module.Type(None, None));
        for (; count > 0; count -= MovesOfOne)
        {
            var moves = Math.Min(count, MovesOfOne);
            var branches = new Code()
                .Block((byte)hundred)
                .Times(100, c => c.I32Const(1))
                .Times((moves / 100) - 1, c => c.I32Const(0).BrIf(0))
                .End()
                .Times(100, c => c.Drop());
            module.Function(none, count == moves ? "run" : null, moves < 100 ? new Code().Times(moves, Move) : branches);
        }

        return module;
    }

    private static TestModule Nested(int depth) => Does(new Code().Times(depth, c => c.Block()).Times(depth, c => c.End()));

    private static TestModule BranchTable(int targets) => Does(new Code().Block().I32Const(targets - 1).BrTable(new int[targets], 0).End());
}
