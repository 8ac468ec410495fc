using Marketplace.Engine;
using Marketplace.Engine.Decode;
using Marketplace.Reference.Execution;

namespace Marketplace.Reference;

/// <summary>A module's instance (core specification, 4.2.6): index spaces with the imports first.</summary>
public sealed class ReferenceInstance
{
    private readonly List<ReferenceFunction> _functions = [];
    private readonly List<ReferenceTable> _tables = [];
    private readonly List<ReferenceMemory> _memories = [];
    private readonly List<ReferenceGlobal> _globals = [];
    private readonly HashSet<int> _droppedData = [];
    private readonly HashSet<int> _droppedElements = [];

    private ReferenceInstance(ReferenceModule module, ReferenceRun run)
    {
        Module = module;
        Run = run;
    }

    public ReferenceModule Module { get; }

    public ReferenceRun Run { get; }

    internal IReadOnlyList<ReferenceFunction> Functions => _functions;

    internal IReadOnlyList<ReferenceTable> Tables => _tables;

    internal IReadOnlyList<ReferenceMemory> Memories => _memories;

    internal IReadOnlyList<ReferenceGlobal> Globals => _globals;

    private ModuleContent Content => Module.Content;

    /// <summary>Instantiation (core specification, 4.5.4).</summary>
    /// <exception cref="LinkException">An import is missing or of another type, or a first size is over a limit.</exception>
    /// <exception cref="TrapException">A segment does not fit, or the start function trapped.</exception>
    public static ReferenceInstance Instantiate(ReferenceModule module, ReferenceImports imports, ReferenceRun run)
    {
        var instance = new ReferenceInstance(module, run);
        instance.Link(imports);
        instance.Allocate();
        instance.CopyActiveSegments();
        if (instance.Content.Start is { } start)
        {
            instance.Enter(instance._functions[start], []);
        }

        return instance;
    }

    /// <summary>Calls an exported function.</summary>
    /// <exception cref="TrapException">The guest trapped or its fuel is used up.</exception>
    public ReferenceValue[] Invoke(string export, params ReadOnlySpan<ReferenceValue> arguments)
    {
        var function = (ReferenceFunction)Export(export);
        var cells = new Cell[arguments.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] =
                arguments[i].Type == function.Type.Parameters[i]
                    ? arguments[i].Cell
                    : throw new ArgumentException($"Argument {i} is {arguments[i]} for a function of type {function.Type}.");
        }

        var results = Enter(function, cells);
        return [.. results.Select((cell, i) => cell.As(function.Type.Results[i]))];
    }

    /// <returns>
    /// A <see cref="ReferenceFunction"/>, <see cref="ReferenceTable"/>, <see cref="ReferenceMemory"/> or <see cref="ReferenceGlobal"/>.
    /// </returns>
    public object Export(string name)
    {
        var export = Module.Module.ExportsByName[name];
        return export.Kind switch
        {
            ExternalKind.Function => _functions[export.Index],
            ExternalKind.Table => _tables[export.Index],
            ExternalKind.Memory => _memories[export.Index],
            _ => _globals[export.Index],
        };
    }

    internal ReadOnlySpan<byte> Data(int segment) => _droppedData.Contains(segment) ? [] : Content.Data[segment].Bytes.Span;

    internal void DropData(int segment) => _droppedData.Add(segment);

    internal object?[] Elements(int segment) =>
        _droppedElements.Contains(segment) ? [] : [.. Content.Elements[segment].Items.Select(ReferenceOf)];

    private object? ReferenceOf(ElementItem item) =>
        item.IsFunction ? _functions[item.Function]
        : item.IsNull ? null
        : _globals[item.Global].Cell.Reference;

    internal void DropElements(int segment) => _droppedElements.Add(segment);

    /// <summary>An entry from the host: it costs slots of its own, and what the guest used is looked at when it has returned.</summary>
    private Cell[] Enter(ReferenceFunction function, Cell[] arguments)
    {
        var before = Run.StackSlots;
        if (before < EnginePolicy.HostFrameSlots)
        {
            throw new TrapException(TrapKind.CallStackExhausted);
        }

        try
        {
            var results = new Machine(Run).Invoke(function, arguments, before - EnginePolicy.HostFrameSlots);
            Run.CheckFuel();
            return results;
        }
        finally
        {
            Run.StackSlots = before;
        }
    }

    private void Link(ReferenceImports imports)
    {
        foreach (var import in Content.Imports)
        {
            switch (imports.Find(import))
            {
                case ReferenceHostFunction host:
                    _functions.Add(new ReferenceFunction(host.Type, this, host.Target));
                    break;
                case ReferenceFunction function:
                    _functions.Add(function);
                    break;
                case ReferenceTable table:
                    _tables.Add(table);
                    break;
                case ReferenceMemory memory:
                    _memories.Add(memory);
                    break;
                case ReferenceGlobal global:
                    _globals.Add(global);
                    break;
            }
        }
    }

    private void Allocate()
    {
        for (var i = _functions.Count; i < Content.FunctionTypes.Count; i++)
        {
            _functions.Add(new ReferenceFunction(Content.TypeOfFunction(i), this, Module.BodyOf(i)));
        }

        // All first values before the first global: they may mention only imported ones.
        var values = Content.GlobalValues.Select(Evaluate).ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            var type = Content.Globals[Content.ImportedGlobals + i];
            _globals.Add(new ReferenceGlobal(type, values[i].As(type.Content)));
        }

        foreach (var table in Content.Tables.Skip(Content.ImportedTables))
        {
            _tables.Add(new ReferenceTable(table, Run.Limits.TableElementsMax, Run));
        }

        foreach (var memory in Content.Memories.Skip(Content.ImportedMemories))
        {
            _memories.Add(new ReferenceMemory(memory, Run.Limits.MemoryPagesMax));
        }
    }

    private void CopyActiveSegments()
    {
        for (var i = 0; i < Content.Elements.Count; i++)
        {
            var segment = Content.Elements[i];
            if (segment.Mode == SegmentMode.Active)
            {
                var items = Elements(i);
                var address = Evaluate(segment.Address).U32;
                _tables[segment.Table].Check(address, (ulong)items.Length);
                for (uint j = 0; j < items.Length; j++)
                {
                    _tables[segment.Table][address + j] = items[j];
                }
            }

            if (segment.Mode != SegmentMode.Passive)
            {
                DropElements(i);
            }
        }

        for (var i = 0; i < Content.Data.Count; i++)
        {
            if (Content.Data[i].Mode == SegmentMode.Active)
            {
                var bytes = Data(i);
                ulong address = Evaluate(Content.Data[i].Address).U32;
                _memories[0].Check(address, (ulong)bytes.Length);
                foreach (var value in bytes)
                {
                    _memories[0].Write(address++, value);
                }

                DropData(i);
            }
        }
    }

    private Cell Evaluate(ConstantExpression expression) =>
        expression.Kind switch
        {
            ConstantKind.Number => new Cell(((UInt128)(ulong)expression.HighBits << 64) | (ulong)expression.Bits),
            ConstantKind.GlobalGet => _globals[(int)expression.Bits].Cell,
            ConstantKind.RefFunc => new Cell(0, _functions[(int)expression.Bits]),
            _ => default,
        };
}
