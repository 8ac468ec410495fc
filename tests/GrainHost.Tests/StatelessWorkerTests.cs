using Orleans.Concurrency;

namespace Marketplace.GrainHost.Tests;

internal interface IPoolGrain : IGrainWithStringKey
{
    Task Work();
}

/// <summary>Counts how many of its workers are inside at once.</summary>
internal sealed class Crowd
{
    public int Inside { get; set; }

    public int Most { get; set; }
}

[StatelessWorker(3)]
internal sealed class PoolGrain(Crowd crowd, TimeProvider time) : Grain, IPoolGrain
{
    public async Task Work()
    {
        crowd.Most = Math.Max(crowd.Most, ++crowd.Inside);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        crowd.Inside--;
    }
}

public class StatelessWorkerTests
{
    [Fact]
    public void StatelessWorkers_ShareTheCalls_UpToTheirNumber()
    {
        var crowd = new Crowd();
        SimulatedHost.Run(
            async (host, time) =>
            {
                var begun = time.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => host.Client.GetGrain<IPoolGrain>("a").Work()));
                Assert.Equal(TimeSpan.FromSeconds(3), time.GetElapsedTime(begun));
                Assert.Equal(3, host.Host.ActivationCount);
            },
            register: services => services.AddSingleton(crowd)
        );
        Assert.Equal(3, crowd.Most);
    }

    [Fact]
    public void IdleWorkers_AreCollected_AndTheirGroupWithThem() =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                await host.Client.GetGrain<IPoolGrain>("a").Work();
                await Task.Delay(TimeSpan.FromMinutes(20), time);
                Assert.Equal(0, host.Host.ActivationCount);
                await host.Client.GetGrain<IPoolGrain>("a").Work();
                Assert.Equal(1, host.Host.ActivationCount);
            },
            register: services => services.AddSingleton(new Crowd())
        );
}
