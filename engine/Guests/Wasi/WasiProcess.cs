using System.Text;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>The functions of WASI preview 1 that tell a command about itself: arguments, clocks, chance, and how it ends.</summary>
internal static class WasiProcess
{
    /// <summary>What a command sees as its own name: nothing of the host, and equal everywhere.</summary>
    public const string ProgramName = "program";

    private const int ClocksWithTime = 2;
    private const int Clocks = 4;

    /// <summary>args_sizes_get(count out, size out).</summary>
    public static Errno ArgumentSizes(GuestRun run, HostArguments arguments)
    {
        var size = 0;
        foreach (var argument in run.Arguments)
            size += argument.Length;
        return StorePair(run, arguments, (uint)run.Arguments.Count, (uint)size);
    }

    /// <summary>args_get(pointers out, text out): every argument ends with a zero byte.</summary>
    public static Errno Arguments(GuestRun run, HostArguments arguments)
    {
        var (pointer, text) = (arguments.U32(0), arguments.U32(1));
        foreach (var argument in run.Arguments)
        {
            run.ChargeCopy(argument.Length + sizeof(uint));
            if (!run.Memory.TryStoreU32(pointer, text) || !run.Memory.TryWrite(text, (uint)argument.Length, out var destination))
                return Errno.Fault;
            argument.CopyTo(destination);
            pointer += sizeof(uint);
            text += (uint)argument.Length;
        }

        return Errno.Success;
    }

    /// <summary>environ_sizes_get(count out, size out): a guest has no environment.</summary>
    public static Errno EnvironmentSizes(GuestRun run, HostArguments arguments) => StorePair(run, arguments, 0, 0);

    public static Errno Environment(GuestRun run, HostArguments arguments) => Errno.Success;

    /// <summary>clock_res_get(clock, resolution out): clocks stand still, so the finest resolution is as true as any.</summary>
    public static Errno ClockResolution(GuestRun run, HostArguments arguments) =>
        arguments.U32(0) >= Clocks ? Errno.Invalid : run.Memory.TryStoreU64(arguments.U32(1), 1) ? Errno.Success : Errno.Fault;

    /// <summary>
    /// clock_time_get(clock, precision, time out): the job's submission for wall and monotonic clock, zero for processor time.
    /// </summary>
    public static Errno ClockTime(GuestRun run, HostArguments arguments)
    {
        var clock = arguments.U32(0);
        if (clock >= Clocks)
            return Errno.Invalid;
        return run.Memory.TryStoreU64(arguments.U32(2), clock < ClocksWithTime ? run.NowNanoseconds : 0) ? Errno.Success : Errno.Fault;
    }

    /// <summary>random_get(bytes out, size).</summary>
    public static Errno Random(GuestRun run, HostArguments arguments) =>
        run.TryFillRandom(arguments.U32(0), arguments.U32(1)) ? Errno.Success : Errno.Fault;

    /// <summary>proc_exit(code).</summary>
    public static long Exit(GuestRun run, HostArguments arguments) => throw run.Exit(arguments.I32(0));

    public static Errno Yield(GuestRun run, HostArguments arguments) => Errno.Success;

    public static Errno Raise(GuestRun run, HostArguments arguments) => Errno.NotImplemented;

    /// <summary>The arguments as a command reads them: its name first, each ended by a zero byte.</summary>
    /// <exception cref="ArgumentException">There are too many or too long ones, or one holds a zero character.</exception>
    public static IReadOnlyList<byte[]> Encode(IReadOnlyList<string> arguments)
    {
        if (arguments.Count > GuestPolicy.ArgumentsMax)
            throw new ArgumentException($"There are {arguments.Count} arguments of {GuestPolicy.ArgumentsMax}.", nameof(arguments));
        List<byte[]> encoded = [Encode(ProgramName)];
        var size = 0L;
        foreach (var argument in arguments)
        {
            if (argument.Contains('\0'))
                throw new ArgumentException($"Argument {encoded.Count} holds a zero character, which would end it.", nameof(arguments));
            encoded.Add(Encode(argument));
            size += encoded[^1].Length;
        }

        if (size > GuestPolicy.ArgumentBytesMax)
            throw new ArgumentException($"The arguments have {size} bytes of {GuestPolicy.ArgumentBytesMax}.", nameof(arguments));
        return encoded;
    }

    private static byte[] Encode(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static Errno StorePair(GuestRun run, HostArguments arguments, uint first, uint second) =>
        run.Memory.TryStoreU32(arguments.U32(0), first) && run.Memory.TryStoreU32(arguments.U32(1), second) ? Errno.Success : Errno.Fault;
}
