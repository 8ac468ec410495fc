using System.Diagnostics;
using System.Text.Json;

namespace Marketplace.Verify.Sim;

/// <summary>
/// A harness that cannot fail proves nothing: each safeguard is taken out of a copy of the sources, the project that it stands in is built
/// there, and a copy of this program runs seeds with it until one has a violation.
/// </summary>
internal static class WithoutCheck
{
    public static async Task<VerifyResult> Run(string name, SimCheck.SimOptions options)
    {
        var wanted = name == "all" ? Safeguards.All : [.. Safeguards.All.Where(safeguard => name.Split(',').Contains(safeguard.Name))];
        if (wanted.IsEmpty)
        {
            throw new ArgumentException(
                $"--without is '{name}'; there are: all, {string.Join(", ", Safeguards.All.Select(safeguard => safeguard.Name))}."
            );
        }
        var clock = Stopwatch.StartNew();
        using var copy = new SourceCopy(Root());
        var rows = new List<object>();
        var found = new List<string>();
        foreach (var safeguard in wanted)
        {
            var (seed, violation) = await copy.Without(safeguard, () => Search(copy, options));
            Console.Error.WriteLine($"{safeguard.Name, -24} {(seed is null ? "NOT FOUND" : $"seed {seed}"), -10} {violation}");
            rows.Add(
                new
                {
                    safeguard.Name,
                    Seed = seed,
                    Violation = violation,
                }
            );
            if (seed is null)
            {
                found.Add($"without {safeguard.Name}, {options.Seeds} seeds from {options.Seed} on find nothing: {safeguard.Guards}");
            }
        }
        var line = new
        {
            Verify = "sim",
            Without = name,
            options.Seed,
            options.Seeds,
            Safeguards = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static async Task<(ulong? Seed, string? Violation)> Search(SourceCopy copy, SimCheck.SimOptions options)
    {
        var (output, errors) = await copy.RunVerify(["sim", "--seed", $"{options.Seed}", "--seeds", $"{options.Seeds}", "--findings", "1"]);
        using var line = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        var seeds = line.RootElement.GetProperty("seeds_with_violations");
        if (seeds.GetArrayLength() == 0 && line.RootElement.GetProperty("leases").GetInt64() == 0)
        {
            // A replacement that stops the market finds nothing, and says nothing of the safeguard.
            return (null, "no job was leased: what stands in the safeguard's place stops the market");
        }
        var prefix = "seed ";
        return seeds.GetArrayLength() == 0
            ? (null, null)
            : (seeds[0].GetUInt64(), errors.Split('\n').FirstOrDefault(text => text.StartsWith(prefix, StringComparison.Ordinal)));
    }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Marketplace.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("--without needs the sources: run it from a checkout.");
    }
}
