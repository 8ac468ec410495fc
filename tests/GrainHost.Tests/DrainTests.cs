namespace Marketplace.GrainHost.Tests;

internal interface IRelayGrain : IGrainWithStringKey
{
    /// <summary>Waits, then asks the next one.</summary>
    Task<string> Relay(string next, TimeSpan wait);
}

internal sealed class RelayGrain(TimeProvider time) : Grain, IRelayGrain
{
    public async Task<string> Relay(string next, TimeSpan wait)
    {
        await Task.Delay(wait, time);
        var own = this.GetPrimaryKeyString();
        return next.Length == 0 ? own : own + await GrainFactory.GetGrain<IRelayGrain>(next[..1]).Relay(next[1..], wait);
    }
}

public class DrainTests
{
    [Fact]
    public void Stop_RefusesNewCalls_AndLetsThoseUnderWayEnd_AlsoWhereTheyCallOtherGrains() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var underWay = host.Client.GetGrain<IRelayGrain>("a").Relay("bc", TimeSpan.FromSeconds(1));
                var stopping = host.Host.StopAsync(CancellationToken.None);
                var refused = await Assert.ThrowsAsync<SiloUnavailableException>(() =>
                    host.Client.GetGrain<IRelayGrain>("d").Relay("", TimeSpan.Zero)
                );
                Assert.Contains("shutting down", refused.Message);
                Assert.Equal("abc", await underWay);
                await stopping;
                Assert.Equal(0, host.Host.ActivationCount);
            }
        );

    [Fact]
    public void Stop_GivesUpAfterItsLimit() =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                var underWay = host.Client.GetGrain<IRelayGrain>("a").Relay("", TimeSpan.FromMinutes(10));
                var begun = time.GetTimestamp();
                await host.Host.StopAsync(CancellationToken.None);
                Assert.InRange(time.GetElapsedTime(begun), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6));
                Assert.False(underWay.IsCompletedSuccessfully);
            },
            configure: options =>
            {
                options.DrainTimeout = TimeSpan.FromSeconds(3);
                options.DeactivationTimeout = TimeSpan.FromSeconds(2);
            }
        );

    [Fact]
    public void Stop_DeactivatesEverythingWithItsReason()
    {
        var diary = new Diary();
        SimulatedHost.Run(
            async (host, _) => await host.Client.GetGrain<ILifeGrain>("a").Count(),
            register: services => services.AddSingleton(diary)
        );
        Assert.Equal(["on a", "off a ShuttingDown"], diary.Lines);
    }

    [Fact]
    public async Task CallBeforeTheStart_IsRefused()
    {
        var services = new ServiceCollection();
        services.AddEmbeddedGrainHost(options => options.Assemblies.Add(typeof(DrainTests).Assembly));
        await using var provider = services.BuildServiceProvider();
        var error = await Assert.ThrowsAsync<SiloUnavailableException>(() =>
            provider.GetRequiredService<IGrainFactory>().GetGrain<IRelayGrain>("a").Relay("", TimeSpan.Zero)
        );
        Assert.Contains("not started", error.Message);
    }
}
