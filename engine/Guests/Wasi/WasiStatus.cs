using System.Buffers.Binary;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>What is known of a file beside its bytes: kind, size, number, names and times.</summary>
internal static class WasiStatus
{
    private const int Size = 64;
    private const int SizeUnstable = 56;

    /// <summary>All files of a run are on one device; 0 would mean none to some programs.</summary>
    private const ulong Device = 1;

    /// <summary>fd_filestat_get(fd, status out): that of a stream is all zeros, it has neither size nor times.</summary>
    public static Errno OfDescriptor(GuestRun run, HostArguments arguments) => OfDescriptor(run, arguments, Size);

    public static Errno OfDescriptorUnstable(GuestRun run, HostArguments arguments) => OfDescriptor(run, arguments, SizeUnstable);

    /// <summary>path_filestat_get(fd, look-up flags, path, path size, status out).</summary>
    public static Errno OfPath(GuestRun run, HostArguments arguments) => OfPath(run, arguments, Size);

    public static Errno OfPathUnstable(GuestRun run, HostArguments arguments) => OfPath(run, arguments, SizeUnstable);

    /// <summary>fd_filestat_set_times(fd, accessed, modified, which).</summary>
    public static Errno SetTimes(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        if (descriptor.Node is not { } node)
        {
            return Errno.Invalid;
        }
        return (descriptor.Rights & Rights.SetTimes) == 0 ? Errno.NotCapable : SetTimes(run, node, arguments, first: 1);
    }

    /// <summary>path_filestat_set_times(fd, look-up flags, path, path size, accessed, modified, which).</summary>
    public static Errno SetPathTimes(GuestRun run, HostArguments arguments)
    {
        var error = WasiPaths.FindNode(run, arguments, Rights.SetPathTimes, out var node);
        return error == Errno.Success ? SetTimes(run, node!, arguments, first: 4) : error;
    }

    private static Errno OfDescriptor(GuestRun run, HostArguments arguments, int size)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        if (descriptor.Node is not null && (descriptor.Rights & Rights.GetStatus) == 0)
        {
            return Errno.NotCapable;
        }
        return Store(run, arguments.U32(1), size, descriptor.Node);
    }

    private static Errno OfPath(GuestRun run, HostArguments arguments, int size)
    {
        var error = WasiPaths.FindNode(run, arguments, Rights.GetPathStatus, out var node);
        return error == Errno.Success ? Store(run, arguments.U32(4), size, node) : error;
    }

    // Device u64, number u64 at 8, kind u8 at 16, then the count of names: u64 at 24, or u32 at 20 in wasi_unstable; then size and times.
    private static Errno Store(GuestRun run, uint pointer, int size, Node? node)
    {
        if (!run.Memory.TryWrite(pointer, (uint)size, out var status))
        {
            return Errno.Fault;
        }
        status.Clear();
        if (node is null)
        {
            return Errno.Success;
        }
        BinaryPrimitives.WriteUInt64LittleEndian(status, Device);
        BinaryPrimitives.WriteUInt64LittleEndian(status[8..], node.Number);
        status[16] = (byte)node.Kind;
        if (size == Size)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(status[24..], (ulong)node.Links);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(status[20..], (uint)node.Links);
        }
        var rest = status[(size - 32)..];
        BinaryPrimitives.WriteUInt64LittleEndian(rest, (ulong)node.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], node.Accessed);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[16..], node.Modified);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[24..], node.Changed);
        return Errno.Success;
    }

    private static Errno SetTimes(GuestRun run, Node node, HostArguments arguments, int first)
    {
        var which = (TimeFlags)arguments.U32(first + 2);
        if (
            (which & ~TimeFlags.Known) != 0
            || which.HasFlag(TimeFlags.Access | TimeFlags.AccessNow)
            || which.HasFlag(TimeFlags.Modified | TimeFlags.ModifiedNow)
        )
        {
            return Errno.Invalid;
        }
        if (node.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if ((which & (TimeFlags.Access | TimeFlags.AccessNow)) != 0)
        {
            node.Accessed = which.HasFlag(TimeFlags.Access) ? arguments.U64(first) : run.NowNanoseconds;
        }
        if ((which & (TimeFlags.Modified | TimeFlags.ModifiedNow)) != 0)
        {
            node.Modified = which.HasFlag(TimeFlags.Modified) ? arguments.U64(first + 1) : run.NowNanoseconds;
        }
        node.Changed = run.NowNanoseconds;
        return Errno.Success;
    }
}
