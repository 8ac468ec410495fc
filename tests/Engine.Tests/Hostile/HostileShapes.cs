using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>
/// Modules that want to be expensive before they run: few bytes that stand for much work, much of what is cheap, and bytes that mean
/// something else to another reader.
/// </summary>
internal static class HostileShapes
{
    private const string TooLarge = "refused LimitExceeded";
    private const string Malformed = "refused Malformed";

    private static readonly WasmType[] None = [];

    public static IReadOnlyList<HostileCase> All { get; } = [.. Work(), .. Crowds(), .. Bytes(), .. Names()];

    private static IEnumerable<HostileCase> Work()
    {
        // Each of these was valid with a few KB and took seconds to minutes, the first one 7 GB.
        yield return new("operands-passed-on-by-calls", TooLarge, () => Passed(new Code().Times(2_000, c => c.Call(0))));
        yield return new(
            "operands-passed-on-by-indirect-calls",
            TooLarge,
            () => Passed(new Code().Times(2_000, c => c.I32Const(0).CallIndirect(0)))
        );
        yield return new("operands-passed-on-by-blocks", TooLarge, () => Passed(new Code().Times(10_000, c => c.Block(0).End())));
        yield return new(
            "operands-passed-on-by-ifs",
            TooLarge,
            () => Passed(new Code().Times(10_000, c => c.I32Const(0).If(0).Else().End()))
        );
        yield return new(
            "operands-passed-on-by-loops-in-each-other",
            TooLarge,
            () => Passed(new Code().Times(5_000, c => c.Loop(0)).Times(5_000, c => c.End()))
        );
        yield return new(
            "operands-passed-on-by-branches",
            TooLarge,
            () => Passed(new Code().Block(0).Times(10_000, c => c.I32Const(0).BrIf(0)).End())
        );
        yield return new(
            "operands-passed-on-by-one-branch-table",
            "returns ",
            () => Passed(new Code().Block(0).I32Const(0).BrTable(new int[65_520], 0).End())
        );
        yield return new(
            "operands-passed-on-by-a-branch-table-of-equal-types",
            TooLarge,
            () =>
                Passed(new Code().Block(0).Block(1).I32Const(0).BrTable([.. Enumerable.Range(0, 65_520).Select(i => i % 2)], 0).End().End())
        );
        yield return new("operands-passed-on-by-branch-tables-to-many-heights", TooLarge, () => BranchTablesToManyHeights(1_800));
        yield return new("sets-of-integers-260000", TooLarge, () => Sets(WasmType.I32, 260_000));
        yield return new("sets-of-integers-131000", "trap CallStackExhausted", () => Sets(WasmType.I64, 131_000));
        yield return new("sets-of-floats-130000", TooLarge, () => SetsOfFloats(WasmType.F32, Opcode.F32Add, 130_000));
        yield return new("sets-of-floats-12000", "trap CallStackExhausted", () => SetsOfFloats(WasmType.F64, Opcode.F64Add, 12_000));
        yield return new("sets-of-vectors-12000", "trap CallStackExhausted", () => SetsOfFloats(WasmType.V128, Opcode.F32x4Add, 12_000));
        // These took the machine-code compiler up to 12 s and 2 GB, as much as 512 KiB of code can.
        yield return new("loops-170000", TooLarge, () => Calling(new Code().Times(170_000, c => c.Loop().End())));
        yield return new("indirect-calls-100000", TooLarge, () => Calling(new Code().Times(100_000, c => c.I32Const(0).CallIndirect(0))));
        yield return new("calls-200000", TooLarge, () => Calling(new Code().Times(200_000, c => c.Call(0))));
        yield return new("globals-120000", TooLarge, () => Calling(new Code().Times(120_000, c => c.GlobalGet(0).GlobalSet(0))));
        yield return new("indirect-calls-3000", "returns ", () => Calling(new Code().Times(3_000, c => c.I32Const(0).CallIndirect(0))));
        yield return new("operands-passed-on-in-many-functions", TooLarge, () => InManyFunctions(60));
        yield return new("locals-of-100000-functions", TooLarge, () => LocalsOfMany(99_999));
        yield return new("recursion-with-1000-vector-results", "trap CallStackExhausted", RecursionWithManyResults);
    }

    /// <summary>Each table leaves 127 blocks of 32 results at heights that all differ, so each of them is a copy of its own.</summary>
    private static TestModule BranchTablesToManyHeights(int tables)
    {
        const int Blocks = 127;
        var module = new TestModule();
        var results = module.Type([], [.. Enumerable.Repeat(WasmType.I32, 32)]);
        var code = new Code().Times(Blocks, c => c.I32Const(0).Block((byte)results));
        code.Times(
            tables,
            c =>
                c.LocalGet(0)
                    .If()
                    .Times(32, operands => operands.LocalGet(1))
                    .LocalGet(0)
                    .BrTable([.. Enumerable.Range(1, Blocks)], 1)
                    .End()
        );
        module.Function(module.Type([], []), "run", code.Raw(0x00).Times(Blocks, c => c.End().Raw(0x00)), (2, WasmType.I32));
        return module;
    }

    /// <summary>Of a local that may hold any NaN into one that must not, in a function that calls itself.</summary>
    private static TestModule SetsOfFloats(WasmType type, Opcode sum, int times)
    {
        var module = new TestModule();
        var code = new Code().LocalGet(0).LocalGet(0).Op(sum).LocalSet(0).Times(times, c => c.LocalGet(0).LocalSet(1));
        module.Function(module.Type([], [WasmType.I32]), "run", code.Call(0).I32Const(1).I32Add(), (2, type));
        return module;
    }

    /// <summary>Moves between locals, in a function that calls itself.</summary>
    private static TestModule Sets(WasmType type, int times)
    {
        var module = new TestModule();
        var code = new Code().Times(times / 2, c => c.LocalGet(0).LocalGet(1).LocalSet(0).LocalSet(1));
        module.Function(module.Type([], []), "run", code.Call(0), (2, type));
        return module;
    }

    private static IEnumerable<HostileCase> Crowds()
    {
        yield return new("memories-8000000", "refused Invalid", () => Section(5, 8_000_000, [0, 0]));
        yield return new("tables-5000000", TooLarge, () => Section(4, 5_000_000, [0x70, 0, 0]));
        yield return new("branch-tables-in-many-functions", "returns ", () => BranchTables(20));
        yield return new("functions-20000-in-a-million-elements", "returns ", () => Elements(20_000, 1_000_000));
        yield return new("functions-1000000-in-a-million-elements", "returns ", () => Elements(1_000_000, 1_000_000))
        {
            Functions = 1_000_000,
        };
        yield return new("data-segments-100000", "returns ", DataSegments);
        yield return new(
            "custom-sections-5000000",
            "returns ",
            () => [.. Header, .. Repeated([0, 1, 0], 5_000_000), .. Nothing().ToBytes()[8..]]
        );
        yield return new("custom-section-of-16-MiB", "returns ", () => Nothing().Custom("x", new byte[(16 << 20) - 100]));
        yield return new("custom-section-whose-name-has-16-MiB", "returns ", () => Nothing().Custom(new string('x', (16 << 20) - 100)));
    }

    private static IEnumerable<HostileCase> Bytes()
    {
        // Limits with the flag of 64-bit memories, of tables too, and with a flag of several bytes.
        yield return new("memory-of-64-bit", Malformed, () => Section(5, 1, [4, 1]));
        yield return new("shared-memory-of-64-bit", Malformed, () => Section(5, 1, [7, 1, 1]));
        yield return new("table-of-64-bit", Malformed, () => Section(4, 1, [0x70, 4, 1]));
        yield return new("memory-flags-of-two-bytes", Malformed, () => Section(5, 1, [0x80, 0, 1]));
        yield return new("number-of-six-bytes", Malformed, () => [.. Header, 1, 0x86, 0x80, 0x80, 0x80, 0x80, 0, 0]);
        yield return new("number-with-unused-bits", Malformed, () => [.. Header, 1, 0x81, 0x80, 0x80, 0x80, 0x10, 0]);

        // Five bytes for a number that needs one: allowed. The type section takes the place of the module's own.
        yield return new(
            "number-with-zeros-behind",
            "returns ",
            () => [.. Header, 1, 0x84, 0x80, 0x80, 0x80, 0, 1, 0x60, 0, 0, .. Nothing().ToBytes()[14..]]
        );
        yield return new("section-longer-than-the-module", Malformed, () => [.. Header, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);
        yield return new("types-4294967295", TooLarge, () => [.. Header, 1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);
        yield return new(
            "locals-4294967295-twice",
            Malformed,
            () => Body([2, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7F, 0x0B])
        );
        yield return new("sections-twice", Malformed, () => [.. Nothing().ToBytes(), .. Nothing().ToBytes()[8..]]);
    }

    private static IEnumerable<HostileCase> Names()
    {
        yield return new("exports-of-the-same-name", "refused Invalid", () => Nothing().Export("run", 0, 0));
        yield return new("import-that-nobody-offers", "not linked UnknownImport", () => Import("\u001b[2J\n", new string('x', 100_000)));
        yield return new("import-of-another-type", "not linked IncompatibleImport", () => Import("host", "call", WasmType.I32))
        {
            Host = _ => new Imports().Add("host", "call", (Action<Instance>)(static _ => { })),
        };
        yield return new(
            "name-of-15-MiB-in-a-trap",
            "trap Unreachable",
            () =>
            {
                var module = new TestModule();
                module.Function(module.Type(None, None), "run", new Code().Unreachable());
                return module.FunctionNames((0, Enumerable.Repeat((byte)'n', 15 << 20).ToArray()));
            }
        );
        yield return new("name-of-100000-bytes-in-a-trap-of-the-host", "trap EndlessWait", () => Import(new string('m', 100_000), "call"))
        {
            Host = _ =>
                new Imports().Add(
                    new string('m', 100_000),
                    "call",
                    HostFunction.Create(new FunctionType([], []), static (_, _, _) => throw new TrapException(TrapKind.EndlessWait))
                ),
        };
    }

    private static byte[] Header => [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0];

    private static TestModule Nothing()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code());
        return module;
    }

    /// <summary>
    /// A thousand operands, what passes them on, and what drops them. Types 0 and 1 and function 0 take and give a thousand.
    /// </summary>
    private static TestModule Passed(Code code)
    {
        var module = new TestModule().Table(1);
        var thousand = Thousand(WasmType.I32);
        var type = module.Type(thousand, thousand);
        module.Type(thousand, thousand);
        module.Function(type, null, new Code().Times(1_000, c => c.LocalGet(0)));
        var around = new Code().Times(1_000, c => c.I32Const(0)).Raw(code.ToArray()).Times(1_000, c => c.Drop());
        module.Function(module.Type(None, None), "run", around);
        return module;
    }

    /// <summary>The code in <c>run</c>; function 0, which the table has too, does nothing.</summary>
    private static TestModule Calling(Code code)
    {
        var module = new TestModule().Table(1).Elements(0).Global(WasmType.I32, true, new Code().I32Const(0));
        var type = module.Type(None, None);
        module.Function(type, null, new Code());
        module.Function(type, "run", code);
        return module;
    }

    private static TestModule InManyFunctions(int count)
    {
        var module = new TestModule();
        var (thousand, none) = (module.Type(None, Thousand(WasmType.I32)), module.Type(None, None));
        var code = new Code().Block((byte)thousand).Times(1_000, c => c.I32Const(0)).Times(95, c => c.I32Const(0).BrIf(0)).End();
        code.Times(1_000, c => c.Drop());
        for (var i = 0; i < count; i++)
        {
            module.Function(none, i == 0 ? "run" : null, code);
        }

        return module;
    }

    private static TestModule LocalsOfMany(int functions)
    {
        var module = Nothing();
        for (var i = 0; i < functions; i++)
        {
            module.Function(0, null, new Code(), (EngineLimits.Default.LocalsMax, WasmType.I32));
        }

        return module;
    }

    private static TestModule RecursionWithManyResults()
    {
        var module = new TestModule();
        var vectors = Thousand(WasmType.V128);
        var type = module.Type(vectors, vectors);
        module.Function(type, null, new Code().Times(1_000, c => c.LocalGet(999)).Call(0).Nop());
        var code = new Code().Times(1_000, c => c.V128Const(1, 2)).Call(0).Times(1_000, c => c.Drop());
        module.Function(module.Type(None, None), "run", code);
        return module;
    }

    private static TestModule BranchTables(int functions)
    {
        var module = Nothing();
        var code = new Code().Block().I32Const(0).BrTable(new int[65_520], 0).End();
        for (var i = 0; i < functions; i++)
        {
            module.Function(0, null, code);
        }

        return module;
    }

    private static TestModule Elements(int functions, int elements)
    {
        var module = Nothing().Table((uint)elements).Elements([.. Enumerable.Range(0, elements).Select(i => i % functions)]);
        for (var i = 1; i < functions; i++)
        {
            module.Function(0, null, new Code());
        }

        return module;
    }

    private static TestModule DataSegments()
    {
        var module = Nothing().Memory(1);
        for (var i = 0; i < 100_000; i++)
        {
            module.Data(i % 65_536, (byte)i);
        }

        return module;
    }

    private static TestModule Import(string from, string name, params WasmType[] parameters)
    {
        var module = new TestModule();
        var import = module.ImportFunction(from, name, module.Type(parameters, None));
        module.Function(module.Type(None, None), "run", new Code().Times(parameters.Length, c => c.I32Const(0)).Call(import));
        return module;
    }

    private static byte[] Section(byte id, int count, byte[] item)
    {
        var start = new Code().U32((uint)count).ToArray();
        return
        [
            .. Header,
            .. new Code().Raw(id).U32((uint)(start.Length + (count * item.Length))).ToArray(),
            .. start,
            .. Repeated(item, count),
        ];
    }

    private static byte[] Repeated(byte[] item, int count)
    {
        var bytes = new byte[item.Length * count];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = item[i % item.Length];
        }

        return bytes;
    }

    private static byte[] Body(byte[] body) =>
        [.. Header, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, (byte)(body.Length + 2), 1, (byte)body.Length, .. body];

    private static WasmType[] Thousand(WasmType type) => [.. Enumerable.Repeat(type, 1_000)];
}
