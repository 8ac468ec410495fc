using System.Diagnostics;
using System.Text.Json;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// A check that cannot fail proves nothing: each safeguard is taken out of a copy of the sources, and the run with a silo that lacks it
/// must end with violations.
/// </summary>
internal static class SettlementsWithoutCheck
{
    public static async Task<VerifyResult> Run(string name, VerifyArguments arguments)
    {
        var wanted = SettlementsControl.All.Where(safeguard => name == "all" || name.Split(',').Contains(safeguard.Name)).ToArray();
        if (wanted.Length == 0)
        {
            throw new ArgumentException(
                $"--without is '{name}'; there are: all, {string.Join(", ", SettlementsControl.All.Select(safeguard => safeguard.Name))}."
            );
        }
        var clock = Stopwatch.StartNew();
        using var copy = new SourceCopy(WithoutCheck.Root(), "Silo", "Worker");
        var (rows, found) = (new List<object>(), new List<string>());
        string[] run = ["settlements", "--steps", "written", "--within", "60", "--seed", $"{arguments.Number("seed", 1)}"];
        foreach (var safeguard in wanted)
        {
            var (violations, first) = await copy.Without(safeguard, async () => Read(await copy.RunVerify(run)));
            Console.Error.WriteLine($"{safeguard.Name, -14} {violations, 4} violations: {first}");
            rows.Add(
                new
                {
                    safeguard.Name,
                    Violations = violations,
                    First = first,
                }
            );
            if (violations == 0)
            {
                found.Add($"without {safeguard.Name} nothing is found: {safeguard.Guards}");
            }
        }
        var line = new
        {
            Verify = "settlements",
            Without = name,
            Safeguards = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <returns>How many there were, and the first in words.</returns>
    private static (int Violations, string? First) Read((string Output, string Errors) said)
    {
        using var line = JsonDocument.Parse(said.Output.Trim().Split('\n')[^1]);
        return line.RootElement.TryGetProperty("broke_off", out var broken)
            // A silo that does not even run says nothing of the safeguard.
            ? throw new InvalidOperationException($"The run broke off: {broken}")
            : (line.RootElement.GetProperty("violations").GetInt32(), said.Errors.Trim().Split('\n')[0]);
    }
}
