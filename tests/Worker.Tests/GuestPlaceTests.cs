using Marketplace.Worker;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>Where guests run, found out before there is a worker and a log.</summary>
public sealed class GuestPlaceTests
{
    [Fact]
    public async Task Place_IsReadyForTheWorkerThatTakesIt()
    {
        using var place = new GuestPlace(Options(TestChild.Command), TimeProvider.System);

        var (host, choice) = await place.Take(NullLogger.Instance);

        Assert.Equal(IsolationKind.Process, choice.Kind);
        host.Dispose();
    }

    [Fact]
    public async Task ChildThatDoesNotStart_IsToldToWhoTakesThePlace()
    {
        var log = new LogLines();
        using var place = new GuestPlace(Options(new ChildCommand(["/bin/false"])), TimeProvider.System);

        await Assert.ThrowsAsync<IsolationException>(() => place.Take(log));

        Assert.Equal(
            IsolationPolicy.StartAttemptsMax - 1,
            log.Written.Count(line => line.StartsWith("A child did not start", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Place_IsTakenOnce()
    {
        using var place = new GuestPlace(new GuestOptions(), TimeProvider.System);
        (await place.Take(NullLogger.Instance)).Host.Dispose();

        await Assert.ThrowsAsync<InvalidOperationException>(() => place.Take(NullLogger.Instance));
    }

    private static GuestOptions Options(ChildCommand child) => new() { Isolation = IsolationKind.Process, Child = child };
}
