using Marketplace.Engine.Guests;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>A command that wants to have of its host what it did not pay for, and how it must end. Needs no test framework.</summary>
/// <param name="Name">What it tries, as a file name.</param>
/// <param name="End">As <see cref="Run"/> says it.</param>
/// <param name="Module">A program of <see cref="WasiCode"/>.</param>
public sealed record HostileCommand(string Name, string End, Func<byte[]> Module)
{
    private const int ReasonLengthMax = 500;

    private static readonly GuestLimits Limits = new(
        FuelMax: 300_000_000,
        MemoryPagesMax: 32,
        TimeMax: TimeSpan.FromMinutes(5),
        OutputBytesMax: 16 << 20,
        LogBytesMax: 64 << 10
    );

    /// <summary>
    /// What the host may have to give for it: memory, output with room to grow, its files, and as much again where they are handed over.
    /// </summary>
    public static long BytesMax =>
        ((long)Limits.MemoryPagesMax * EnginePolicy.PageBytes) + (2L * Limits.OutputBytesMax) + (2L * GuestPolicy.FileBytesMax);

    /// <summary>Must be called on a guest thread.</summary>
    /// <returns>The outcome, with the exit code of a command that failed.</returns>
    public string Run(CancellationToken cancellation) => Run(Module(), cancellation);

    /// <inheritdoc cref="Run(CancellationToken)"/>
    public string Run(byte[] module, CancellationToken cancellation)
    {
        using var program = GuestProgram.Load(module);
        var result = program.Run(
            new GuestInvocation
            {
                Now = DateTimeOffset.UnixEpoch,
                Seed = default,
                Limits = Limits,
                Cancellation = cancellation,
            }
        );
        var end = result.Outcome == GuestOutcome.Failed ? $"Failed {result.ExitCode}" : $"{result.Outcome}";
        if (result.FuelUsed > Limits.FuelMax || result.Output.Length > Limits.OutputBytesMax || result.Log.Length > Limits.LogBytesMax)
        {
            return $"{end}, with {result.FuelUsed} fuel, {result.Output.Length} bytes of output and {result.Log.Length} of log";
        }
        return result.Reason?.Length > ReasonLengthMax ? $"{end}, with a reason of {result.Reason.Length} characters" : end;
    }
}
