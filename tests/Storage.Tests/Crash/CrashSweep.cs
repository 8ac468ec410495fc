namespace Marketplace.Storage.Crash;

/// <summary>What the faults at all persistence points of one load came to.</summary>
/// <param name="Points">How many operations of the load change the disk: at each of them one run has failed.</param>
/// <param name="Refused">Runs in which the store refused what a lying disk left.</param>
/// <param name="Violations">Each with the call that shows it.</param>
public sealed record CrashSweepResult(long Points, long Refused, IReadOnlyList<string> Violations);

/// <summary>The fault at persistence point 1, 2, 3 and so on, each in a run of its own, until the load has no more of them.</summary>
public static class CrashSweep
{
    public static async Task<CrashSweepResult> Run(int seed, DiskFault fault, Ending ending, CrashLoad load)
    {
        var violations = new List<string>();
        long refused = 0;
        for (long operation = 1; ; operation++)
        {
            var result = await CrashRun.Run(seed, operation, fault, ending, load);
            violations.AddRange(
                result.Violations.Select(violation =>
                    $"CrashRun.Run({seed}, {operation}, DiskFault.{fault}, Ending.{ending}, CrashLoad.{load}): {violation}"
                )
            );
            refused += result.WasRefused ? 1 : 0;
            if (!result.HasFailed)
            {
                return new CrashSweepResult(operation - 1, refused, violations);
            }
        }
    }
}
