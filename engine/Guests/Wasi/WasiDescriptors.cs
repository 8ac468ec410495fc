using System.Buffers.Binary;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>What can be asked of and done to an open descriptor, beside reading and writing.</summary>
internal static class WasiDescriptors
{
    private const int StatusSize = 24;
    private const uint AdviceMax = 5;

    /// <summary>
    /// fd_fdstat_get(fd, status out): kind u8, flags u16 at 2, rights u64 at 8, rights to inherit u64 at 16. A stream is of unknown kind,
    /// so that C libraries buffer their output.
    /// </summary>
    public static Errno Status(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        if (!run.Memory.TryWrite(arguments.U32(1), StatusSize, out var status))
        {
            return Errno.Fault;
        }
        status.Clear();
        status[0] = (byte)(descriptor.Node?.Kind ?? NodeKind.Unknown);
        BinaryPrimitives.WriteUInt16LittleEndian(status[2..], (ushort)descriptor.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(status[8..], (ulong)descriptor.Rights);
        BinaryPrimitives.WriteUInt64LittleEndian(status[16..], (ulong)descriptor.Inheriting);
        return Errno.Success;
    }

    /// <summary>fd_fdstat_set_flags(fd, flags).</summary>
    public static Errno SetFlags(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        var flags = arguments.U32(1);
        if ((flags & ~(uint)DescriptorFlags.Known) != 0)
        {
            return Errno.Invalid;
        }
        if (descriptor.Node is not null && (descriptor.Rights & Rights.SetFlags) == 0)
        {
            return Errno.NotCapable;
        }
        descriptor.Flags = (DescriptorFlags)flags;
        return Errno.Success;
    }

    /// <summary>fd_fdstat_set_rights(fd, rights, rights to inherit): rights can be given up, never gained.</summary>
    public static Errno SetRights(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        var (rights, inheriting) = ((Rights)arguments.U64(1), (Rights)arguments.U64(2));
        if ((rights & ~descriptor.Rights) != 0 || (inheriting & ~descriptor.Inheriting) != 0)
        {
            return Errno.NotCapable;
        }
        (descriptor.Rights, descriptor.Inheriting) = (rights, inheriting);
        return Errno.Success;
    }

    public static Errno Close(GuestRun run, HostArguments arguments) => run.Descriptors.Close(arguments.U32(0));

    public static Errno Renumber(GuestRun run, HostArguments arguments) => run.Descriptors.Renumber(arguments.U32(0), arguments.U32(1));

    /// <summary>fd_sync(fd): everything is as durable as it gets at once.</summary>
    public static Errno Sync(GuestRun run, HostArguments arguments) => Sync(run, arguments, Rights.Sync);

    public static Errno DataSync(GuestRun run, HostArguments arguments) => Sync(run, arguments, Rights.DataSync);

    /// <summary>fd_advise(fd, offset, size, advice): checked, and of no use in memory.</summary>
    public static Errno Advise(GuestRun run, HostArguments arguments)
    {
        var error = WasiStreams.Find(run, arguments, Rights.Advise, out _);
        if (error != Errno.Success)
        {
            return error;
        }
        var (offset, size) = (arguments.I64(1), arguments.I64(2));
        return arguments.U32(3) > AdviceMax || offset < 0 || size < 0 || offset > long.MaxValue - size ? Errno.Invalid : Errno.Success;
    }

    /// <summary>fd_allocate(fd, offset, size): the file reaches at least to there.</summary>
    public static Errno Allocate(GuestRun run, HostArguments arguments)
    {
        var error = WasiStreams.Find(run, arguments, Rights.Allocate, out var file);
        if (error != Errno.Success)
        {
            return error;
        }
        var (offset, size) = (arguments.I64(1), arguments.I64(2));
        if (offset < 0 || size <= 0)
        {
            return Errno.Invalid;
        }
        if (offset > long.MaxValue - size)
        {
            return Errno.FileTooBig;
        }
        if (file!.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        return offset + size <= file.Length ? Errno.Success : run.Descriptors.Files.SetLength(file, (ulong)(offset + size));
    }

    /// <summary>fd_filestat_set_size(fd, size).</summary>
    public static Errno SetSize(GuestRun run, HostArguments arguments)
    {
        var error = WasiStreams.Find(run, arguments, Rights.SetSize, out var file);
        return error == Errno.IllegalSeek ? Errno.Invalid
            : error != Errno.Success ? error
            : run.Descriptors.Files.SetLength(file!, arguments.U64(1));
    }

    private static Errno Sync(GuestRun run, HostArguments arguments, Rights right)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var descriptor))
        {
            return Errno.BadFile;
        }
        return descriptor.Node is null ? Errno.Invalid
            : (descriptor.Rights & right) == 0 ? Errno.NotCapable
            : Errno.Success;
    }
}
