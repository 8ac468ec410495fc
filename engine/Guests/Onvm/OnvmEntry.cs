using System.Buffers.Binary;

namespace Marketplace.Engine.Guests.Onvm;

/// <summary>
/// Calls an ONVM entry point. The input goes behind what the module declared, into pages that the host adds (or where the guest's own
/// <c>onvm_alloc</c> says), never to address 0: there it would overwrite the guest's data and give it a null pointer.
/// </summary>
internal static class OnvmEntry
{
    /// <summary>Room for a structure return before the input; sixteen bytes keep the input aligned for any type.</summary>
    private const uint ReturnSize = 16;

    /// <exception cref="GuestStop">The guest has no room for the input, or broke the calling convention.</exception>
    public static void Call(GuestShape shape, string entry, GuestRun run, Instance instance)
    {
        if (shape.Initializes)
        {
            instance.Invoke(GuestShape.InitializeExport);
        }
        var input = run.Invocation.Input;
        var place = shape.Allocates ? Allocate(run, instance, input.Length) : Grow(run, instance.Memory, input.Length);
        run.ChargeCopy(input.Length);
        var memory = new GuestMemory(instance.Memory);
        var pointer = place + ReturnSize;
        memory.TryStore(pointer, input.Span);

        var (from, size) = Call(shape.Conventions[entry], entry, instance, memory, place, pointer, (uint)input.Length);
        if (size > int.MaxValue || size > run.Invocation.Limits.OutputBytesMax)
        {
            throw GuestStop.OutputTooLarge(size, run.Invocation.Limits.OutputBytesMax);
        }
        if (!memory.TryRead(from, size, out var output))
        {
            throw GuestStop.Failed($"'{GuestNames.Show(entry)}' returned an output of {size} bytes at {from}, which leaves the memory");
        }
        run.ChargeCopy(size);
        run.Output.Append(output);
    }

    private static (uint Pointer, uint Size) Call(
        OnvmConvention convention,
        string entry,
        Instance instance,
        GuestMemory memory,
        uint place,
        uint pointer,
        uint size
    )
    {
        var (input, length) = (Value.FromI32((int)pointer), Value.FromI32((int)size));
        switch (convention)
        {
            case OnvmConvention.MultiValue:
                var pair = instance.Invoke(entry, input, length);
                return ((uint)pair[0].I32, (uint)pair[1].I32);
            case OnvmConvention.Packed:
                var packed = instance.Invoke(entry, input, length)[0].I64;
                return ((uint)(packed >> 32), (uint)packed);
            default:
                instance.Invoke(entry, Value.FromI32((int)place), input, length);
                memory.TryRead(place, 2 * sizeof(uint), out var returned);
                return (
                    BinaryPrimitives.ReadUInt32LittleEndian(returned),
                    BinaryPrimitives.ReadUInt32LittleEndian(returned[sizeof(uint)..])
                );
        }
    }

    private static uint Allocate(GuestRun run, Instance instance, int inputSize)
    {
        var size = ReturnSize + (uint)inputSize;
        var place = (uint)instance.Invoke(GuestShape.AllocateExport, Value.FromI32((int)size))[0].I32;
        return place != 0 && new GuestMemory(instance.Memory).Holds(place, size)
            ? place
            : throw GuestStop.Failed($"'{GuestShape.AllocateExport}' gave no room for {size} bytes: it returned {place}");
    }

    private static uint Grow(GuestRun run, LinearMemory memory, int inputSize)
    {
        var pages = (ReturnSize + (uint)inputSize + EnginePolicy.PageBytes - 1) / EnginePolicy.PageBytes;
        var pagesMax = run.Invocation.Limits.MemoryPagesMax;
        if (memory.Pages + pages > pagesMax)
        {
            throw new GuestStop(
                GuestOutcome.OutOfMemory,
                null,
                $"the input needs {pages} pages beyond {memory.Pages}, the limit is {pagesMax}"
            );
        }

        var before = memory.Grow(pages);
        return before >= 0
            ? (uint)before * EnginePolicy.PageBytes
            : throw GuestStop.Failed($"the input needs {pages} pages beyond {memory.Pages}, more than the program lets its memory grow");
    }
}
