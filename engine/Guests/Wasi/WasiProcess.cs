using System.Text;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>The functions of WASI preview 1 that tell a command about itself: arguments, clocks, chance, and how it ends.</summary>
internal static class WasiProcess
{
    /// <summary>What a command sees as its own name: nothing of the host, and equal everywhere.</summary>
    public const string ProgramName = "program";

    /// <summary>Wall clock, monotonic clock, and the processor time of process and thread.</summary>
    public const int Clocks = 4;

    private const int ClocksWithTime = 2;

    /// <summary>args_sizes_get(count out, size out).</summary>
    public static Errno ArgumentSizes(GuestRun run, HostArguments arguments) => StoreSizes(run, arguments, run.Arguments);

    /// <summary>args_get(pointers out, text out): every argument ends with a zero byte.</summary>
    public static Errno Arguments(GuestRun run, HostArguments arguments) => StoreTexts(run, arguments, run.Arguments);

    /// <summary>environ_sizes_get(count out, size out).</summary>
    public static Errno EnvironmentSizes(GuestRun run, HostArguments arguments) => StoreSizes(run, arguments, run.Environment);

    /// <summary>environ_get(pointers out, text out): what the job gives, each <c>NAME=value</c> with a zero byte.</summary>
    public static Errno Environment(GuestRun run, HostArguments arguments) => StoreTexts(run, arguments, run.Environment);

    /// <summary>clock_res_get(clock, resolution out): clocks stand still, so the finest resolution is as true as any.</summary>
    public static Errno ClockResolution(GuestRun run, HostArguments arguments) =>
        arguments.U32(0) >= Clocks ? Errno.Invalid
        : run.Memory.TryStoreU64(arguments.U32(1), 1) ? Errno.Success
        : Errno.Fault;

    /// <summary>
    /// clock_time_get(clock, precision, time out): the job's submission for wall and monotonic clock, zero for processor time.
    /// </summary>
    public static Errno ClockTime(GuestRun run, HostArguments arguments)
    {
        var clock = arguments.U32(0);
        if (clock >= Clocks)
        {
            return Errno.Invalid;
        }
        return run.Memory.TryStoreU64(arguments.U32(2), TimeOf(run, clock)) ? Errno.Success : Errno.Fault;
    }

    public static ulong TimeOf(GuestRun run, uint clock) => clock < ClocksWithTime ? run.NowNanoseconds : 0;

    /// <summary>random_get(bytes out, size).</summary>
    public static Errno Random(GuestRun run, HostArguments arguments) =>
        run.TryFillRandom(arguments.U32(0), arguments.U32(1)) ? Errno.Success : Errno.Fault;

    /// <summary>proc_exit(code).</summary>
    public static long Exit(GuestRun run, HostArguments arguments) => throw run.Exit(arguments.I32(0));

    public static Errno Yield(GuestRun run, HostArguments arguments) => Errno.Success;

    public static Errno Raise(GuestRun run, HostArguments arguments) => Errno.NotImplemented;

    /// <summary>The arguments as a command reads them: its name first, each ended by a zero byte.</summary>
    /// <exception cref="ArgumentException">There are too many or too long ones, or one holds a zero character.</exception>
    public static IReadOnlyList<byte[]> Encode(IReadOnlyList<string> arguments) => Encode([.. arguments], ProgramName, nameof(arguments));

    /// <summary>The environment as a command reads it, in the order of its names.</summary>
    /// <exception cref="ArgumentException">There is too much, a text holds a zero character, or a name is empty or holds an equals
    /// sign.</exception>
    public static IReadOnlyList<byte[]> Encode(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.Count == 0)
        {
            return [];
        }
        foreach (var name in environment.Keys)
        {
            if (name.Length == 0 || name.Contains('='))
            {
                throw new ArgumentException($"'{GuestNames.Show(name)}' is no name of an environment variable.", nameof(environment));
            }
        }

        var sorted = environment
            .OrderBy(variable => variable.Key, StringComparer.Ordinal)
            .Select(variable => $"{variable.Key}={variable.Value}");
        return Encode([.. sorted], first: null, nameof(environment));
    }

    private static List<byte[]> Encode(string[] texts, string? first, string what)
    {
        if (texts.Length > GuestPolicy.ArgumentsMax)
        {
            throw new ArgumentException($"{texts.Length} texts, the limit is {GuestPolicy.ArgumentsMax}.", what);
        }
        List<byte[]> encoded = [];
        var size = 0L;
        foreach (var text in first is null ? texts : [first, .. texts])
        {
            if (text.Contains('\0'))
            {
                throw new ArgumentException($"'{GuestNames.Show(text)}' holds a zero character, which would end it.", what);
            }
            encoded.Add(Encoding.UTF8.GetBytes(text + '\0'));
            size += encoded[^1].Length;
        }

        return size <= GuestPolicy.ArgumentBytesMax
            ? encoded
            : throw new ArgumentException($"{size} bytes of texts with their ends, the limit is {GuestPolicy.ArgumentBytesMax}.", what);
    }

    private static Errno StoreSizes(GuestRun run, HostArguments arguments, IReadOnlyList<byte[]> texts)
    {
        var size = 0;
        foreach (var text in texts)
        {
            size += text.Length;
        }
        return run.Memory.TryStoreU32(arguments.U32(0), (uint)texts.Count) && run.Memory.TryStoreU32(arguments.U32(1), (uint)size)
            ? Errno.Success
            : Errno.Fault;
    }

    private static Errno StoreTexts(GuestRun run, HostArguments arguments, IReadOnlyList<byte[]> texts)
    {
        var (pointer, place) = (arguments.U32(0), arguments.U32(1));
        foreach (var text in texts)
        {
            run.ChargeCopy(text.Length + sizeof(uint));
            if (!run.Memory.TryStoreU32(pointer, place) || !run.Memory.TryStore(place, text))
            {
                return Errno.Fault;
            }
            pointer += sizeof(uint);
            place += (uint)text.Length;
        }

        return Errno.Success;
    }
}
