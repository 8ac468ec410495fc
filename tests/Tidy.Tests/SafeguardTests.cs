using Marketplace.Verify.HostileRpc;
using Marketplace.Verify.Liars;
using Marketplace.Verify.Sim;

namespace Marketplace.Tests.Tidy;

/// <summary>What the <c>--without</c> of <c>verify sim</c>, <c>liars</c> and <c>hostilerpc</c> takes out of the sources is still there.</summary>
public sealed class SafeguardTests
{
    [Fact]
    public void EachSafeguard_StandsOnceInItsFile() =>
        Violations.AssertNone(
            Safeguards
                .All.Concat(LiarsControl.All.Select(control => control.Safeguard))
                .Concat(HostileWithoutCheck.All.Select(rule => rule.Safeguard))
                .Select(safeguard => safeguard.Trouble(File.ReadAllText(Path.Combine(Repository.Root, safeguard.File))))
                .OfType<string>()
        );

    [Fact]
    public void EachRuleOfHostileNodes_HasANameOfItsOwn_AndOneCaseThatMissesIt()
    {
        var rules = HostileWithoutCheck.All;

        Assert.Equal(rules.Length, rules.Select(rule => rule.Safeguard.Name).Distinct().Count());
        Assert.All(rules, rule => Assert.Single(HostileCases.All, one => one.Name == rule.Only));
    }

    [Fact]
    public void EachSafeguard_HasANameOfItsOwn_AndALineOnWhatItGuards()
    {
        Assert.Equal(Safeguards.All.Length, Safeguards.All.Select(safeguard => safeguard.Name).Distinct().Count());
        Assert.All(Safeguards.All, safeguard => Assert.EndsWith(".", safeguard.Guards, StringComparison.Ordinal));
        Assert.All(Safeguards.All, safeguard => Assert.NotEqual(safeguard.Text, safeguard.Replacement));
    }
}
