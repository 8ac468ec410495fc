using System.Text;

namespace Marketplace.Tests.Silo;

/// <summary>What a job needs and a worker says of itself, on their way through the whole service.</summary>
public sealed class NeedsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_RunsOnTheWorkerWithItsLabels_AndIsToldWhatNoWorkerHas()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--worker-label", "region=eu;gpu");
        await using var client = silo.Client();
        var echo = (await client.Programs.Deploy(CommandLine.Program("echo"), cancellation: Cancellation)).Id;
        JobRequest Needing(params string[] labels) =>
            new()
            {
                RequestId = string.Join(' ', labels),
                Program = echo,
                InputText = "hello",
                PriceMax = new TokenAmount(1_000),
                Needs = new JobNeeds { Labels = labels },
            };

        var ran = await client.Jobs.Run(Needing("region=eu", "gpu"), cancellation: Cancellation);
        Assert.Equal(JobState.Completed, ran.State);
        Assert.Equal("HELLO", Encoding.UTF8.GetString(await client.Jobs.Output(ran, Cancellation)));

        var waits = await client.Jobs.Submit(Needing("region=us"), cancellation: Cancellation);
        var explanation = await client.Jobs.Explain(waits.Id, Cancellation);
        Assert.Equal("does not have the label region=us", Assert.Single(explanation.Offers).Reason);
        await client.Jobs.Cancel(waits.Id, Cancellation);
    }

    [Fact]
    public async Task Job_OfABuyerBelowWhatTheWorkerAsksFor_Waits_AndStakeIsToldOnTheWay()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--worker-min-buyer-reputation", "701");
        await using var client = silo.Client();
        var echo = (await client.Programs.Deploy(CommandLine.Program("echo"), cancellation: Cancellation)).Id;
        var worker = Assert.Single((await client.Workers.ListPage(cancellation: Cancellation)).Items);
        Assert.Equal((701, null), (worker.BuyerReputationMin, worker.Stake));

        var stake = new StakeRequest("stake", new TokenAmount(5));
        Assert.Equal(stake.Amount, (await client.Workers.Stake(worker.Id, stake, Cancellation)).Stake);
        Assert.Equal(stake.Amount, (await client.Workers.Get(worker.Id, Cancellation)).Stake);
        var waits = await client.Jobs.Submit(
            new JobRequest
            {
                RequestId = "waits",
                Program = echo,
                InputText = "hello",
                PriceMax = new TokenAmount(1_000),
                Needs = new JobNeeds { StakeMin = stake.Amount },
            },
            cancellation: Cancellation
        );
        Assert.Contains(
            "wants a buyer of reputation 701",
            Assert.Single((await client.Jobs.Explain(waits.Id, Cancellation)).Offers).Reason
        );
        var taken = await client.Workers.Unstake(worker.Id, ["stake"], Cancellation);
        Assert.Equal((null, StakeState.Unbonding), (taken.Stake, Assert.Single(taken.Stakes!).State));
        await client.Jobs.Cancel(waits.Id, Cancellation);
    }
}
