using System.Diagnostics;
using Marketplace.Grains;
using Marketplace.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Tests.Silo;

/// <summary>What a silo and a worker's program send to a receiver of OTLP.</summary>
public sealed class TelemetryTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloAndWorker_SendEveryMetric_AndTheWholeTraceOfAJob()
    {
        using var folder = new TemporaryFolder();
        await using var receiver = await OtlpReceiver.Start(Cancellation);
        string[] sends = ["--otlp", receiver.Url, "--trace-sample", "1"];
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, ["--worker", "false", .. sends]);
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var echo = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        var url = (await File.ReadAllTextAsync(Path.Combine(silo.Folder, "url"), Cancellation)).Trim();
        await using var worker = WorkerProgram.Start(folder.Path, new Dictionary<string, string>(), ["--url", url, .. sends]);
        await worker.Line("offers its slots", Cancellation);

        Job job;
        string mine;
        using (var own = new Activity("test").Start())
        {
            mine = own.TraceId.ToHexString();
            var spec = new JobSpec { Program = echo.Id, InputText = "hello" };
            job = await client.Jobs.Run(spec, cancellation: Cancellation).WaitAsync(WaitMax, Cancellation);
        }
        // Both send what waits when they end.
        await worker.Terminate();
        Assert.Equal(0, await worker.Ended(Cancellation));
        Assert.Equal(0, await silo.Stop(Cancellation));

        Assert.Equal(JobState.Completed, job.State);
        Assert.Empty(receiver.Strangers);
        MustBeTheTraceOf(job, mine, [.. receiver.Spans]);
        MustBeAllMetrics([.. receiver.Metrics]);
        Assert.Contains(receiver.Logs, log => log.Body.Contains("is ready on", StringComparison.Ordinal));
    }

    private static void MustBeTheTraceOf(Job job, string client, ReceivedSpan[] spans)
    {
        var id = job.Id.ToString();
        Assert.All(spans, span => Assert.Equal(id[..32], span.Trace));
        // No committee signs it; it has one run.
        Assert.Equal(
            JobStage.All.Where(stage => stage != JobStage.Verify).Select(stage => $"marketplace-{stage.Process} {stage.Name}").Order(),
            spans.Select(span => $"{span.Service} {span.Name}").Distinct().Order()
        );
        var whole = Assert.Single(spans, span => span.Name == JobStage.Whole.Name);
        Assert.Equal((id[32..48], ""), (whole.Id, whole.Parent));
        Assert.All(spans.Where(span => span != whole), span => Assert.Equal(whole.Id, span.Parent));
        Assert.All(spans, span => Assert.True(span.From < span.To, $"{span}"));
        var run = Assert.Single(spans, span => span.Name == JobStage.Run.Name);
        Assert.True(whole.From < run.From && run.To < whole.To, $"{run} in {whole}");
        Assert.Equal([client], Assert.Single(spans, span => span.Name == JobStage.Submit.Name).Links);
    }

    private static void MustBeAllMetrics(ReceivedMetric[] metrics)
    {
        // It settles on no chain, refused neither worker nor job, and keeps jobs for ever.
        var expected = MarketMetrics.All.Except([
            MarketMetrics.ChainLag,
            MarketMetrics.CallsRefused,
            MarketMetrics.JobsShed,
            MarketMetrics.JobsDropped,
        ]);
        Assert.Equal(
            expected.Select(metric => $"marketplace-silo {metric.Name} {metric.Unit} {metric.Kind}").Order(),
            metrics.Select(metric => $"{metric.Service} {metric.Name} {metric.Unit} {metric.Kind}").Distinct().Order()
        );
    }

    [Fact]
    public async Task SiloWhoseReceiverIsAway_Works_SaysSo_AndStopsInOrder()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--otlp", "http://127.0.0.1:1");
        await using var client = silo.Client();
        await using var module = File.OpenRead(CommandLine.Program("echo"));
        var echo = await client.Programs.Deploy(module, "echo", cancellation: Cancellation);

        var job = await client
            .Jobs.Run(new JobSpec { Program = echo.Id, InputText = "hello" }, cancellation: Cancellation)
            .WaitAsync(WaitMax, Cancellation);

        Assert.Equal(JobState.Completed, job.State);
        Assert.Equal(0, await silo.Stop(Cancellation));
        Assert.Contains("The receiver at http://127.0.0.1:1/ takes no metrics", silo.Output);
    }

    [Theory, InlineData("", 0), InlineData("http://127.0.0.1:1", 1)]
    public void Silo_MeasuresJobsOnlyForAReceiver(string url, int watches)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var before = builder.Services.Count;

        builder.AddMarketplaceTelemetry(new SiloOptions { Otlp = url });

        Assert.Equal(watches, builder.Services.Count(service => service.ServiceType == typeof(IJobWatch)));
        Assert.Equal(watches == 0, builder.Services.Count == before);
    }
}
