using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Marketplace.Tests.Tidy;

/// <summary>Dashboards and alerts ask for metrics that silos send, under the names that Prometheus gives them.</summary>
public sealed partial class DashboardTests
{
    private const string Folder = "dashboards/grafana";
    private const string Judge = "promtool";

    private static readonly string[] Dashboards = ["engine", "grains", "market", "money", "silos", "storage", "workers"];

    [Fact]
    public void EveryQuery_NamesAMetricThatSilosSend()
    {
        var metrics = Metrics();
        Assert.Equal(Dashboards, Directory.EnumerateFiles(Place(), "*.json").Select(Path.GetFileNameWithoutExtension).Order());
        string[] files = [.. Dashboards.Select(name => $"{name}.json"), "alerts.yaml", "alerts.test.yaml"];
        foreach (var file in files)
        {
            var named = NamePattern().Matches(File.ReadAllText(Place(file))).Select(match => match.Value).Distinct().ToArray();
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.True(metrics.Contains(name), $"{file} asks for {name}, which METRICS.md does not have."));
        }
    }

    [Fact]
    public void EveryMetric_IsShown()
    {
        var shown = string.Concat(Dashboards.Select(name => File.ReadAllText(Place($"{name}.json"))));
        Assert.All(Table(), metric => Assert.Contains(Stem(metric), shown, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryAlert_SaysWhatToDo_AndIsTested()
    {
        var tests = File.ReadAllText(Place("alerts.test.yaml"));
        var rules = Yaml.Documents($"{Folder}/alerts.yaml").Single()["groups"].Items.SelectMany(group => group["rules"].Items).ToArray();
        Assert.NotEmpty(rules);
        foreach (var rule in rules)
        {
            var name = $"{rule["alert"]}";
            Assert.True($"{rule["annotations"]["runbook"]}".Length > 40, $"{name} does not say what to do.");
            Assert.Contains($"{rule["labels"]["severity"]}", (string[])["page", "ticket"]);
            Assert.Contains($"alertname: {name} ", tests, StringComparison.Ordinal);
            Assert.Contains($"alertname=\"{name}\"", tests, StringComparison.Ordinal);
        }
    }

    /// <summary>Debian's package prometheus has the program.</summary>
    [Theory]
    [InlineData("check", "alerts.yaml")]
    [InlineData("test", "alerts.test.yaml")]
    public async Task Alerts_AreJudgedByPrometheus(string act, string file)
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Judge)))
                || Environment.GetEnvironmentVariable("CI") == "true",
            $"{Judge} is not installed: run 'apt-get install prometheus'."
        );
        using var run = Process.Start(
            new ProcessStartInfo(Judge, [act, "rules", file])
            {
                WorkingDirectory = Place(),
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var said = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, await said + errors);
    }

    /// <summary>The names under which Prometheus keeps what comes by OTLP: with the unit, and what kinds of figures end with.</summary>
    private static HashSet<string> Metrics() =>
        [
            .. Table()
                .SelectMany(metric =>
                    metric.Kind switch
                    {
                        "counter" => (string[])[$"{Stem(metric)}_total"],
                        "histogram" => [$"{Stem(metric)}_bucket", $"{Stem(metric)}_count", $"{Stem(metric)}_sum"],
                        _ => [Stem(metric)],
                    }
                ),
        ];

    private static string Stem((string Name, string Kind, string Unit) metric) =>
        metric.Name.Replace('.', '_')
        + metric.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };

    private static (string Name, string Kind, string Unit)[] Table()
    {
        var rows = RowPattern().Matches(File.ReadAllText(Path.Combine(Repository.Root, "METRICS.md")));
        Assert.NotEmpty(rows);
        return [.. rows.Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value))];
    }

    private static string Place(string file = "") => Path.Combine(Repository.Root, Folder, file);

    [GeneratedRegex("marketplace_[a-z_]*[a-z]")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"(?m)^\| `(marketplace\.[a-z._]+)` \| (counter|gauge|histogram) \| `([^`]*)` \|")]
    private static partial Regex RowPattern();
}
