using Marketplace.Verify.HostileRpc;
using Marketplace.Verify.Liars;
using Marketplace.Verify.Settlements;
using Marketplace.Verify.Sim;

namespace Marketplace.Tests.Tidy;

/// <summary>What the checks sim, liars, hostilerpc and settlements take out of the sources by <c>--without</c> is still there.</summary>
public sealed class SafeguardTests
{
    [Fact]
    public void EachSafeguard_StandsOnceInItsFile() =>
        Violations.AssertNone(
            Safeguards
                .All.Concat(LiarsControl.All.Select(control => control.Safeguard))
                .Concat(HostileRules.All.Select(rule => rule.Safeguard))
                .Concat(SettlementsControl.All)
                .Select(safeguard => safeguard.Trouble(File.ReadAllText(Path.Combine(Repository.Root, safeguard.File))))
                .OfType<string>()
        );

    [Fact]
    public void EachRuleOfHostileNodes_HasANameAndACaseOfItsOwn()
    {
        var rules = HostileRules.All;

        Assert.Equal(rules.Length, rules.Select(rule => rule.Safeguard.Name).Distinct().Count());
        Assert.Equal(rules.Length, rules.Select(rule => rule.Only).Distinct().Count());
        Assert.All(rules, rule => Assert.NotEqual(rule.Safeguard.Text, rule.Safeguard.Replacement));
    }

    [Fact]
    public void EachSafeguard_HasANameOfItsOwn_AndALineOnWhatItGuards()
    {
        Assert.Equal(Safeguards.All.Length, Safeguards.All.Select(safeguard => safeguard.Name).Distinct().Count());
        Assert.All(Safeguards.All, safeguard => Assert.EndsWith(".", safeguard.Guards, StringComparison.Ordinal));
        Assert.All(Safeguards.All, safeguard => Assert.NotEqual(safeguard.Text, safeguard.Replacement));
    }
}
