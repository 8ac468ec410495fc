using System.Buffers.Binary;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>Reading and writing. stdin is the input, stdout the output, stderr the log; everything else is a file.</summary>
internal static class WasiStreams
{
    private const int BufferRecordSize = 8;

    /// <summary>fd_read(fd, buffers, buffer count, size out).</summary>
    public static Errno Read(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var from))
        {
            return Errno.BadFile;
        }
        if (from.Stream != Stream.None)
        {
            return ReadInput(run, from, arguments);
        }
        var error = CheckFile(from, Rights.Read, out var file);
        if (error == Errno.Success)
        {
            error = CheckBuffers(run, arguments, sizeOut: 3, out _);
        }
        if (error != Errno.Success)
        {
            return error;
        }
        var size = FillBuffers(run, arguments, file!, from.Position);
        from.Position += size;
        return StoreSize(run, arguments.U32(3), size);
    }

    /// <summary>fd_pread(fd, buffers, buffer count, offset, size out).</summary>
    public static Errno ReadAt(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments, Rights.Read | Rights.Seek, out var file);
        if (error == Errno.Success)
        {
            error = CheckBuffers(run, arguments, sizeOut: 4, out _);
        }
        if (error != Errno.Success)
        {
            return error;
        }
        return arguments.I64(3) < 0
            ? Errno.Invalid
            : StoreSize(run, arguments.U32(4), FillBuffers(run, arguments, file!, arguments.U64(3)));
    }

    /// <summary>fd_write(fd, buffers, buffer count, size out).</summary>
    public static Errno Write(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.TryGet(arguments.U32(0), out var to))
        {
            return Errno.BadFile;
        }
        if (to.Stream != Stream.None)
        {
            return WriteStream(run, to, arguments);
        }
        var error = CheckFile(to, Rights.Write, out var file);
        long size = 0;
        if (error == Errno.Success)
        {
            error = CheckBuffers(run, arguments, sizeOut: 3, out size);
        }
        if (error != Errno.Success)
        {
            return error;
        }
        var offset = (to.Flags & DescriptorFlags.Append) != 0 ? (ulong)file!.Length : to.Position;
        error = DrainBuffers(run, arguments, file!, offset, size);
        if (error != Errno.Success)
        {
            return error;
        }
        to.Position = offset + (ulong)size;
        return StoreSize(run, arguments.U32(3), (uint)size);
    }

    /// <summary>fd_pwrite(fd, buffers, buffer count, offset, size out). The offset counts also where the descriptor appends.</summary>
    public static Errno WriteAt(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments, Rights.Write | Rights.Seek, out var file);
        long size = 0;
        if (error == Errno.Success)
        {
            error = CheckBuffers(run, arguments, sizeOut: 4, out size);
        }
        if (error == Errno.Success)
        {
            error = arguments.I64(3) < 0 ? Errno.Invalid : DrainBuffers(run, arguments, file!, arguments.U64(3), size);
        }
        return error == Errno.Success ? StoreSize(run, arguments.U32(4), (uint)size) : error;
    }

    /// <summary>fd_seek(fd, offset, whence, position out): 0 counts from the start, 1 from here, 2 from the end.</summary>
    public static Errno Seek(GuestRun run, HostArguments arguments) => Seek(run, arguments, arguments.U32(2));

    /// <summary>fd_seek of <c>wasi_unstable</c>: 0 counts from here, 1 from the end, 2 from the start.</summary>
    public static Errno SeekUnstable(GuestRun run, HostArguments arguments)
    {
        var whence = arguments.U32(2);
        return Seek(run, arguments, whence <= 2 ? (whence + 1) % 3 : whence);
    }

    /// <summary>fd_tell(fd, position out).</summary>
    public static Errno Tell(GuestRun run, HostArguments arguments)
    {
        var error = Find(run, arguments, Rights.Tell, out _, out var descriptor);
        return error != Errno.Success ? error
            : run.Memory.TryStoreU64(arguments.U32(1), descriptor!.Position) ? Errno.Success
            : Errno.Fault;
    }

    /// <summary>
    /// The file of a descriptor that has the rights; streams answer that they have no position, directories what they are.
    /// </summary>
    public static Errno Find(GuestRun run, HostArguments arguments, Rights rights, out FileNode? file) =>
        Find(run, arguments, rights, out file, out _);

    private static Errno Find(GuestRun run, HostArguments arguments, Rights rights, out FileNode? file, out Descriptor? descriptor)
    {
        file = null;
        if (!run.Descriptors.TryGet(arguments.U32(0), out descriptor))
        {
            return Errno.BadFile;
        }
        return descriptor.Stream != Stream.None ? Errno.IllegalSeek : CheckFile(descriptor, rights, out file);
    }

    private static Errno CheckFile(Descriptor descriptor, Rights rights, out FileNode? file)
    {
        file = descriptor.Node as FileNode;
        return file is null ? Errno.IsDirectory
            : (descriptor.Rights & rights) == rights ? Errno.Success
            : Errno.NotCapable;
    }

    private static Errno Seek(GuestRun run, HostArguments arguments, uint whence)
    {
        var offset = arguments.I64(1);

        // Asking where one is does not move anything.
        var rights = offset == 0 && whence == 1 ? Rights.Tell : Rights.Seek | Rights.Tell;
        var error = Find(run, arguments, rights, out var file, out var descriptor);
        if (error != Errno.Success)
        {
            return error;
        }
        if (whence > 2)
        {
            return Errno.Invalid;
        }
        if (!run.Memory.Holds(arguments.U32(3), sizeof(ulong)))
        {
            return Errno.Fault;
        }
        var from =
            whence == 0 ? 0
            : whence == 1 ? (Int128)descriptor!.Position
            : file!.Length;
        var position = from + offset;
        if (position < 0 || position > long.MaxValue)
        {
            return Errno.Invalid;
        }
        descriptor!.Position = (ulong)position;
        run.Memory.TryStoreU64(arguments.U32(3), (ulong)position);
        return Errno.Success;
    }

    private static Errno ReadInput(GuestRun run, Descriptor from, HostArguments arguments)
    {
        if (from.Stream != Stream.Input)
        {
            return Errno.BadFile;
        }
        if ((from.Rights & Rights.Read) == 0)
        {
            return Errno.NotCapable;
        }
        var error = CheckBuffers(run, arguments, sizeOut: 3, out _);
        if (error != Errno.Success)
        {
            return error;
        }
        uint total = 0;
        for (uint i = 0; i < arguments.U32(2) && run.InputLeft.Length > 0; i++)
        {
            var buffer = BufferAt(run, arguments, i);
            var size = Math.Min(buffer.Length, run.InputLeft.Length);
            run.ChargeCopy(size);
            run.InputLeft.Span[..size].CopyTo(buffer);
            run.InputLeft = run.InputLeft[size..];
            total += (uint)size;
        }

        return StoreSize(run, arguments.U32(3), total);
    }

    private static Errno WriteStream(GuestRun run, Descriptor to, HostArguments arguments)
    {
        if (to.Stream == Stream.Input)
        {
            return Errno.BadFile;
        }
        if ((to.Rights & Rights.Write) == 0)
        {
            return Errno.NotCapable;
        }
        var error = CheckBuffers(run, arguments, sizeOut: 3, out var size);
        if (error != Errno.Success)
        {
            return error;
        }
        run.ChargeCopy(size);
        for (uint i = 0; i < arguments.U32(2); i++)
        {
            var bytes = BufferAt(run, arguments, i);
            if (to.Stream == Stream.Output)
            {
                run.WriteOutput(bytes);
            }
            else
            {
                run.Log.Append(bytes);
            }
        }

        return StoreSize(run, arguments.U32(3), (uint)size);
    }

    private static uint FillBuffers(GuestRun run, HostArguments arguments, FileNode file, ulong offset)
    {
        uint total = 0;
        for (uint i = 0; i < arguments.U32(2) && offset < (ulong)file.Length; i++)
        {
            var buffer = BufferAt(run, arguments, i);
            var size = (int)Math.Min((ulong)buffer.Length, (ulong)file.Length - offset);
            run.ChargeCopy(size);
            file.Read((long)offset, buffer[..size]);
            offset += (ulong)size;
            total += (uint)size;
        }

        return total;
    }

    private static Errno DrainBuffers(GuestRun run, HostArguments arguments, FileNode file, ulong offset, long size)
    {
        run.ChargeCopy(size);
        var error = run.Descriptors.Files.MakeRoom(file, offset, size);
        for (uint i = 0; error == Errno.Success && i < arguments.U32(2); i++)
        {
            var bytes = BufferAt(run, arguments, i);
            file.Write((long)offset, bytes);
            offset += (ulong)bytes.Length;
        }

        return error;
    }

    // Every buffer and the place for the size are checked before the first byte moves, so a refused call has moved none.
    private static Errno CheckBuffers(GuestRun run, HostArguments arguments, int sizeOut, out long total)
    {
        var count = arguments.U32(2);
        total = 0;
        if (count > GuestPolicy.BuffersMax)
        {
            return Errno.Invalid;
        }
        run.ChargeCopy(count * BufferRecordSize);
        if (
            !run.Memory.TryRead(arguments.U32(1), count * BufferRecordSize, out var records)
            || !run.Memory.Holds(arguments.U32(sizeOut), sizeof(uint))
        )
        {
            return Errno.Fault;
        }
        for (; records.Length > 0; records = records[BufferRecordSize..])
        {
            if (!run.Memory.Holds(Pointer(records), Length(records)))
            {
                return Errno.Fault;
            }
            total += Length(records);
        }

        return total <= uint.MaxValue ? Errno.Success : Errno.Invalid;
    }

    // Looked up at its turn: what was read before may have gone over the list itself, so the range is checked again.
    private static Span<byte> BufferAt(GuestRun run, HostArguments arguments, uint index)
    {
        run.Memory.TryRead(arguments.U32(1) + (index * BufferRecordSize), BufferRecordSize, out var record);
        return run.Memory.TryWrite(Pointer(record), Length(record), out var buffer) ? buffer : default;
    }

    private static Errno StoreSize(GuestRun run, uint pointer, uint size) =>
        run.Memory.TryStoreU32(pointer, size) ? Errno.Success : Errno.Fault;

    private static uint Pointer(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record);

    private static uint Length(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
}
