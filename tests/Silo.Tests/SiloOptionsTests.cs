using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

public sealed class SiloOptionsTests
{
    [Theory]
    [InlineData("--data", " ", "a folder")]
    [InlineData("--urls", "nowhere", "http or https addresses")]
    [InlineData("--worker", "maybe", "true or false")]
    [InlineData("--worker-slots", "-1", "0 to 1024")]
    [InlineData("--worker-slots", "many", "a whole number")]
    [InlineData("--worker-price", "0", "a whole number of base units, at least 1")]
    [InlineData("--worker-label", "GPU", "at most")]
    [InlineData("--worker-min-buyer-reputation", "1001", "0 to 1000")]
    [InlineData("--worker-committee", "maybe", "true or false")]
    [InlineData("--admit-workers", "all", "any or known")]
    [InlineData("--isolation", "prison", "none, process, sandbox or auto")]
    [InlineData("--initial-credit", "much", "a whole number of base units")]
    [InlineData("--queue-mib", "0", "1 or more")]
    [InlineData("--queue-mib", "99999999999", "a whole number, at most 2147483647")]
    [InlineData("--disk-floor-mib", "-1", "0 or more")]
    [InlineData("--unbonding-hours", "0", "8 to")]
    [InlineData("--epoch", "-1", "minutes")]
    [InlineData("--epoch", "hour", "a whole number")]
    [InlineData("--epoch-shares", "0", "seconds")]
    [InlineData("--committee-stake", "0", "a whole number of base units, at least 1")]
    [InlineData("--reuse-price", "200", "1 to 100 percent")]
    [InlineData("--reuse-days", "0", "1 to")]
    [InlineData("--name", "a b", "letters")]
    [InlineData("--trusted-proxies", "proxy", "IP addresses")]
    [InlineData("--allow-plaintext", "perhaps", "true or false")]
    public void WrongValue_IsRefusedUnderTheNameThatWasTyped_WithWhatIsAllowed(string option, string value, string allowed)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read([option, value]));

        Assert.StartsWith($"{option} is '{value}'; allowed: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
    }
}
