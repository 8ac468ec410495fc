using System.Threading.Channels;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Streams;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams;

namespace Marketplace.Tests.Silo;

/// <summary>The silo's end of the market's streams, on the embedded host.</summary>
public sealed class EmbeddedStreamsTests
{
    [Fact]
    public async Task Market_IsAskedForNews_WhileTheyAreListenedTo_AndForNoOthers()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddEmbeddedGrainHost(options => options.Assemblies.Add(typeof(IJobGrain).Assembly));
        services.AddGossipStreams(MarketStreams.Provider).AddSingleton<IHostFacts, EmbeddedFacts>().AddSingleton<StreamResultsFeed>();
        await using var provider = services.BuildServiceProvider();
        var host = provider.GetRequiredService<EmbeddedGrainHost>();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var feed = provider.GetRequiredService<StreamResultsFeed>();
        var heard = Channel.CreateUnbounded<MarketNews>();
        string[] wanted() =>
            [.. new[] { MarketStreams.Jobs, MarketStreams.Capabilities, MarketStreams.Reputation, MarketStreams.Health }.Where(feed.Wants)];
        Assert.Empty(wanted());

        var streams = new EmbeddedStreams(provider.GetRequiredService<IClusterClient>(), NullLogger<EmbeddedStreams>.Instance);
        var listening = await streams.Listen(MarketStreams.Health, news => heard.Writer.TryWrite(news), missed: () => { });
        Assert.Equal([MarketStreams.Health], wanted());
        Assert.False(feed.IsWanted);
        var told = new MarketNews([new NewsItem(Kind: NewsKind.Pulse, At: default)]);
        feed.Publish(MarketStreams.Health, told);
        Assert.Same(told, await heard.Reader.ReadAsync(TestContext.Current.CancellationToken));
        await listening.DisposeAsync();

        Assert.Empty(wanted());
        await host.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task PublishedJobs_AreHeard_UntilListeningEnds()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddEmbeddedGrainHost(options => options.Assemblies.Add(typeof(IJobGrain).Assembly));
        services.AddGossipStreams(MarketStreams.Provider);
        await using var provider = services.BuildServiceProvider();
        var host = provider.GetRequiredService<EmbeddedGrainHost>();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var client = provider.GetRequiredService<IClusterClient>();
        var stream = client
            .GetStreamProvider(MarketStreams.Provider)
            .GetStream<JobsEnded>(StreamId.Create(MarketStreams.Results, MarketStreams.Key));
        var heard = Channel.CreateUnbounded<JobsEnded>();
        var jobs = new JobsEnded([
            new EndedJob(
                Account: default,
                Job: default,
                RequestId: "a",
                Status: JobStatus.Completed,
                Code: null,
                FuelUsed: 1,
                Charge: TokenAmount.Zero,
                Output: default
            ),
        ]);

        var listening = await new EmbeddedStreams(client, NullLogger<EmbeddedStreams>.Instance).Listen(
            ended => heard.Writer.TryWrite(ended),
            missed: () => { }
        );
        Assert.Single(await stream.GetAllSubscriptionHandles());
        await stream.OnNextAsync(jobs);
        Assert.Same(jobs, await heard.Reader.ReadAsync(TestContext.Current.CancellationToken));
        await listening.DisposeAsync();

        Assert.Empty(await stream.GetAllSubscriptionHandles());
        await host.StopAsync(CancellationToken.None);
    }
}
