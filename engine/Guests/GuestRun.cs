using System.Text.Unicode;
using Marketplace.Engine.Guests.Wasi;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests;

/// <summary>What the host functions of one run share. It is the instance's host state, used by one thread.</summary>
internal sealed class GuestRun
{
    private const int RandomSliceBytes = 64 << 10;
    private const int TextSliceBytes = 1 << 20;

    private readonly Run _run;
    private readonly GuestAbi _abi;
    private Instance? _caller;
    private GuestRandom? _random;

    public GuestRun(GuestAbi abi, GuestInvocation invocation, Run run)
    {
        _abi = abi;
        _run = run;
        Invocation = invocation;
        Output = new GuestOutput(invocation.Limits.OutputBytesMax);
        Log = new GuestLog(invocation.Limits.LogBytesMax);
        Arguments = WasiProcess.Encode(invocation.Arguments);
        Environment = WasiProcess.Encode(invocation.Environment);
        Descriptors = new Descriptors(() => new FileTree(this, invocation.Files));
        InputLeft = abi == GuestAbi.WasiCommand ? invocation.Input : default;
        State = invocation.State is null ? null : new StateBuffer(invocation.State);
        NowNanoseconds = Nanoseconds(invocation.Now);
    }

    public GuestInvocation Invocation { get; }

    public GuestOutput Output { get; }

    public GuestLog Log { get; }

    public Descriptors Descriptors { get; }

    /// <summary>A command's arguments as its memory gets them, its name first.</summary>
    public IReadOnlyList<byte[]> Arguments { get; }

    /// <summary>Its environment likewise.</summary>
    public IReadOnlyList<byte[]> Environment { get; }

    /// <summary>
    /// What a command has not read of its input yet; an ONVM program gets its input as an argument and reads nothing here.
    /// </summary>
    public ReadOnlyMemory<byte> InputLeft { get; set; }

    /// <summary>Program state; null where the invocation brought none, and then no function that needs it is imported.</summary>
    public StateBuffer? State { get; }

    public IGuestBlobs? Blobs => Invocation.Blobs;

    public ulong NowNanoseconds { get; }

    public GuestMemory Memory => new(_caller!.Memory);

    /// <exception cref="ArgumentException">The invocation holds what no guest can be given.</exception>
    public static void Check(GuestInvocation invocation)
    {
        WasiProcess.Encode(invocation.Arguments);
        WasiProcess.Encode(invocation.Environment);
        FileTree.Check(invocation.Files);
        Nanoseconds(invocation.Now);
        ArgumentOutOfRangeException.ThrowIfNegative(invocation.Limits.OutputBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(invocation.Limits.LogBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(invocation.Limits.FuelMax);
        ArgumentOutOfRangeException.ThrowIfNegative(invocation.Limits.MemoryPagesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(invocation.Limits.MemoryPagesMax, EnginePolicy.MemoryPagesMax);
    }

    /// <summary>Enters a host call: remembers whose memory it is about and charges the call.</summary>
    public void Enter(Instance caller)
    {
        _caller = caller;
        _run.ChargeFuel(GuestPolicy.FuelPerCall);
    }

    public void Charge(long fuel) => _run.ChargeFuel(fuel);

    public void ChargeCopy(long bytes) => _run.ChargeFuel((bytes + GuestPolicy.BytesPerCopyFuel - 1) / GuestPolicy.BytesPerCopyFuel);

    /// <summary>Whether the bytes are UTF-8, looked at in slices that a limit can end.</summary>
    public bool IsUtf8(ReadOnlySpan<byte> text)
    {
        while (text.Length > TextSliceBytes)
        {
            // A slice ends before the first byte of a character; of the bytes that follow one there are at most three.
            var end = TextSliceBytes;
            while (end > TextSliceBytes - 4 && (text[end] & 0xC0) == 0x80)
            {
                end--;
            }
            if (!Utf8.IsValid(text[..end]))
            {
                return false;
            }
            text = text[end..];
            _run.ThrowIfStopped();
        }

        return Utf8.IsValid(text);
    }

    /// <summary>stdout: the output of a command. An ONVM program returns its output, so what it prints is log.</summary>
    public void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        if (_abi == GuestAbi.WasiCommand)
        {
            Output.Append(bytes);
        }
        else
        {
            Log.Append(bytes);
        }
    }

    /// <summary>The end that an exit means: an ONVM program that exits has returned no output, whatever its code says.</summary>
    public GuestStop Exit(int code)
    {
        if (_abi == GuestAbi.Onvm)
        {
            return new GuestStop(GuestOutcome.Failed, code, $"the program exited with code {code} before it returned its output");
        }
        return code == 0
            ? new GuestStop(GuestOutcome.Completed, 0, null)
            : new GuestStop(GuestOutcome.Failed, code, $"the program exited with code {code}");
    }

    /// <returns>False where the range leaves the guest's memory; then nothing was drawn.</returns>
    public bool TryFillRandom(uint pointer, uint size)
    {
        if (!Memory.TryWrite(pointer, size, out var destination))
        {
            return false;
        }
        _random ??= new GuestRandom(Invocation.Seed);
        for (; destination.Length > 0; destination = destination[Math.Min(RandomSliceBytes, destination.Length)..])
        {
            var slice = destination[..Math.Min(RandomSliceBytes, destination.Length)];
            Charge((long)slice.Length * GuestPolicy.FuelPerRandomByte);
            _random.Fill(slice);
        }

        return true;
    }

    /// <summary>
    /// The run's result. Output comes with an outcome that the program chose itself, state writes only with success: half an output next to
    /// a trap could be taken for an answer, and where time or a person stopped the guest it would differ from run to run.
    /// </summary>
    public GuestResult Result(GuestEnd end)
    {
        IReadOnlyList<GuestFile> files = [];
        if (end.Outcome is GuestOutcome.Completed or GuestOutcome.Failed)
        {
            end = CollectFiles(end, out files);
        }
        var completed = end.Outcome == GuestOutcome.Completed;
        return new GuestResult
        {
            Outcome = end.Outcome,
            Reason = end.Reason,
            ExitCode = end.ExitCode,
            FuelUsed = _run.FuelUsed,
            Output = completed || end.Outcome == GuestOutcome.Failed ? Output.Written : default,
            Files = files,
            Log = Log.Written,
            StateWrites = completed && State is not null ? State.Writes() : [],
        };
    }

    private GuestEnd CollectFiles(GuestEnd end, out IReadOnlyList<GuestFile> files)
    {
        try
        {
            files = Descriptors.FilesIfUsed?.Outputs() ?? [];
            return end;
        }
        catch (GuestStop stop)
        {
            files = [];
            return new GuestEnd(stop.Outcome, stop.Reason, stop.ExitCode);
        }
    }

    private static ulong Nanoseconds(DateTimeOffset now)
    {
        const long NanosecondsPerTick = 100;
        var ticks = now.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        if (ticks < 0 || (ulong)ticks > ulong.MaxValue / NanosecondsPerTick)
        {
            throw new ArgumentException($"{now:O} is not between 1970 and 2554, so WASI has no number for it.", nameof(now));
        }
        return (ulong)ticks * NanosecondsPerTick;
    }
}
