namespace Marketplace.Engine.Guests;

/// <summary>How a run ended.</summary>
public enum GuestOutcome
{
    /// <summary>The entry point returned, or the command exited with code 0.</summary>
    Completed = 0,

    /// <summary>A WebAssembly trap; <see cref="GuestResult.Reason"/> has the specification's words.</summary>
    Trapped = 1,

    /// <summary>A WASI command exited with another code than 0, or an ONVM program broke the calling convention.</summary>
    Failed = 2,

    OutOfFuel = 3,
    OutOfMemory = 4,
    TimedOut = 5,
    Cancelled = 6,

    /// <summary>More output, or more files of it, than allowed.</summary>
    OutputTooLarge = 7,

    /// <summary>The engine itself failed: never the guest's fault, never charged to the client.</summary>
    EngineFault = 8,
}

/// <summary>What a run gave. State writes count only when <see cref="Outcome"/> is <see cref="GuestOutcome.Completed"/>.</summary>
public sealed record GuestResult
{
    public required GuestOutcome Outcome { get; init; }

    /// <summary>Null when completed, else one sentence for the client.</summary>
    public string? Reason { get; init; }

    /// <summary>What the guest exited with, 0 where it returned; null where it was stopped, and so gave none.</summary>
    public int? ExitCode { get; init; }
    public required long FuelUsed { get; init; }
    public ReadOnlyMemory<byte> Output { get; init; }

    /// <summary>
    /// The files that it left in <see cref="GuestPolicy.OutputDirectory"/>, in the order of their paths' bytes. Symbolic links and empty
    /// directories are not among them.
    /// </summary>
    public IReadOnlyList<GuestFile> Files { get; init; } = [];

    /// <summary>What the guest wrote to stderr or by <c>onvm_log</c>: UTF-8 as the guest gave it, not to be trusted as text.</summary>
    public ReadOnlyMemory<byte> Log { get; init; }

    /// <summary>One per changed key, ascending by key.</summary>
    public IReadOnlyList<StateWrite> StateWrites { get; init; } = [];
}
