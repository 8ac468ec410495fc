using System.Runtime.CompilerServices;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Intrusions;
using Marketplace.Grains.Tests.Repeats;

namespace Marketplace.Grains.Tests;

/// <summary>
/// The grains' part of <c>verify authz</c>. Who may call what, and what others hear, is checked in beside these tests: to accept a change
/// of it, run them once with MARKETPLACE_ACCEPT=1 and look at the difference.
/// </summary>
public sealed class IntrusionTests
{
    [Fact]
    public void Intruder_LearnsAndChangesNothing()
    {
        var result = IntrusionRun.Run(1);

        Assert.True(result.Violations.Count == 0, string.Join(Environment.NewLine, result.Violations));
        var seen = string.Join('\n', result.Callers) + "\n";
        var file = Path.Combine(Path.GetDirectoryName(Here())!, "Intrusions", "callers.txt");
        if (Environment.GetEnvironmentVariable("MARKETPLACE_ACCEPT") == "1")
        {
            File.WriteAllText(file, seen);
        }
        Assert.Equal(File.ReadAllText(file), seen);
    }

    /// <summary>A method that does not ask who calls: each call counts.</summary>
    [Fact]
    public void MethodThatTakesEveryCaller_IsFoundOut()
    {
        RepeatCases.Case open = scene =>
        {
            var (account, number) = (scene.Account, 0);
            return Task.FromResult<Func<Task<string>>>(async () =>
            {
                var held = await account.Hold(scene.Caller, [new HoldItem(new JobId(Number(++number)), new TokenAmount(5))]);
                return $"{held.Available}";
            });
        };
        Assert.Contains(
            IntrusionRun.Run(1, new Dictionary<string, RepeatCases.Case> { ["IAccountGrain.Hold"] = open }).Violations,
            violation => violation.StartsWith("IAccountGrain.Hold by another account changes", StringComparison.Ordinal)
        );
    }

    private static Bytes32 Number(int number) => Blake3.Hash([(byte)number]);

    private static string Here([CallerFilePath] string path = "") => path;
}
