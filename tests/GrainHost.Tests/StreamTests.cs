using Marketplace.GrainHost.Streams;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Marketplace.GrainHost.Tests;

internal interface IListenerGrain : IGrainWithStringKey
{
    Task Publish(string stream, string key, string text);

    Task<IReadOnlyList<string>> Heard();
}

[ImplicitStreamSubscription("news")]
internal sealed class ListenerGrain : Grain, IListenerGrain, IStreamSubscriptionObserver, IAsyncObserver<string>
{
    private readonly List<string> _heard = [];

    public Task Publish(string stream, string key, string text) =>
        this.GetStreamProvider("gossip").GetStream<string>(StreamId.Create(stream, key)).OnNextAsync(text);

    public Task<IReadOnlyList<string>> Heard() => Task.FromResult<IReadOnlyList<string>>([.. _heard]);

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        await handleFactory.Create<string>().ResumeAsync(this);

    public async Task OnNextAsync(string item, StreamSequenceToken? token = null)
    {
        await Task.Yield();
        _heard.Add(item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}

internal sealed class TextObserver(List<string> heard) : IAsyncObserver<string>
{
    public Task OnNextAsync(string item, StreamSequenceToken? token = null)
    {
        heard.Add(item);
        return item == "bad" ? throw new InvalidOperationException("on purpose") : Task.CompletedTask;
    }

    public Task OnCompletedAsync()
    {
        heard.Add("(end)");
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        heard.Add(ex.Message);
        return Task.CompletedTask;
    }
}

public class StreamTests
{
    private static readonly StreamId News = StreamId.Create("news", "a");
    private static readonly StreamId Talk = StreamId.Create("talk", "a");
    private readonly List<string> _heard = [];

    [Fact]
    public void ImplicitSubscription_ActivatesTheGrainOfTheStreamsKey() =>
        Run(
            async (host, time) =>
            {
                await host.Client.GetStreamProvider("gossip").GetStream<string>(News).OnNextBatchAsync(["one", "two"]);
                await host.Client.GetGrain<IListenerGrain>("b").Publish("news", "a", "three");
                await Task.Delay(TimeSpan.FromSeconds(1), time);
                Assert.Equal(["one", "two", "three"], await host.Client.GetGrain<IListenerGrain>("a").Heard());
                Assert.Empty(await host.Client.GetGrain<IListenerGrain>("b").Heard());
            }
        );

    [Fact]
    public void ClientSubscription_HearsWhatGrainsPublish_UntilItUnsubscribes() =>
        Run(
            async (host, time) =>
            {
                var stream = host.Client.GetStreamProvider("gossip").GetStream<string>(Talk);
                var handle = await stream.SubscribeAsync(new TextObserver(_heard));
                Assert.Single(await stream.GetAllSubscriptionHandles());
                var grain = host.Client.GetGrain<IListenerGrain>("x");
                await grain.Publish("talk", "a", "one");
                await grain.Publish("talk", "a", "bad");
                await grain.Publish("talk", "other", "elsewhere");
                await grain.Publish("talk", "a", "two");
                await stream.OnCompletedAsync();
                await Task.Delay(TimeSpan.FromSeconds(1), time);
                Assert.Equal(["one", "bad", "two", "(end)"], _heard);

                await handle.UnsubscribeAsync();
                await grain.Publish("talk", "a", "unheard");
                await Task.Delay(TimeSpan.FromSeconds(1), time);
                Assert.Equal(4, _heard.Count);
            }
        );

    [Fact]
    public void PublisherCanAskWhetherAnybodyListens() =>
        Run(
            async (host, _) =>
            {
                var provider = host.Client.GetStreamProvider("gossip");
                Assert.True(provider.HasListeners(News));
                Assert.False(provider.HasListeners(Talk));
                var handle = await provider.GetStream<string>(Talk).SubscribeAsync(new TextObserver(_heard));
                Assert.True(provider.HasListeners(Talk));
                await handle.UnsubscribeAsync();
                Assert.False(provider.HasListeners(Talk));
            }
        );

    [Fact]
    public void SlowObserver_LosesItems_AndHoldsNobodyUp() =>
        Run(
            async (host, time) =>
            {
                var stream = host.Client.GetStreamProvider("gossip").GetStream<int>(Talk);
                var heard = 0;
                await stream.SubscribeAsync(new SlowObserver(time, () => heard++));
                for (var number = 0; number < 3000; number++)
                {
                    await stream.OnNextAsync(number);
                }
                await Task.Delay(TimeSpan.FromHours(1), time);
                Assert.InRange(heard, 1024, 1030);
            }
        );

    [Fact]
    public void GrainWithoutAnImplicitSubscription_CannotSubscribe() =>
        Run(
            async (host, _) =>
            {
                var error = await Assert.ThrowsAsync<NotSupportedException>(() => host.Client.GetGrain<ISubscriberGrain>("a").Subscribe());
                Assert.Contains("[ImplicitStreamSubscription]", error.Message);
            }
        );

    private void Run(Func<RunningHost, TimeProvider, Task> scenario) =>
        SimulatedHost.Run(scenario, register: services => services.AddGossipStreams("gossip"));

    private sealed class SlowObserver(TimeProvider time, Action onHeard) : IAsyncObserver<int>
    {
        public async Task OnNextAsync(int item, StreamSequenceToken? token = null)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            onHeard();
        }

        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}

internal interface ISubscriberGrain : IGrainWithStringKey
{
    Task Subscribe();
}

internal sealed class SubscriberGrain : Grain, ISubscriberGrain
{
    public Task Subscribe() =>
        this.GetStreamProvider("gossip").GetStream<string>(StreamId.Create("talk", "a")).SubscribeAsync(new TextObserver([]));
}
