namespace Marketplace.GrainHost.Tests;

public class MailboxTests
{
    [Fact]
    public void FullMailbox_RefusesWithATypedError_AndServesTheOthers() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<ISlowGrain>("a");
                var running = grain.Work(TimeSpan.FromSeconds(1));
                await host.Client.GetGrain<ISlowGrain>("b").Finished();
                var waiting = Enumerable.Range(0, 4).Select(_ => grain.Work(TimeSpan.FromSeconds(1))).ToList();

                var error = await Assert.ThrowsAsync<LimitExceededException>(() => grain.Finished());

                Assert.Contains("GrainHostOptions.MailboxMax", error.Message);
                await Task.WhenAll(waiting.Append(running));
                Assert.Equal(5, await grain.Finished());
            },
            configure: options => options.MailboxMax = 4,
            seed: 5
        );
}
