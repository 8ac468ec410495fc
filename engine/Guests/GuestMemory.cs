using System.Buffers.Binary;

namespace Marketplace.Engine.Guests;

/// <summary>
/// A guest's memory as host functions use it: pointers and lengths are unsigned and may be anything, and what does not fit is an answer,
/// not a trap, because both ABIs have error codes for it. The bytes never move, so a span stays good through a host call.
/// </summary>
internal readonly struct GuestMemory(LinearMemory memory)
{
    /// <summary>Whether the range lies in the memory. None of more than 2 GiB does: no host function could use it at once.</summary>
    public bool Holds(uint pointer, uint size) => (ulong)pointer + size <= (ulong)memory.Length && size <= int.MaxValue;

    public bool TryRead(uint pointer, uint size, out ReadOnlySpan<byte> bytes)
    {
        var held = TryWrite(pointer, size, out var writable);
        bytes = writable;
        return held;
    }

    public bool TryWrite(uint pointer, uint size, out Span<byte> bytes)
    {
        var held = Holds(pointer, size);
        bytes = held ? memory.Span(pointer, size) : default;
        return held;
    }

    public bool TryStore(uint pointer, ReadOnlySpan<byte> bytes)
    {
        if (!TryWrite(pointer, (uint)bytes.Length, out var destination))
        {
            return false;
        }
        bytes.CopyTo(destination);
        return true;
    }

    public bool TryStoreU32(uint pointer, uint value)
    {
        if (!TryWrite(pointer, sizeof(uint), out var destination))
        {
            return false;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(destination, value);
        return true;
    }

    public bool TryStoreU64(uint pointer, ulong value)
    {
        if (!TryWrite(pointer, sizeof(ulong), out var destination))
        {
            return false;
        }
        BinaryPrimitives.WriteUInt64LittleEndian(destination, value);
        return true;
    }
}
