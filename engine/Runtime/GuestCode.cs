using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Marketplace.Engine.Interpret;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// What compiled code calls: operands, then immediates, then the calling function where it may trap, then the instance. The fuel is
/// in the run during these calls. Bulk instructions are checked, then charged by size, then do their work, in pieces that a limit can end.
/// </summary>
internal static unsafe class GuestCode
{
    /// <summary>
    /// Of everything that takes a length: where the machine-code compiler sees a constant one, it describes the block in a byte for each
    /// eight of it, written or not, so that a few instructions of a guest would take gigabytes to compile.
    /// </summary>
    private const MethodImplOptions Apart = MethodImplOptions.NoInlining;

    public static TrapException MakeTrap(TrapKind kind, int function, Instance instance) =>
        new(kind, new TrapSite(instance.Module.Content, TrapPlace.Function, function));

    public static TrapException MakeStop(Run run) => new(run.Stop);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Trap(TrapKind kind, int function, Instance instance) => throw MakeTrap(kind, function, instance);

    /// <summary>
    /// The slot budget is reckoned so that a guest never uses up its thread's stack. Should it all the same, on a runtime that makes larger
    /// frames, the engine is at fault and says so instead of taking the process down.
    /// </summary>
    public static Exception MakeStackFault() =>
        new InsufficientExecutionStackException(
            $"A guest used more than {EnginePolicy.FrameBytesPerSlotMax} bytes of stack for each slot of its budget; this is a bug in "
                + "the engine."
        );

    /// <summary>Before a large frame is made: the slots must suffice for it, and the thread's stack be what they promise.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void EnterLargeFrame(int stackSlots, int frameSlots, int function, Instance instance)
    {
        if (stackSlots < frameSlots)
        {
            Trap(TrapKind.CallStackExhausted, function, instance);
        }

        if ((nuint)(&stackSlots) < instance.StackLimit)
        {
            throw MakeStackFault();
        }
    }

    /// <summary>A call of a function without code: the instance knows which. Has it made, on another thread.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nint ResolveCall(Instance instance) => instance.CodeOf(instance.Callee);

    /// <summary>As <see cref="ResolveCall"/>, of a type that the interpreter knows.</summary>
    /// <returns>0 where the function is to be interpreted.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nint ResolveOrInterpret(Instance instance)
    {
        var (stack, callee) = (instance.Stack, instance.Callee);
        if (stack.Depth < EnginePolicy.InterpretersMax && InterpreterCalls.Interpreted(instance, callee) is { } function)
        {
            stack.Entered = function;
            return 0;
        }

        return instance.CodeOf(callee);
    }

    /// <summary>Where the arguments go of the function that is to be interpreted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nint InterpretedCells(Instance instance) => (nint)Interpreter.CellsFor(instance, instance.Stack.Entered!);

    /// <summary>Interprets the function.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Interpret(nint cells, Instance instance, int stackSlots) =>
        Interpreter.EnterFromCode(instance, (long*)cells, stackSlots);

    public static void CheckFuel(Run run)
    {
        if (run.Fuel < 0)
        {
            run.Refill();
        }
    }

    /// <summary>The slow way into a host function, for types that no Func or Action has.</summary>
    public static void CallHost(Cell[] cells, object?[] references, ImportedFunction import, Instance caller)
    {
        var type = import.Type;
        var arguments = new Value[type.Parameters.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Value.FromCell(type.Parameters[i], cells[i], references[i]);
        }

        var results = new Value[type.Results.Length];
        try
        {
            ((HostCallback)import.Target!)(caller, arguments, results);
        }
        catch (TrapException trap) when (trap.Site is null)
        {
            throw MakeTrap(trap.Kind, Array.IndexOf(caller.ImportedFunctions, import), caller);
        }

        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Type != type.Results[i])
            {
                throw new InvalidOperationException(
                    $"A host function of type {type} gave {results[i]} as result {i}; this is a bug in the host function."
                );
            }

            cells[i] = results[i].ToCell();
            references[i] = results[i].Reference;
        }
    }

    public static int MemorySize(Instance instance) => instance.Memory0!.Pages;

    public static int MemoryGrow(int pages, Instance instance)
    {
        var before = instance.Memory0!.Grow((uint)pages);
        if (before < 0)
        {
            instance.Run.MemoryRefused = true;
        }

        return before;
    }

    [MethodImpl(Apart)]
    public static void MemoryFill(int to, int value, int count, int function, Instance instance)
    {
        var memory = instance.Memory0!;
        CheckMemory(memory, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        BulkPieces.Fill(memory.Base + (uint)to, (byte)value, (uint)count, instance.Run);
    }

    [MethodImpl(Apart)]
    public static void MemoryCopy(int to, int from, int count, int function, Instance instance)
    {
        var memory = instance.Memory0!;
        CheckMemory(memory, function, instance, (uint)from, (uint)count);
        CheckMemory(memory, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        BulkPieces.Copy(memory.Base + (uint)from, memory.Base + (uint)to, (uint)count, instance.Run);
    }

    [MethodImpl(Apart)]
    public static void MemoryInit(int to, int from, int count, int segment, int function, Instance instance)
    {
        var memory = instance.Memory0!;
        var data = instance.Data(segment).Span;
        if ((ulong)(uint)from + (uint)count > (ulong)data.Length)
        {
            Trap(TrapKind.OutOfBoundsMemoryAccess, function, instance);
        }

        CheckMemory(memory, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        fixed (byte* bytes = data)
        {
            BulkPieces.Copy(bytes + from, memory.Base + (uint)to, (uint)count, instance.Run);
        }
    }

    public static void DataDrop(int segment, Instance instance) => instance.DropData(segment);

    /// <returns>1 where the memory holds something else; else 2, which is what a wait gives when its time is over.</returns>
    public static int AtomicWait32(nint address, int expected, long timeout, int function, Instance instance) =>
        Wait(function, instance, timeout, Atomics.Load4(address) == expected);

    /// <inheritdoc cref="AtomicWait32"/>
    public static int AtomicWait64(nint address, long expected, long timeout, int function, Instance instance) =>
        Wait(function, instance, timeout, Atomics.Load8(address) == expected);

    private static int Wait(int function, Instance instance, long timeout, bool equal)
    {
        if (!instance.Memory0!.Shared)
        {
            Trap(TrapKind.ExpectedSharedMemory, function, instance);
        }

        if (!equal)
        {
            return 1;
        }

        if (timeout < 0)
        {
            Trap(TrapKind.EndlessWait, function, instance);
        }

        return 2;
    }

    public static object? TableGet(int index, int table, int function, Instance instance)
    {
        var from = instance.Tables[table];
        CheckTable(from, function, instance, (uint)index, 1);
        return from.Elements[index];
    }

    public static void TableSet(int index, object? value, int table, int function, Instance instance)
    {
        var to = instance.Tables[table];
        CheckTable(to, function, instance, (uint)index, 1);
        to.Elements[index] = value;
    }

    public static int TableSize(int table, Instance instance) => instance.Tables[table].Count;

    [MethodImpl(Apart)]
    public static int TableGrow(object? value, int delta, int table, Instance instance)
    {
        var grown = instance.Tables[table];
        if (!grown.CanGrow((uint)delta))
        {
            return -1;
        }

        Charge(instance, (uint)delta, 1);
        return grown.Grow((uint)delta, value);
    }

    [MethodImpl(Apart)]
    public static void TableFill(int to, object? value, int count, int table, int function, Instance instance)
    {
        var target = instance.Tables[table];
        CheckTable(target, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        BulkPieces.Fill(target.Elements.AsSpan(to, count), value, instance.Run);
    }

    [MethodImpl(Apart)]
    public static void TableCopy(int to, int from, int count, int toTable, int fromTable, int function, Instance instance)
    {
        var source = instance.Tables[fromTable];
        var target = instance.Tables[toTable];
        CheckTable(source, function, instance, (uint)from, (uint)count);
        CheckTable(target, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        BulkPieces.Copy(source.Elements.AsSpan(from, count), target.Elements.AsSpan(to, count), instance.Run);
    }

    [MethodImpl(Apart)]
    public static void TableInit(int to, int from, int count, int segment, int table, int function, Instance instance)
    {
        var items = instance.Elements(segment);
        var target = instance.Tables[table];
        if ((ulong)(uint)from + (uint)count > (ulong)items.Length)
        {
            Trap(TrapKind.OutOfBoundsTableAccess, function, instance);
        }

        CheckTable(target, function, instance, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        for (var i = 0; i < count; i++)
        {
            target.Elements[to + i] = instance.EvaluateReference(items[from + i]);
            if (i % BulkPieces.PieceElements == BulkPieces.PieceElements - 1)
            {
                instance.Run.ThrowIfStopped();
            }
        }
    }

    public static void ElemDrop(int segment, Instance instance) => instance.DropElements(segment);

    /// <summary>
    /// Where an indirect call does not find the signature it expects: the function's code is not known yet, or it is of another type.
    /// </summary>
    public static void ResolveFunction(Function callee, long signature, int function, Instance instance)
    {
        if (callee.Signature.Bits != signature)
        {
            Trap(TrapKind.IndirectCallTypeMismatch, function, instance);
        }

        callee.Context.Find(callee);
    }

    public static object? RefFunc(int function, Instance instance) => instance.FunctionAt(function);

    private static void CheckMemory(LinearMemory memory, int function, Instance instance, uint address, uint count)
    {
        if ((ulong)address + count > (ulong)memory.Length)
        {
            Trap(TrapKind.OutOfBoundsMemoryAccess, function, instance);
        }
    }

    private static void CheckTable(Table table, int function, Instance instance, uint index, uint count)
    {
        if ((ulong)index + count > (ulong)table.Count)
        {
            Trap(TrapKind.OutOfBoundsTableAccess, function, instance);
        }
    }

    private static void Charge(Instance instance, uint count, int perFuel) =>
        instance.Run.ChargeFuel(((long)count + perFuel - 1) / perFuel);
}
