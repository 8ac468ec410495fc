using Marketplace.Engine.Guests.Onvm;

namespace Marketplace.Engine.Guests;

/// <summary>
/// A module that is a program: validated, checked against the guest ABIs and compiled. Thread-safe and meant to be cached: any number of
/// runs may go on at once, each in an instance of its own.
/// </summary>
public sealed class GuestProgram : IDisposable
{
    private static readonly Lazy<GuestThreads> SharedThreads = new(() => new GuestThreads(GuestPolicy.SharedThreads));

    private readonly GuestShape _shape;
    private readonly TimeProvider _clock;
    private CompiledModule? _compiled;

    private GuestProgram(GuestShape shape, CompiledModule compiled, TimeProvider clock)
    {
        _shape = shape;
        _compiled = compiled;
        _clock = clock;
    }

    public GuestInfo Info => _shape.Info;

    /// <summary>Functions that were wanted so far.</summary>
    internal int EmittedFunctions => _compiled?.EmittedFunctions ?? 0;

    /// <inheritdoc cref="CompiledModule.MemoryBytes"/>
    public long MemoryBytes => _compiled?.MemoryBytes ?? 0;

    /// <summary>
    /// Decodes, validates and checks the ABI: time linear in the module's size, and nothing of the guest runs. Functions are compiled
    /// when they are first called.
    /// </summary>
    /// <param name="module">Must not change as long as the program is in use.</param>
    /// <param name="clock">Measures <see cref="GuestLimits.TimeMax"/>; null: the system's.</param>
    /// <exception cref="InvalidModuleException">The only one, whatever the bytes; it says why and where.</exception>
    public static GuestProgram Load(ReadOnlyMemory<byte> module, TimeProvider? clock = null)
    {
        var decoded = Decode(module, EngineLimits.Default);
        var shape = GuestShape.Of(decoded, module.Span);
        return new GuestProgram(shape, CompiledModule.Compile(decoded), clock ?? TimeProvider.System);
    }

    /// <summary>
    /// Runs the program once. Blocks; on a thread of <see cref="GuestThreads"/> the guest runs right here, else on a thread that all
    /// programs share.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The invocation lacks something that the program's imports need, or holds what no guest can be given.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The program was disposed of before the run began.</exception>
    /// <remarks>
    /// What <see cref="GuestInvocation.State"/> or <see cref="GuestInvocation.Blobs"/> throw ends the run and comes out unchanged.
    /// </remarks>
    public GuestResult Run(GuestInvocation invocation)
    {
        var body = Prepare(invocation);
        return GuestThreads.IsCurrent ? body() : SharedThreads.Value.Run(body).GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Run"/>
    public Task<GuestResult> RunAsync(GuestInvocation invocation) => SharedThreads.Value.Run(Prepare(invocation));

    /// <summary>
    /// Makes the machine code of all functions now, so that the next runs interpret nothing. On a thread of <see cref="GuestThreads"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled between two functions.</exception>
    public void CompileAll(CancellationToken cancellation)
    {
        var compiled = _compiled;
        ObjectDisposedException.ThrowIf(compiled is null, this);
        compiled.Prepare(cancellation);
    }

    /// <summary>Lets the compiled code go as soon as the last run that began before has ended.</summary>
    public void Dispose() => _compiled = null;

    /// <summary>Decodes; the refusal of a file that is no module at all says what it is.</summary>
    internal static WasmModule Decode(ReadOnlyMemory<byte> module, EngineLimits limits)
    {
        try
        {
            return WasmModule.Decode(module, limits);
        }
        catch (InvalidModuleException refusal) when (ModuleOrigins.OfFile(module.Span) is { } origin)
        {
            throw origin.Explain(refusal);
        }
    }

    private Func<GuestResult> Prepare(GuestInvocation invocation)
    {
        var compiled = _compiled;
        ObjectDisposedException.ThrowIf(compiled is null, this);
        if ((_shape.Needs & HostNeeds.State) != 0 && invocation.State is null)
        {
            throw new ArgumentException("The program imports functions of program state, the invocation brings none.", nameof(invocation));
        }
        if ((_shape.Needs & HostNeeds.Blobs) != 0 && invocation.Blobs is null)
        {
            throw new ArgumentException("The program imports functions of blobs, the invocation brings none.", nameof(invocation));
        }
        if ((_shape.Needs & HostNeeds.Signatures) != 0 && invocation.Signatures is null)
        {
            throw new ArgumentException("The program imports functions of signatures, the invocation brings none.", nameof(invocation));
        }
        GuestRun.Check(invocation);
        return () => RunHere(compiled, invocation);
    }

    private GuestResult RunHere(CompiledModule compiled, GuestInvocation invocation)
    {
        if (!TryEntry(invocation.EntryPoint, out var entry, out var reason))
        {
            return new GuestResult
            {
                Outcome = GuestOutcome.Failed,
                Reason = reason,
                FuelUsed = 0,
            };
        }
        var limits = invocation.Limits;
        using var run = new Run(
            new RunLimits
            {
                FuelMax = limits.FuelMax,
                MemoryPagesMax = limits.MemoryPagesMax,
                TimeMax = limits.TimeMax,
                Cancellation = invocation.Cancellation,
            },
            _clock
        );
        var guest = new GuestRun(Info.Abi, invocation, run);
        invocation.Progress?.Follow(run);
        var end = GuestEnd.Of(() => Execute(compiled, entry, guest, run), run, invocation);
        invocation.Progress?.Follow(null);
        return guest.Result(end);
    }

    private void Execute(CompiledModule compiled, string entry, GuestRun guest, Run run)
    {
        // A run that was cancelled while it waited for its thread does not begin.
        run.ThrowIfStopped();
        using var instance = Instance.Instantiate(compiled, GuestShape.HostFunctions, run, guest);
        if (Info.Abi == GuestAbi.WasiCommand)
        {
            instance.Invoke(entry);
        }
        else
        {
            OnvmEntry.Call(_shape, entry, guest, instance);
        }
    }

    private bool TryEntry(string? asked, out string entry, out string? reason)
    {
        entry = asked ?? (Info.EntryPoints.Count == 1 ? Info.EntryPoints[0] : GuestPolicy.DefaultEntryPoint);
        reason = null;
        if (Info.EntryPoints.Contains(entry))
        {
            return true;
        }
        var known = GuestNames.Show(Info.EntryPoints);
        reason = asked is null
            ? $"the job names no entry point and the program has several: {known}"
            : $"no entry point '{GuestNames.Show(asked)}'; the program has {known}";
        return false;
    }
}
