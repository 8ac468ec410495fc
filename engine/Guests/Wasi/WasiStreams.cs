using System.Buffers.Binary;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>The functions of WASI preview 1 on open descriptors: stdin is the input, stdout the output, stderr the log.</summary>
internal static class WasiStreams
{
    private const int BufferRecordSize = 8;
    private const int DescriptorStatusSize = 24;
    private const int FileStatusSize = 64;

    private const ulong RightRead = 1 << 1;
    private const ulong RightWrite = 1 << 6;
    private const ulong RightPoll = 1 << 27;

    /// <summary>fd_read(fd, buffers, buffer count, size out).</summary>
    public static Errno Read(GuestRun run, HostArguments arguments)
    {
        if (run.Descriptors[arguments.U32(0)] != Stream.Input)
            return Errno.BadFile;
        var error = CheckBuffers(run, arguments, out var count, out _);
        uint total = 0;
        for (uint i = 0; error == Errno.Success && i < count && run.InputLeft.Length > 0; i++)
        {
            run.Memory.TryRead(arguments.U32(1) + (i * BufferRecordSize), BufferRecordSize, out var record);
            error = FillBuffer(run, record, ref total);
        }

        return error == Errno.Success ? StoreSize(run, arguments.U32(3), total) : error;
    }

    /// <summary>fd_write(fd, buffers, buffer count, size out).</summary>
    public static Errno Write(GuestRun run, HostArguments arguments)
    {
        var stream = run.Descriptors[arguments.U32(0)];
        if (stream is not (Stream.Output or Stream.Log))
            return Errno.BadFile;
        var error = CheckBuffers(run, arguments, out var count, out var total);
        if (error != Errno.Success)
            return error;
        run.ChargeCopy(total);
        for (uint i = 0; i < count; i++)
        {
            run.Memory.TryRead(arguments.U32(1) + (i * BufferRecordSize), BufferRecordSize, out var record);
            run.Memory.TryRead(Pointer(record), Length(record), out var bytes);
            if (stream == Stream.Output)
                run.WriteOutput(bytes);
            else
                run.Log.Append(bytes);
        }

        return StoreSize(run, arguments.U32(3), (uint)total);
    }

    /// <summary>fd_fdstat_get(fd, status out): a stream of unknown kind, so that C libraries buffer their output.</summary>
    public static Errno DescriptorStatus(GuestRun run, HostArguments arguments)
    {
        var stream = run.Descriptors[arguments.U32(0)];
        if (stream == Stream.Closed)
            return Errno.BadFile;
        if (!run.Memory.TryWrite(arguments.U32(1), DescriptorStatusSize, out var status))
            return Errno.Fault;
        status.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(status[8..], RightPoll | (stream == Stream.Input ? RightRead : RightWrite));
        return Errno.Success;
    }

    /// <summary>fd_filestat_get(fd, status out): a stream without size, links or times.</summary>
    public static Errno FileStatus(GuestRun run, HostArguments arguments)
    {
        if (!run.Descriptors.IsOpen(arguments.U32(0)))
            return Errno.BadFile;
        if (!run.Memory.TryWrite(arguments.U32(1), FileStatusSize, out var status))
            return Errno.Fault;
        status.Clear();
        return Errno.Success;
    }

    public static Errno Close(GuestRun run, HostArguments arguments) => run.Descriptors.Close(arguments.U32(0));

    public static Errno Renumber(GuestRun run, HostArguments arguments) => run.Descriptors.Renumber(arguments.U32(0), arguments.U32(1));

    /// <summary>Answers every function that only a kind of file could serve that no command has.</summary>
    public static HostBody Refuse(Errno error, int descriptorIndex = 0) =>
        (run, arguments) => (long)(run.Descriptors.IsOpen(arguments.U32(descriptorIndex)) ? error : Errno.BadFile);

    private static Errno FillBuffer(GuestRun run, ReadOnlySpan<byte> record, ref uint total)
    {
        var size = (int)Math.Min(Length(record), (uint)run.InputLeft.Length);
        run.ChargeCopy(size);
        if (!run.Memory.TryWrite(Pointer(record), (uint)size, out var destination))
            return Errno.Fault;
        run.InputLeft.Span[..size].CopyTo(destination);
        run.InputLeft = run.InputLeft[size..];
        total += (uint)size;
        return Errno.Success;
    }

    // Every buffer and the place for the size are checked before the first byte moves, so a refused call has moved none.
    private static Errno CheckBuffers(GuestRun run, HostArguments arguments, out uint count, out long total)
    {
        count = arguments.U32(2);
        total = 0;
        if (count > GuestPolicy.BuffersMax)
            return Errno.Invalid;
        run.ChargeCopy(count * BufferRecordSize);
        if (!run.Memory.TryRead(arguments.U32(1), count * BufferRecordSize, out var records) || !run.Memory.Holds(arguments.U32(3), 4))
            return Errno.Fault;
        for (; records.Length > 0; records = records[BufferRecordSize..])
        {
            if (!run.Memory.Holds(Pointer(records), Length(records)))
                return Errno.Fault;
            total += Length(records);
        }

        return total <= uint.MaxValue ? Errno.Success : Errno.Invalid;
    }

    private static Errno StoreSize(GuestRun run, uint pointer, uint size) =>
        run.Memory.TryStoreU32(pointer, size) ? Errno.Success : Errno.Fault;

    private static uint Pointer(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record);

    private static uint Length(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
}
