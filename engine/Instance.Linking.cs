using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>Instantiation (core specification, 4.5.4) and the state that compiled code works on.</summary>
public sealed partial class Instance
{
    /// <summary>
    /// Only compiled code reads it, where a function or a stub begins. When the run is stopped, another takes its place
    /// (<see cref="Run"/>.StopGuest).
    /// </summary>
    internal Run RunField;

    /// <summary>The function that compiled code is about to call, for the stub that it finds where that has no code yet.</summary>
    internal int Callee;

    /// <summary>A frame whose address is below takes more of the thread's stack than the slots promise.</summary>
    internal nuint StackLimit = GuestThreads.StackLimit;

    /// <summary>The cells of interpreted functions on the instance's thread.</summary>
    internal readonly GuestStack Stack = GuestThreads.Stack;

    /// <summary>The cells of a function that goes on in machine code, which reads them when it begins.</summary>
    internal nint LoopCells;
    internal LinearMemory? Memory0;
    internal Table[] Tables = [];

    /// <summary>Imported globals at their indices; those of the module itself are made when the host asks for one.</summary>
    internal Global?[] Globals = [];

    /// <summary>Values of the module's own globals at their indices: numbers here, references in the next.</summary>
    internal Cell[] GlobalCells = [];
    internal object?[] GlobalReferences = [];
    internal ImportedFunction[] ImportedFunctions = [];

    private Function?[]? _functions;
    private bool[]? _droppedData;
    private bool[]? _droppedElements;

    internal Function FunctionAt(int index)
    {
        if (index < ImportedFunctions.Length && ImportedFunctions[index].Function is { } imported)
        {
            return imported;
        }

        _functions ??= new Function?[_content.FunctionTypes.Count];
        return _functions[index] ??= new Function(index, this);
    }

    internal SignatureKey SignatureOf(int function) => _compiled.SignatureOf(function);

    internal SignatureKey SignatureOfType(int type) => _compiled.SignatureOfType(type);

    internal int TypeOfFunction(int function) => _content.FunctionTypes[function];

    internal FirstTier FirstTier => _compiled.FirstTier;

    internal nint CodeOf(int function) => _compiled.CodeOf(function, Run);

    /// <summary>Gives a function the code that the indirect call in hand goes to: its own, or the stub that has it interpreted.</summary>
    internal void Find(Function function)
    {
        if (_compiled.InterpretingStub(function.Index, Run) is var stub and not 0)
        {
            (Callee, function.Code) = (function.Index, stub);
        }
        else
        {
            function.Resolve();
        }
    }

    internal nint CodeOfLoop(int function, int loop) => _compiled.CodeOfLoop(function, loop, Run);

    /// <summary>The way from cells into machine code of a type.</summary>
    internal EntryPoint EntryOf(int type) => _compiled.EntryOf(type, Run);

    internal ReadOnlyMemory<byte> Data(int segment) =>
        _droppedData is not null && _droppedData[segment] ? default : _content.Data[segment].Bytes;

    internal ReadOnlySpan<ElementItem> Elements(int segment) =>
        _droppedElements is not null && _droppedElements[segment] ? [] : _content.Elements[segment].Items;

    internal void DropData(int segment) => (_droppedData ??= new bool[_content.Data.Count])[segment] = true;

    internal void DropElements(int segment) => (_droppedElements ??= new bool[_content.Elements.Count])[segment] = true;

    internal object? EvaluateReference(ElementItem item) =>
        item.IsFunction ? FunctionAt(item.Function)
        : item.IsNull ? null
        : Globals[item.Global]!.Value.Reference;

    internal Value Evaluate(ConstantExpression expression) =>
        expression.Kind switch
        {
            ConstantKind.Number => expression.Value,
            ConstantKind.GlobalGet => Globals[expression.Bits]!.Value,
            ConstantKind.RefFunc => Value.FromFunction(FunctionAt((int)expression.Bits)),
            _ => Value.Default(expression.Type),
        };

    private void Link(Imports imports)
    {
        ImportedFunctions = _content.ImportedFunctions == 0 ? [] : new ImportedFunction[_content.ImportedFunctions];
        Tables = _content.Tables.Count == 0 ? [] : new Table[_content.Tables.Count];
        Globals = _content.Globals.Count == 0 ? [] : new Global?[_content.Globals.Count];
        var (function, table, global) = (0, 0, 0);
        foreach (var import in _content.Imports)
        {
            var external = ImportMatching.Find(imports, import, Run);
            switch (external)
            {
                case HostFunction host:
                    ImportedFunctions[function++] = new ImportedFunction(host.FunctionType, null, host.Target);
                    break;
                case Function guest:
                    // A host's function that another instance passes on stays that instance's: its stub knows the way.
                    guest.Resolve();
                    ImportedFunctions[function++] = new ImportedFunction(guest.FunctionType, guest, null);
                    break;
                case Table shared:
                    Tables[table++] = shared;
                    break;
                case LinearMemory memory:
                    Memory0 = memory;
                    break;
                case Global variable:
                    Globals[global++] = variable;
                    break;
            }
        }
    }

    private void CreateGlobals()
    {
        var count = _content.Globals.Count;
        if (count == _content.ImportedGlobals)
        {
            return;
        }

        GlobalCells = new Cell[count];
        GlobalReferences = new object?[count];
        for (var i = _content.ImportedGlobals; i < count; i++)
        {
            var value = Evaluate(_content.GlobalValues[i - _content.ImportedGlobals]);
            GlobalCells[i] = value.ToCell();
            GlobalReferences[i] = value.Reference;
        }
    }

    private void CreateTablesAndMemory()
    {
        for (var i = _content.ImportedTables; i < Tables.Length; i++)
        {
            Tables[i] = new Table(_content.Tables[i], Run);
        }

        if (_content.Memories.Count > _content.ImportedMemories)
        {
            Memory0 = new LinearMemory(_content.Memories[0], Run.Limits.MemoryPagesMax);
        }
    }

    private void RunActiveSegments()
    {
        for (var i = 0; i < _content.Elements.Count; i++)
        {
            var segment = _content.Elements[i];
            if (segment.Mode == SegmentMode.Active)
            {
                FillTable(i, segment);
            }

            if (segment.Mode != SegmentMode.Passive)
            {
                DropElements(i);
            }
        }

        for (var i = 0; i < _content.Data.Count; i++)
        {
            var segment = _content.Data[i];
            if (segment.Mode == SegmentMode.Active)
            {
                FillMemory(i, segment);
                DropData(i);
            }
        }
    }

    private void FillTable(int index, ElementSegment segment)
    {
        var (table, items) = (Tables[segment.Table], segment.Items);
        var address = (uint)Evaluate(segment.Address).I32;
        if ((ulong)address + (uint)items.Length > (ulong)table.Count)
        {
            throw new TrapException(TrapKind.OutOfBoundsTableAccess, new TrapSite(_content, TrapPlace.ElementSegment, index));
        }

        for (var i = 0; i < items.Length; i++)
        {
            table.Elements[address + i] = EvaluateReference(items[i]);
        }
    }

    private void FillMemory(int index, DataSegment segment)
    {
        var address = (uint)Evaluate(segment.Address).I32;
        if ((ulong)address + (uint)segment.Bytes.Length > (ulong)Memory.Length)
        {
            throw new TrapException(TrapKind.OutOfBoundsMemoryAccess, new TrapSite(_content, TrapPlace.DataSegment, index));
        }

        segment.Bytes.Span.CopyTo(Memory.Span(address, (uint)segment.Bytes.Length));
    }

    private External ExternalFunctionAt(int index) => FunctionAt(index);

    private Global GlobalAt(int index) => Globals[index] ??= new Global(_content.Globals[index], GlobalCells, GlobalReferences, index);
}
