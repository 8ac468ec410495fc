using System.Diagnostics;
using System.Text.Json;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.Liars;

/// <summary>
/// A figure that stays the same without what it is to show says nothing: each safeguard is taken out of a copy of the sources, and the same
/// run is made with it and without.
/// </summary>
internal static class LiarsWithoutCheck
{
    /// <summary>Without the safeguard the figure is more than so many times as large, and by more than chance gives.</summary>
    private const int TimesMin = 2;

    private const int MoreMin = 20;

    public static async Task<VerifyResult> Run(string name, VerifyArguments arguments)
    {
        var wanted = LiarsControl.All.Where(control => name == "all" || name.Split(',').Contains(control.Safeguard.Name)).ToArray();
        if (wanted.Length == 0)
        {
            throw new ArgumentException(
                $"--without is '{name}'; there are: all, {string.Join(", ", LiarsControl.All.Select(control => control.Safeguard.Name))}."
            );
        }
        var clock = Stopwatch.StartNew();
        using var copy = new SourceCopy(WithoutCheck.Root());
        var (rows, found) = (new List<object>(), new List<string>());
        foreach (var control in wanted)
        {
            string[] run = ["liars", .. control.Arguments, "--seed", $"{arguments.Number("seed", 1)}"];
            var (with, _) = Read(await copy.RunVerify(run), control.Figure);
            var (without, violations) = await copy.Without(control.Safeguard, async () => Read(await copy.RunVerify(run), control.Figure));
            var hasMoved = without > (TimesMin * with) && without > with + MoreMin;
            Console.Error.WriteLine($"{control.Safeguard.Name, -12} {control.Figure}: {with} with it, {without} without");
            rows.Add(
                new
                {
                    control.Safeguard.Name,
                    control.Figure,
                    With = with,
                    Without = without,
                    ViolationsWithout = violations,
                }
            );
            if (!hasMoved)
            {
                found.Add(
                    $"without {control.Safeguard.Name} {control.Figure} is {without}, and with it {with}: {control.Safeguard.Guards}"
                );
            }
        }
        var line = new
        {
            Verify = "liars",
            Without = name,
            Safeguards = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static (long Figure, int Violations) Read((string Output, string Errors) run, string figure)
    {
        using var line = JsonDocument.Parse(run.Output.Trim().Split('\n')[^1]);
        return line.RootElement.TryGetProperty("levels", out var levels)
            ? (levels[0].GetProperty(figure).GetInt64(), line.RootElement.GetProperty("violations").GetInt32())
            : throw new InvalidOperationException($"The run broke off: {run.Errors}");
    }
}
