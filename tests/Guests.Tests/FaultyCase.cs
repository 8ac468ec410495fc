using System.Text;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>A way in which the sample <c>faulty</c> goes wrong, and how that must end. Needs no test framework.</summary>
/// <param name="Mode">The program's input.</param>
/// <param name="Outcome">How the run ends.</param>
/// <param name="Words">What its reason must contain; null where there is no reason.</param>
public sealed record FaultyCase(string Mode, GuestOutcome Outcome, string? Words)
{
    private static readonly GuestLimits Limits = new(
        FuelMax: 200_000_000,
        MemoryPagesMax: 64,
        TimeMax: TimeSpan.FromMinutes(5),
        OutputBytesMax: 1 << 20,
        LogBytesMax: 64 << 10
    );

    public static IReadOnlyList<FaultyCase> All { get; } =
    [
        new("unreachable", GuestOutcome.Trapped, "unreachable"),
        new("divide", GuestOutcome.Trapped, "integer divide by zero"),
        new("overflow", GuestOutcome.Trapped, "integer overflow"),
        new("bounds", GuestOutcome.Trapped, "out of bounds memory access"),
        new("signature", GuestOutcome.Trapped, "indirect call type mismatch"),
        new("recursion", GuestOutcome.Trapped, "call stack exhausted"),
        new("loop", GuestOutcome.OutOfFuel, $"{Limits.FuelMax}"),
        new("memory", GuestOutcome.OutOfMemory, $"{Limits.MemoryPagesMax} pages"),
        new("output", GuestOutcome.OutputTooLarge, $"{Limits.OutputBytesMax}"),
        new("log", GuestOutcome.Completed, null),
        new("hostile", GuestOutcome.Completed, null),
        new("exit 1", GuestOutcome.Failed, "1"),
        new("exit 255", GuestOutcome.Failed, "255"),
        new("exit -1", GuestOutcome.Failed, "-1"),
        new("what is this", GuestOutcome.Failed, "64"),
    ];

    /// <summary>What the host may have to give for one: memory, and output with room to grow.</summary>
    public static long BytesMax => (Limits.MemoryPagesMax * 65_536L) + (2L * Limits.OutputBytesMax);

    public static FaultyCase Named(string mode) => All.Single(faulty => faulty.Mode == mode);

    /// <returns>What differs from how the run should end; null where nothing does.</returns>
    public string? Run(GuestProgram program, CancellationToken cancellation)
    {
        var result = program.Run(
            new GuestInvocation
            {
                Input = Encoding.UTF8.GetBytes(Mode),
                Now = DateTimeOffset.UnixEpoch,
                Seed = default,
                Limits = Limits,
                Cancellation = cancellation,
            }
        );
        if (result.Outcome != Outcome)
        {
            return $"it ended as {result.Outcome} ({result.Reason}), expected {Outcome}";
        }
        if (Words is null ? result.Reason is not null : result.Reason?.Contains(Words, StringComparison.Ordinal) != true)
        {
            return $"its reason is '{result.Reason}', expected '{Words}'";
        }
        var isInside =
            result.FuelUsed <= Limits.FuelMax && result.Output.Length <= Limits.OutputBytesMax && result.Log.Length <= Limits.LogBytesMax;
        return isInside ? null : $"it used {result.FuelUsed} fuel, {result.Output.Length} bytes of output and {result.Log.Length} of log";
    }
}
