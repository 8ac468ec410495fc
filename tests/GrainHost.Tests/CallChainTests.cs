namespace Marketplace.GrainHost.Tests;

internal interface IChainGrain : IGrainWithStringKey
{
    /// <summary>Calls the others one inside the other.</summary>
    Task<string> Through(string path, bool allowReentrancy);
}

internal sealed class ChainGrain : Grain, IChainGrain
{
    public async Task<string> Through(string path, bool allowReentrancy)
    {
        var own = this.GetPrimaryKeyString();
        if (path.Length == 0)
        {
            return own;
        }
        using var section = allowReentrancy ? RequestContext.AllowCallChainReentrancy() : default;
        return own + await GrainFactory.GetGrain<IChainGrain>(path[..1]).Through(path[1..], allowReentrancy);
    }
}

public class CallChainTests
{
    [Fact]
    public void CallChain_MayComeBack_WhereItIsAllowed() =>
        SimulatedHost.Run(
            async (host, _) => Assert.Equal("abab", await host.Client.GetGrain<IChainGrain>("a").Through("bab", allowReentrancy: true))
        );

    [Fact]
    public void OtherCalls_StillWait_WhileAChainIsAllowedBack() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var first = host.Client.GetGrain<IChainGrain>("a").Through("bab", allowReentrancy: true);
                var second = host.Client.GetGrain<IChainGrain>("a").Through("b", allowReentrancy: false);
                Assert.Equal("abab", await first);
                Assert.Equal("ab", await second);
            }
        );

    [Fact]
    public void CallChainThatWaitsForItself_IsReportedWithItsCircle_AndEndsByTimeout()
    {
        var reports = new List<string>();
        SimulatedHost.Run(
            async (host, _) =>
            {
                var error = await Assert.ThrowsAsync<TimeoutException>(() =>
                    host.Client.GetGrain<IChainGrain>("a").Through("ba", allowReentrancy: false)
                );
                Assert.Contains("waits for", error.Message);
            },
            configure: options => options.OnDeadlock = report => reports.Add(report.ToString())
        );

        var circle = Assert.Single(reports);
        Assert.Contains("IChainGrain.Through of chain/a", circle);
        Assert.Contains("IChainGrain.Through of chain/b", circle);
    }

    [Fact]
    public void TwoChainsThatWaitForEachOther_AreReportedOnce()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var reports = new List<DeadlockReport>();
            SimulatedHost.Run(
                async (host, _) =>
                {
                    var one = host.Client.GetGrain<IChainGrain>("a").Through("b", allowReentrancy: false);
                    var other = host.Client.GetGrain<IChainGrain>("b").Through("a", allowReentrancy: false);
                    await Assert.ThrowsAsync<TimeoutException>(() => one);
                    await Assert.ThrowsAsync<TimeoutException>(() => other);
                },
                configure: options => options.OnDeadlock = reports.Add,
                seed: seed
            );

            Assert.Equal(4, Assert.Single(reports).Calls.Count);
        }
    }
}
