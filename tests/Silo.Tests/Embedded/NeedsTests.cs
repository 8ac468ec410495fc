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
}
