using System.Diagnostics;
using Marketplace.Testing;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// A check that finds nothing says nothing until it finds something: each rule is taken out of a copy of the sources, and the cases that it
/// stands against are run with what is built from them.
/// </summary>
internal static class HostileWithoutCheck
{
    public static async Task<VerifyResult> Run(string name)
    {
        HostileRule[] wanted = [.. HostileRules.All.Where(rule => name == "all" || name.Split(',').Contains(rule.Safeguard.Name))];
        if (wanted.Length == 0)
        {
            throw new ArgumentException(
                $"--without is '{name}'; there are: all, {string.Join(", ", HostileRules.All.Select(rule => rule.Safeguard.Name))}."
            );
        }
        // The copy of the program stands elsewhere.
        Environment.SetEnvironmentVariable(AnvilNode.Variable, AnvilNode.Folder);
        var clock = Stopwatch.StartNew();
        using var copy = new SourceCopy(WithoutCheck.Root());
        var (rows, found) = (new List<object>(), new List<string>());
        foreach (var rule in wanted)
        {
            var violation = await copy.Without(rule.Safeguard, () => Search(copy, rule));
            Console.Error.WriteLine($"{rule.Safeguard.Name, -16} {violation ?? "NOT FOUND"}");
            rows.Add(new { rule.Safeguard.Name, Violation = violation });
            if (violation is null)
            {
                found.Add($"without {rule.Safeguard.Name}, '{rule.Only}' finds nothing: {rule.Safeguard.Guards}");
            }
        }
        var line = new
        {
            Verify = "hostilerpc",
            Without = name,
            Rules = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <returns>The first violation; null: there is none.</returns>
    private static async Task<string?> Search(SourceCopy copy, HostileRule rule)
    {
        var (_, errors) = await copy.RunVerify(["hostilerpc", "--only", rule.Only]);
        return errors
            .Split('\n')
            .FirstOrDefault(line =>
                line.StartsWith($"{rule.Only}: ", StringComparison.Ordinal) && !line.Contains(" lies, ", StringComparison.Ordinal)
            );
    }
}
