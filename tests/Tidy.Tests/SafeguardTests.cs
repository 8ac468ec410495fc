using Marketplace.Verify.Liars;
using Marketplace.Verify.Sim;

namespace Marketplace.Tests.Tidy;

/// <summary>What <c>verify sim --without</c> and <c>verify liars --without</c> take out of the sources is still there.</summary>
public sealed class SafeguardTests
{
    [Fact]
    public void EachSafeguard_StandsOnceInItsFile() =>
        Violations.AssertNone(
            Safeguards
                .All.Concat(LiarsControl.All.Select(control => control.Safeguard))
                .Select(safeguard => safeguard.Trouble(File.ReadAllText(Path.Combine(Repository.Root, safeguard.File))))
                .OfType<string>()
        );

    [Fact]
    public void EachSafeguard_HasANameOfItsOwn_AndALineOnWhatItGuards()
    {
        Assert.Equal(Safeguards.All.Length, Safeguards.All.Select(safeguard => safeguard.Name).Distinct().Count());
        Assert.All(Safeguards.All, safeguard => Assert.EndsWith(".", safeguard.Guards, StringComparison.Ordinal));
        Assert.All(Safeguards.All, safeguard => Assert.NotEqual(safeguard.Text, safeguard.Replacement));
    }
}
