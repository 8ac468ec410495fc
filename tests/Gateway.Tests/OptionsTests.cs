using Marketplace.Gateway;
using Microsoft.Extensions.Options;

namespace Marketplace.Tests.Gateway;

/// <summary>Options and addresses that would switch a guard off.</summary>
public sealed class OptionsTests
{
    public static TheoryData<string, Action<GatewayOptions>> Bad =>
        new()
        {
            {
                "GatewayOptions.AddressRequestsPerSecond is 0: it must be from 1 to 1000000.",
                options => options.AddressRequestsPerSecond = 0
            },
            { "GatewayOptions.AddressRequestsBurst is -1", options => options.AddressRequestsBurst = -1 },
            { "GatewayOptions.AccountRequestsPerSecond", options => options.AccountRequestsPerSecond = int.MaxValue },
            { "GatewayOptions.AccountRequestsBurst", options => options.AccountRequestsBurst = 0 },
            { "GatewayOptions.AddressOpeningsPerMinute", options => options.AddressOpeningsPerMinute = 0 },
            { "GatewayOptions.AddressOpeningsBurst", options => options.AddressOpeningsBurst = 0 },
            { "GatewayOptions.OpeningsPerMinute", options => options.OpeningsPerMinute = 0 },
            { "GatewayOptions.OpeningsBurst", options => options.OpeningsBurst = int.MaxValue },
            { "GatewayOptions.BlobBytesMax", options => options.BlobBytesMax = 0 },
            { "GatewayOptions.AccountTransfersMax", options => options.AccountTransfersMax = 0 },
            { "GatewayOptions.MemoryBytesMax is 1048576: it must be from 34603008", options => options.MemoryBytesMax = 1 << 20 },
            { "GatewayOptions.AccountWaitsMax is 0", options => options.AccountWaitsMax = 0 },
            { "GatewayOptions.ConnectionsMax", options => options.ConnectionsMax = 0 },
            { "GatewayOptions.WorkerLinksMax is 0", options => options.WorkerLinksMax = 0 },
            { "GatewayOptions.AddressWorkerLinksMax is 0", options => options.AddressWorkerLinksMax = 0 },
            { "GatewayOptions.WorkerMemoryBytesMax is 1: it must be from 16777216", options => options.WorkerMemoryBytesMax = 1 },
            { "GatewayOptions.EventStreamsMax", options => options.EventStreamsMax = 0 },
            { "GatewayOptions.AccountEventStreamsMax", options => options.AccountEventStreamsMax = 0 },
            { "GatewayOptions.EventStreamBytesMax is 1: it must be from 65536", options => options.EventStreamBytesMax = 1 },
            { "GatewayOptions.EventMemoryBytesMax is 1: it must be from 65536000", options => options.EventMemoryBytesMax = 1 },
            { "GatewayOptions.BytesPerSecondMin", options => options.BytesPerSecondMin = 0 },
            { "GatewayOptions.EventHeartbeat is 00:00:00", options => options.EventHeartbeat = TimeSpan.Zero },
            { "GatewayOptions.RequestTimeout", options => options.RequestTimeout = Timeout.InfiniteTimeSpan },
            { "GatewayOptions.HeadersTimeout", options => options.HeadersTimeout = TimeSpan.FromDays(1) },
            { "GatewayOptions.IdleTimeout", options => options.IdleTimeout = TimeSpan.Zero },
            { "GatewayOptions.AllowedHosts has '*'", options => options.AllowedHosts = ["*"] },
            { "GatewayOptions.AllowedHosts has 'http://a'", options => options.AllowedHosts = ["http://a"] },
            { "GatewayOptions.AllowedHosts has 'a:80'", options => options.AllowedHosts = ["a:80"] },
            { "GatewayOptions.AllowedHosts has ''", options => options.AllowedHosts = [""] },
            { "GatewayOptions.AllowedHosts is null", options => options.AllowedHosts = null! },
            { "GatewayOptions.TrustedProxies has 'proxy'", options => options.TrustedProxies = ["proxy"] },
            { "GatewayOptions.TrustedProxies is null", options => options.TrustedProxies = null! },
        };

    [Theory, MemberData(nameof(Bad))]
    public void BadOption_IsNamedWithItsBound(string message, Action<GatewayOptions> change)
    {
        var options = new GatewayOptions();
        change(options);

        var result = new GatewayOptionsValidator().Validate(null, options);

        Assert.Contains(message, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_AreValid_AndEveryNumberHasItsCheck()
    {
        Assert.True(new GatewayOptionsValidator().Validate(null, new GatewayOptions()).Succeeded);

        var bounded = typeof(GatewayOptions)
            .GetProperties()
            .Where(property => property.PropertyType != typeof(bool))
            .Select(property => property.Name);
        Assert.DoesNotContain(bounded, name => !Bad.Any(row => row.Data.Item1.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task BadOption_StopsTheStart() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayFixture.Start(options => options.ConnectionsMax = 0));

    [Theory]
    [InlineData("http://127.0.0.1:8080"), InlineData("http://localhost:0"), InlineData("http://[::1]:8080")]
    [InlineData("https://0.0.0.0:443")]
    [InlineData("https://*:443"), InlineData("http://127.3.2.1:1"), InlineData("http://unix:/run/market.sock")]
    public void SafeAddress_IsAllowed(string url) => Assert.Empty(GatewayBinding.Violations([url], allowPlaintext: false));

    [Theory]
    [InlineData("http://0.0.0.0:8080"), InlineData("http://*:8080"), InlineData("http://+:8080"), InlineData("http://[::]:8080")]
    [InlineData("http://192.168.1.2:80"), InlineData("http://market.example.org"), InlineData("HTTP://0.0.0.0:1")]
    [InlineData("http://127.0.0.1.example.org:1")]
    public void PlaintextBeyondLoopback_IsAllowedOnlyOnRequest(string url)
    {
        var violation = Assert.Single(GatewayBinding.Violations([url, "http://127.0.0.1:1"], allowPlaintext: false));
        Assert.Contains("--allow-plaintext", violation, StringComparison.Ordinal);
        Assert.Empty(GatewayBinding.Violations([url], allowPlaintext: true));
        Assert.False(GatewayBinding.IsLoopback([url]));
    }

    [Theory]
    [InlineData(""), InlineData("127.0.0.1:8080"), InlineData("ftp://127.0.0.1:1"), InlineData("nonsense")]
    public void AddressThatIsNone_IsRefused(string url) => Assert.Single(GatewayBinding.Violations([url], allowPlaintext: true));
}
