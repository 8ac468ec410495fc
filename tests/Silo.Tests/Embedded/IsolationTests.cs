namespace Marketplace.Tests.Silo;

/// <summary>Where the worker inside runs programs is an option of the silo.</summary>
public sealed class IsolationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IsolationThatThereIsNot_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var silo = SiloProcess.Launch(folder.Path, "--isolation", "prison");
        Assert.Equal(2, await silo.Ended(Cancellation));
        Assert.Contains("SiloOptions.Isolation is 'prison'; allowed: none, process, sandbox or auto.", silo.Output);
    }
}
