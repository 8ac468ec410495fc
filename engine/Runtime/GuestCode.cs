using System.Runtime.CompilerServices;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// What compiled code calls: operands, then immediates, then the instance. The fuel is in the run during these calls. Bulk
/// instructions are checked, then charged by size, then do their work.
/// </summary>
internal static unsafe class GuestCode
{
    public static TrapException MakeTrap(TrapKind kind) => new(kind);

    public static TrapException MakeStop(Run run) => new(run.Stop);

    /// <summary>
    /// The backstop for large frames. The slot budget is reckoned so that this never fails; if it does, the engine is at
    /// fault and says so instead of taking the process down.
    /// </summary>
    public static void CheckStack() => RuntimeHelpers.EnsureSufficientExecutionStack();

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
        ((HostCallback)import.Target!)(caller, arguments, results);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Type != type.Results[i])
            {
                throw new InvalidOperationException(
                    $"A host function of type {type} gave {results[i]} as result {i}; this is a bug in the host function.");
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

    public static void MemoryFill(int to, int value, int count, Instance instance)
    {
        var memory = instance.Memory0!;
        CheckMemory(memory, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        Unsafe.InitBlockUnaligned(memory.Base + (uint)to, (byte)value, (uint)count);
    }

    public static void MemoryCopy(int to, int from, int count, Instance instance)
    {
        var memory = instance.Memory0!;
        CheckMemory(memory, (uint)from, (uint)count);
        CheckMemory(memory, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        Buffer.MemoryCopy(memory.Base + (uint)from, memory.Base + (uint)to, (uint)count, (uint)count);
    }

    public static void MemoryInit(int to, int from, int count, int segment, Instance instance)
    {
        var memory = instance.Memory0!;
        var data = instance.Data(segment).Span;
        if ((ulong)(uint)from + (uint)count > (ulong)data.Length)
        {
            Run.Trap(TrapKind.OutOfBoundsMemoryAccess);
        }

        CheckMemory(memory, (uint)to, (uint)count);
        Charge(instance, (uint)count, EnginePolicy.BulkBytesPerFuel);
        data.Slice(from, count).CopyTo(memory.Span(to, count));
    }

    public static void DataDrop(int segment, Instance instance) => instance.DropData(segment);

    /// <returns>1 where the memory holds something else; else 2, which is what a wait gives when its time is over.</returns>
    public static int AtomicWait32(nint address, int expected, long timeout, Instance instance) =>
        Wait(instance, timeout, Atomics.Load4(address) == expected);

    /// <inheritdoc cref="AtomicWait32"/>
    public static int AtomicWait64(nint address, long expected, long timeout, Instance instance) =>
        Wait(instance, timeout, Atomics.Load8(address) == expected);

    private static int Wait(Instance instance, long timeout, bool equal)
    {
        if (!instance.Memory0!.Shared)
        {
            Run.Trap(TrapKind.ExpectedSharedMemory);
        }

        if (!equal)
        {
            return 1;
        }

        if (timeout < 0)
        {
            Run.Trap(TrapKind.EndlessWait);
        }

        return 2;
    }

    public static object? TableGet(int index, int table, Instance instance)
    {
        var from = instance.Tables[table];
        CheckTable(from, (uint)index, 1);
        return from.Elements[index];
    }

    public static void TableSet(int index, object? value, int table, Instance instance)
    {
        var to = instance.Tables[table];
        CheckTable(to, (uint)index, 1);
        to.Elements[index] = value;
    }

    public static int TableSize(int table, Instance instance) => instance.Tables[table].Count;

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

    public static void TableFill(int to, object? value, int count, int table, Instance instance)
    {
        var target = instance.Tables[table];
        CheckTable(target, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        target.Elements.AsSpan(to, count).Fill(value);
    }

    public static void TableCopy(int to, int from, int count, int toTable, int fromTable, Instance instance)
    {
        var source = instance.Tables[fromTable];
        var target = instance.Tables[toTable];
        CheckTable(source, (uint)from, (uint)count);
        CheckTable(target, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        Array.Copy(source.Elements, from, target.Elements, to, count);
    }

    public static void TableInit(int to, int from, int count, int segment, int table, Instance instance)
    {
        var items = instance.Elements(segment);
        var target = instance.Tables[table];
        if ((ulong)(uint)from + (uint)count > (ulong)items.Length)
        {
            Run.Trap(TrapKind.OutOfBoundsTableAccess);
        }

        CheckTable(target, (uint)to, (uint)count);
        Charge(instance, (uint)count, 1);
        for (var i = 0; i < count; i++)
        {
            target.Elements[to + i] = instance.Evaluate(items[from + i]).Reference;
        }
    }

    public static void ElemDrop(int segment, Instance instance) => instance.DropElements(segment);

    public static object? RefFunc(int function, Instance instance) => instance.FunctionAt(function);

    public static void CheckMemory(LinearMemory memory, uint address, uint count)
    {
        if ((ulong)address + count > (ulong)memory.Length)
        {
            Run.Trap(TrapKind.OutOfBoundsMemoryAccess);
        }
    }

    public static void CheckTable(Table table, uint index, uint count)
    {
        if ((ulong)index + count > (ulong)table.Count)
        {
            Run.Trap(TrapKind.OutOfBoundsTableAccess);
        }
    }

    private static void Charge(Instance instance, uint count, int perFuel) =>
        instance.Run.ChargeFuel(((long)count + perFuel - 1) / perFuel);
}
