using Marketplace.Silo;
using Xunit;

namespace Marketplace.Tests.Silo;

/// <summary>The address in the data folder, which commands on the same machine use.</summary>
public class AnnouncementTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080")]
    [InlineData("http://[::]:8080", "http://127.0.0.1:8080")]
    [InlineData("http://*:8080", "http://127.0.0.1:8080")]
    [InlineData("http://10.0.0.5:8080", "http://10.0.0.5:8080")]
    [InlineData("https://0.0.0.0:8443", "https://0.0.0.0:8443")]
    [InlineData("https://0.0.0.0:8443 http://0.0.0.0:8080", "http://127.0.0.1:8080")]
    [InlineData("http://0.0.0.0:8080 http://127.0.0.1:9090", "http://127.0.0.1:9090")]
    public void OwnAddress_IsOneThatACommandOnThisMachineMayUse(string bound, string expected) =>
        Assert.Equal(expected, Announcement.OwnAddress(bound.Split(' ')));
}
