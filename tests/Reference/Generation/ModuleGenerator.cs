using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>
/// Makes valid modules from seeds: at least twenty functions, all types, nested blocks of all kinds, direct and indirect calls,
/// tables, globals, memory of all widths, bulk instructions; traps are reachable and mostly avoided. Loops end by a counter but
/// for a few that end by fuel.
/// </summary>
public sealed class ModuleGenerator
{
    public const string HostModule = "host";

    /// <summary>The export that the host function of the same name calls.</summary>
    public const string Again = "again";

    internal static readonly WasmType[] Numbers = [WasmType.I32, WasmType.I64, WasmType.F32, WasmType.F64];

    /// <summary>Numbers most often.</summary>
    internal static readonly WasmType[] AllTypes =
    [
        .. Numbers,
        .. Numbers,
        WasmType.V128,
        WasmType.V128,
        WasmType.FuncRef,
        WasmType.ExternRef,
    ];

    /// <summary>Imports that every generated module may make; <see cref="Comparison.HostFunctions"/> offers them.</summary>
    public static readonly IReadOnlyList<(string Name, FunctionType Type)> Host =
    [
        ("note", new FunctionType([WasmType.I32], [WasmType.I32])),
        ("mix", new FunctionType([WasmType.I64, WasmType.F64], [WasmType.I64, WasmType.I32])),
        ("charge", new FunctionType([WasmType.I32], [])),
        (Again, new FunctionType([], [])),
    ];

    private readonly Dice _dice;
    private readonly ulong _seed;
    private readonly GeneratorOptions _options;
    private readonly Shape _shape = new();

    private ModuleGenerator(ulong seed, GeneratorOptions options)
    {
        _seed = seed;
        _options = options;
        _dice = new Dice(seed);
    }

    /// <summary>The same module each time for a seed.</summary>
    public static GeneratedModule Generate(ulong seed, GeneratorOptions options) => new ModuleGenerator(seed, options).Generate();

    private GeneratedModule Generate()
    {
        ChooseTypes();
        foreach (var (_, type) in Host)
        {
            _shape.FunctionTypes.Add(_shape.Types.IndexOf(type));
        }

        _shape.ImportedFunctions = Host.Count;
        for (var count = _dice.Between(20, 27); count > 0; count--)
        {
            _shape.FunctionTypes.Add(_dice.Next(_shape.Types.Count));
        }

        // What the host calls again: nothing in, nothing out.
        _shape.FunctionTypes.Add(_shape.Types.IndexOf(Host[3].Type));
        _shape.Tables.AddRange([WasmType.FuncRef, WasmType.ExternRef, WasmType.FuncRef]);
        _shape.Slots.AddRange(Enumerable.Range(0, Shape.TableElementsMin - 2).Select(_ => _dice.Next(_shape.FunctionTypes.Count)));
        _shape.DataSegments = 2;
        _shape.ElementSegments.AddRange([WasmType.FuncRef, WasmType.FuncRef, WasmType.ExternRef, WasmType.FuncRef]);
        ChooseGlobals();
        return GeneratedModule.Of($"seed {_seed}{(_options.Portable ? ", portable" : "")}", Write(), _options.Portable);
    }

    private void ChooseTypes()
    {
        _shape.Types.AddRange(Host.Select(host => host.Type));
        for (var count = _dice.Between(5, 10); count > 0; count--)
        {
            _shape.Types.Add(new FunctionType([.. SomeTypes(_dice.OnceIn(12) ? 18 : 4)], [.. SomeTypes(_dice.OnceIn(12) ? 16 : 3)]));
        }
    }

    private WasmType[] SomeTypes(int most) => [.. Enumerable.Range(0, _dice.Next(most + 1)).Select(_ => AnyType())];

    /// <summary>JavaScript has no vectors, so portable functions take none.</summary>
    private WasmType AnyType() =>
        _dice.Chance(85) ? _dice.Pick(Numbers)
        : _dice.Chance(40) && !_options.Portable ? WasmType.V128
        : _dice.Chance(50) ? WasmType.FuncRef
        : WasmType.ExternRef;

    private void ChooseGlobals()
    {
        foreach (var type in Numbers)
        {
            _shape.Globals.Add(new GlobalType(type, Mutable: true));
        }

        _shape.Globals.Add(new GlobalType(WasmType.V128, Mutable: true));
        for (var count = _dice.Between(2, 6); count > 0; count--)
        {
            _shape.Globals.Add(new GlobalType(AnyType(), _dice.Chance(70)));
        }
    }

    private byte[] Write()
    {
        var functions = _shape.FunctionTypes.Skip(_shape.ImportedFunctions).ToArray();
        var bodies = Enumerable
            .Range(_shape.ImportedFunctions, functions.Length)
            .Select(function => new WasmWriter().Sized(new FunctionGenerator(_shape, _dice, function, _options).Generate()))
            .ToArray();
        var writer = new WasmWriter().Raw("\0asm\x01\0\0\0"u8);
        writer.Section(1, [.. _shape.Types.Select(type => new WasmWriter().Byte(0x60).Types(type.Parameters).Types(type.Results))]);
        writer.Section(
            2,
            [.. Host.Select((host, i) => new WasmWriter().Name(HostModule).Name(host.Name).Byte(0).Index(_shape.FunctionTypes[i]))]
        );
        writer.Section(3, [.. functions.Select(type => new WasmWriter().Index(type))]);
        writer.Section(
            4,
            [
                .. _shape.Tables.Select(type =>
                    new WasmWriter().Type(type).Limits(Shape.TableElementsMin, Bound(GeneratedModule.TableElementsMax))
                ),
            ]
        );
        writer.Section(5, [new WasmWriter().Limits((uint)_dice.Between(1, 2), Bound(GeneratedModule.MemoryPagesMax))]);
        writer.Section(6, [.. _shape.Globals.Select(Global)]);
        writer.Section(7, Exports());
        if (_dice.OnceIn(8))
        {
            writer.Byte(8).Sized(new WasmWriter().Index(_shape.FunctionTypes.Count - 1));
        }

        writer.Section(9, Elements());
        writer.Byte(12).Sized(new WasmWriter().Index(_shape.DataSegments + 1));
        writer.Section(10, bodies);
        return writer.Section(11, Data()).ToArray();
    }

    /// <summary>A greatest size in the type, or only in the run's limits.</summary>
    private uint? Bound(int most) => _options.Portable || _dice.Chance(50) ? (uint)most : null;

    private WasmWriter Global(GlobalType global)
    {
        var writer = new WasmWriter().Type(global.Content).Byte(global.Mutable ? 1 : 0);
        FunctionGenerator.WriteConstant(writer, global.Content, Constants.Of(global.Content, _dice, !_options.Portable));
        return writer.Op(Opcode.End);
    }

    private WasmWriter[] Exports()
    {
        var exports = new List<WasmWriter> { Export("memory", 2, 0), Export(Again, 0, _shape.FunctionTypes.Count - 1) };
        exports.AddRange(
            Enumerable
                .Range(_shape.ImportedFunctions, _shape.FunctionTypes.Count - _shape.ImportedFunctions)
                .Select(function => Export($"f{function}", 0, function))
        );
        exports.AddRange(_shape.Tables.Select((_, i) => Export($"t{i}", 1, i)));
        exports.AddRange(_shape.Globals.Select((_, i) => Export($"g{i}", 3, i)));
        return [.. exports];
    }

    private static WasmWriter Export(string name, int kind, int index) => new WasmWriter().Name(name).Byte(kind).Index(index);

    /// <summary>One of each form: active by function indices, passive twice, declarative for all functions.</summary>
    private WasmWriter[] Elements()
    {
        var active = new WasmWriter().U32(0).Op(Opcode.I32Const).Signed(0).Op(Opcode.End).Index(_shape.Slots.Count);
        _shape.Slots.ForEach(function => active.Index(function));
        var functions = new WasmWriter().U32(1).Byte(0).Index(Shape.SegmentSize);
        var externals = new WasmWriter().U32(5).Type(WasmType.ExternRef).Index(Shape.SegmentSize);
        for (var i = 0; i < Shape.SegmentSize; i++)
        {
            functions.Index(_dice.Next(_shape.FunctionTypes.Count));
            externals.Op(Opcode.RefNull).Type(WasmType.ExternRef).Op(Opcode.End);
        }

        var declarative = new WasmWriter().U32(3).Byte(0).Index(_shape.FunctionTypes.Count);
        for (var i = 0; i < _shape.FunctionTypes.Count; i++)
        {
            declarative.Index(i);
        }

        return [active, functions, externals, declarative];
    }

    private WasmWriter[] Data()
    {
        var active = new WasmWriter().U32(0).Op(Opcode.I32Const).Signed(_dice.Next(1_000)).Op(Opcode.End).Index(200);
        for (var i = 0; i < 200; i++)
        {
            active.Byte((int)(_dice.Next() & 0xFF));
        }

        var passive = Enumerable
            .Range(0, _shape.DataSegments)
            .Select(_ =>
            {
                var segment = new WasmWriter().U32(1).Index(Shape.SegmentSize);
                for (var i = 0; i < Shape.SegmentSize; i++)
                {
                    segment.Byte((int)(_dice.Next() & 0xFF));
                }

                return segment;
            });
        return [active, .. passive];
    }
}
