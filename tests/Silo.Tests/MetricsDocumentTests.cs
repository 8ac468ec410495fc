using System.Text;

namespace Marketplace.Tests.Silo;

/// <summary>METRICS.md, which is made from the list of instruments and of spans.</summary>
public sealed class MetricsDocumentTests
{
    private const string Name = "METRICS.md";

    /// <summary>Names the file to write the document to, as CONTRIBUTING.md says.</summary>
    private const string Write = "MARKETPLACE_WRITE_METRICS";

    [Fact]
    public void Document_HasEveryInstrumentAndSpan_AndIsTheOneThatIsCheckedIn()
    {
        var made = Make();
        if (Environment.GetEnvironmentVariable(Write) is { Length: > 0 } target)
        {
            File.WriteAllText(target, made);
        }
        Assert.Equal(made, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, Name)));
    }

    [Fact]
    public void Instrument_IsNamedOnce_ByTheConventions()
    {
        Assert.Equal(MarketMetrics.All.Count, MarketMetrics.All.Select(metric => metric.Name).Distinct().Count());
        Assert.All(
            MarketMetrics.All,
            metric =>
            {
                Assert.Matches(@"^marketplace(\.[a-z_]+)+$", metric.Name);
                Assert.Matches(@"^(s|By|\{[a-z_]+\})$", metric.Unit);
                Assert.EndsWith(".", metric.Description, StringComparison.Ordinal);
            }
        );
    }

    private static string Make()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # What a silo measures

            With `--otlp URL` a silo sends metrics, traces and logs to an OpenTelemetry receiver, by OTLP over HTTP in protobuf; without
            it nothing is measured. Headers that the receiver asks for, such as a key, are taken from `OTEL_EXPORTER_OTLP_HEADERS`.
            Figures of the market, of the books and of chains are the same from every silo of a cluster: take one, or the largest. All
            others are of the silo that sends them.

            This file is made from the code by a test.

            ## Metrics

            | metric | kind | unit | attributes | meaning |
            |---|---|---|---|---|

            """
        );
        foreach (var metric in MarketMetrics.All)
        {
            var attributes = string.Join(", ", metric.Attributes.Select(attribute => $"`{attribute}`"));
            var condition = metric.Condition is { } when ? $" {when}" : "";
            text.Append("| `").Append(metric.Name).Append("` | ").Append(metric.Kind.ToString().ToLowerInvariant());
            text.Append(" | `").Append(metric.Unit).Append("` | ").Append(attributes).Append(" | ");
            text.Append(metric.Description).Append(condition).Append(" |\n");
        }
        text.Append(
            """

            ## Traces

            `--trace-sample RATIO` is the share of jobs that are traced. Each has a trace of its own, whose id is the first 32 digits of
            the job's id. Whether it is traced follows from that id, so silos and workers with one ratio trace the same jobs. Worker
            programs take both options too, and send their own spans.

            | span | from | meaning |
            |---|---|---|

            """
        );
        foreach (var stage in JobStage.All)
        {
            text.Append("| `").Append(stage.Name).Append("` | ").Append(stage.Process).Append(" | ");
            text.Append(stage.Description).Append(" |\n");
        }
        text.Append(
            """

            ## Logs

            The lines of the silo's log, with their values as attributes. A line that names a job has the id of the job's trace.

            """
        );
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
