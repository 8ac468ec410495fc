using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>The options of a cluster mean nothing to a silo that is alone, so it refuses them instead of ignoring them.</summary>
public sealed class ForeignOptionsTests
{
    [Theory, InlineData("--cluster-id", "market"), InlineData("--database", "Host=h;Database=d"), InlineData("--silo-port", "0")]
    public void OptionOfACluster_IsRefused_WithTheWayToBuildOne(string option, string value)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read([option, value]));

        Assert.Contains(option, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("-p:GrainHost=orleans", refusal.Message, StringComparison.Ordinal);
    }
}
