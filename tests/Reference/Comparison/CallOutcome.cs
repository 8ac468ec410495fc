using Marketplace.Engine;

namespace Marketplace.Reference.Comparison;

/// <summary>How one call ended, in a form that is equal between engines exactly when the guest cannot tell them apart.</summary>
/// <param name="Call">The export, or "start" for an instance's beginning.</param>
/// <param name="End">"ok", the trap's kind, or why there was no instance.</param>
/// <param name="Results">Bits in hexadecimal; of a function reference only whether it is null; of a host's its name.</param>
public sealed record CallOutcome(string Call, string End, string Results)
{
    /// <summary>Used in the run so far.</summary>
    public long Fuel { get; init; }

    /// <summary>Hash of the calls of the host so far.</summary>
    public ulong Trace { get; init; }

    /// <summary>The guest asked for more memory than it may have.</summary>
    public bool MemoryRefused { get; init; }

    /// <summary>It ended by a bound that is the engine's own, so nothing behind it can be compared with another engine.</summary>
    public bool IsBounded => End is nameof(TrapKind.OutOfFuel) or nameof(TrapKind.CallStackExhausted);
}

/// <summary>What the guest has left behind: compared after each call.</summary>
/// <param name="Memory">All bytes of memory 0.</param>
/// <param name="Values">Globals and tables by their export names.</param>
public sealed record State(byte[] Memory, string Values)
{
    /// <returns>What differs, or null.</returns>
    public string? DifferenceTo(State other)
    {
        if (Values != other.Values)
        {
            var lines = Values.Split('\n').Zip(other.Values.Split('\n')).First(pair => pair.First != pair.Second);
            return $"{lines.First} and {lines.Second}";
        }

        if (Memory.Length != other.Memory.Length)
        {
            return $"memory of {Memory.Length} and {other.Memory.Length} bytes";
        }

        var same = Memory.AsSpan().CommonPrefixLength(other.Memory);
        return same == Memory.Length ? null : $"memory at {same}: {Memory[same]:x2} and {other.Memory[same]:x2}";
    }
}

internal static class Ending
{
    /// <summary>Turns every way in which a call may end into words. An exception that no guest can cause is one of them.</summary>
    public static CallOutcome Of(string call, Func<string> body, Func<CallOutcome, CallOutcome> with)
    {
        try
        {
            return with(new CallOutcome(call, "ok", body()));
        }
        catch (TrapException trap)
        {
            return with(new CallOutcome(call, trap.Kind.ToString(), ""));
        }
        catch (LinkException refusal)
        {
            return with(new CallOutcome(call, $"not linked: {refusal.Fault}", ""));
        }
        catch (Exception bug)
        {
            return with(new CallOutcome(call, $"{bug.GetType().Name}: {bug.Message}", ""));
        }
    }

    public static string Text(WasmType type, UInt128 bits, object? reference) =>
        type switch
        {
            WasmType.FuncRef => reference is null ? "null" : "function",
            WasmType.ExternRef => reference as string ?? "null",
            _ => bits.ToString("x", null),
        };
}
