using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Twins;

namespace Marketplace.Grains.Tests;

/// <summary>The small form of <c>verify twins</c>: double activations of every grain, for the whole run.</summary>
public sealed class TwinRunTests(ITestOutputHelper output)
{
    private const int Seeds = 3;

    [Fact]
    public void DoubleActivations_HaveNoDoubleEffect()
    {
        var results = Enumerable.Range(1, Seeds).Select(seed => TwinRun.Run((ulong)seed)).ToArray();
        foreach (var result in results)
        {
            output.WriteLine(
                $"{result.Steps} steps; doubles {Shown(result.Doubles)}; conflicts {Shown(result.Conflicts)}; faults {Shown(result.Faults)}"
            );
            Assert.True(result.Violations.Count == 0, string.Join(Environment.NewLine, result.Violations));
        }

        foreach (var type in new[] { "job", "account", "market", "key", "blob", "state" })
        {
            Assert.All(results, result => Assert.True(result.Doubles.GetValueOrDefault(type) > 0, $"No {type} was active twice."));
        }
        foreach (var type in new[] { "job", "account" })
        {
            Assert.All(results, result => Assert.True(result.Conflicts.GetValueOrDefault(type) > 0, $"No {type} lost a write."));
        }
    }

    [Fact]
    public void StoreThatWritesUnconditionally_IsFoundOut() =>
        Assert.All(Enumerable.Range(1, Seeds), seed => Assert.NotEmpty(TwinRun.Run((ulong)seed, isUnconditional: true).Violations));

    private static string Shown(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"));
}
