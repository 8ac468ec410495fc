using System.Buffers.Binary;

namespace Marketplace.Engine.Guests.Onvm;

/// <summary>
/// Program state in the ONVM ABI. Writes wait until the run has completed; reads see them at once. A state that cannot be read ends the run
/// as the host's fault: a code for it would let the host's health show in a result that others must be able to repeat.
/// </summary>
internal static class OnvmState
{
    private const int TooMuchWritten = -4;

    /// <summary>
    /// onvm_state_put(key, size, value, size): 0. -2 the key, -3 the value is out of bounds or too long, -4 too much written.
    /// </summary>
    public static long Put(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var key))
        {
            return OnvmImports.BadPointer;
        }
        var size = arguments.U32(3);
        if (size > GuestPolicy.StateValueBytesMax || !run.Memory.TryRead(arguments.U32(2), size, out var value))
        {
            return -3;
        }
        run.ChargeCopy(size);
        return run.State!.TryWrite(key, value, deletes: false) ? 0 : TooMuchWritten;
    }

    /// <summary>onvm_state_del(key, size): 0, also where there was no value. -4 too much written.</summary>
    public static long Delete(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var key))
        {
            return OnvmImports.BadPointer;
        }
        return run.State!.TryWrite(key, default, deletes: true) ? 0 : TooMuchWritten;
    }

    /// <summary>
    /// onvm_state_get(key, size, value out, room): the value's size, 0 where there is none. The negated size where the room is too
    /// small, -4 where the place leaves the guest's memory.
    /// </summary>
    public static long Get(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var key))
        {
            return OnvmImports.BadPointer;
        }
        if (!TryLookUp(run, key, out var value))
        {
            return 0;
        }
        if ((uint)value.Length > arguments.U32(3))
        {
            return -value.Length;
        }
        run.ChargeCopy(value.Length);
        return run.Memory.TryStore(arguments.U32(2), value.Span) ? value.Length : -4;
    }

    /// <summary>onvm_state_exists(key, size): 1 or 0.</summary>
    public static long Exists(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var key))
        {
            return OnvmImports.BadPointer;
        }
        return TryLookUp(run, key, out _) ? 1 : 0;
    }

    /// <summary>onvm_state_len(key, size): the value's size, -1 where there is none.</summary>
    public static long Length(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var key))
        {
            return OnvmImports.BadPointer;
        }
        return TryLookUp(run, key, out var value) ? value.Length : -1;
    }

    /// <summary>
    /// onvm_state_list(prefix, size, list out, room): the list's size; each key behind its size as u32, ascending. The negated size where
    /// the room is too small, -4 where the place leaves the guest's memory.
    /// </summary>
    public static long List(GuestRun run, HostArguments arguments)
    {
        if (!TryKey(run, arguments, out var prefix))
        {
            return OnvmImports.BadPointer;
        }
        run.Charge(GuestPolicy.FuelPerLookup);
        var keys = run.State!.List(prefix);
        run.Charge((long)keys.Count * GuestPolicy.FuelPerListedKey);
        var size = keys.Sum(static key => sizeof(uint) + (long)key.Length);
        if (size > arguments.U32(3) || size > int.MaxValue)
        {
            return -Math.Min(size, int.MaxValue);
        }
        run.ChargeCopy(size);
        if (!run.Memory.TryWrite(arguments.U32(2), (uint)size, out var list))
        {
            return -4;
        }
        foreach (var key in keys)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(list, (uint)key.Length);
            key.Span.CopyTo(list[sizeof(uint)..]);
            list = list[(sizeof(uint) + key.Length)..];
        }

        return size;
    }

    /// <summary>onvm_state_root(root out): 0; the root with the pending writes. -3 where the place leaves the guest's memory.</summary>
    public static long Root(GuestRun run, HostArguments arguments)
    {
        if (!run.Memory.TryWrite(arguments.U32(0), Bytes32.Size, out var root))
        {
            return -3;
        }
        run.Charge(GuestPolicy.FuelPerRoot + ((long)run.State!.WriteCount * GuestPolicy.FuelPerRootWrite));
        run.State.Root().Value.CopyTo(root);
        return 0;
    }

    private static bool TryKey(GuestRun run, HostArguments arguments, out ReadOnlySpan<byte> key)
    {
        key = default;
        var size = arguments.U32(1);
        if (size > GuestPolicy.StateKeyBytesMax || !run.Memory.TryRead(arguments.U32(0), size, out key))
        {
            return false;
        }
        run.ChargeCopy(size);
        return true;
    }

    private static bool TryLookUp(GuestRun run, ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value)
    {
        run.Charge(GuestPolicy.FuelPerLookup);
        return run.State!.TryGet(key, out value);
    }
}
