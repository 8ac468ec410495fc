using Marketplace.Silo;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
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

    /// <summary>A log is read by more people than the silo's operator, and a link in it is the operator's key.</summary>
    [Theory]
    [InlineData("http://127.0.0.1:8080", "", "", true)]
    [InlineData("http://10.0.0.5:8080", "", "", false)]
    [InlineData("http://127.0.0.1:8080 http://10.0.0.5:8080", "", "", false)]
    [InlineData("http://127.0.0.1:8080", "market.example", "", false)]
    [InlineData("http://127.0.0.1:8080", "", "127.0.0.1", false)]
    public void LinkThatSignsIn_IsSaidOnlyWhereNoOtherMachineCanUseIt(string bound, string names, string proxies, bool isSaid) =>
        Assert.Equal(
            isSaid,
            Announcement.ServesThisMachineAlone(bound.Split(' '), new SiloOptions { AllowedHosts = names, TrustedProxies = proxies })
        );

    /// <summary>The ports open when this has started.</summary>
    [Fact]
    public async Task Start_WaitsForAllParts_AndFailsWithTheFirstThatFails()
    {
        var (first, second, third) = (new Part(), new Part(), new Part());
        var start = Announce(first, second, third);

        first.Ended.SetResult();
        Assert.False(start.IsCompleted);
        second.Ended.SetException(new SiloOptionsException("It cannot."));

        Assert.Equal("It cannot.", (await Assert.ThrowsAsync<SiloOptionsException>(() => start)).Message);
    }

    private static Task Announce(params IStartPart[] parts) =>
        new Announcement(
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
            server: null!,
            parts,
            folder: null!,
            new SiloOptions(),
            signIns: null!,
            NullLogger<Announcement>.Instance
        ).StartAsync(TestContext.Current.CancellationToken);

    private sealed class Part : IStartPart
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => Ended.Task;
    }
}
