using System.Text.Json;
using Marketplace.Receipts;

namespace Marketplace.Tests.Silo;

/// <summary>Receipts of jobs that a real silo ran: they hold for a stranger, and what they say comes of a run at home too.</summary>
public sealed class ReceiptTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JobsOfEveryKind_HaveReceiptsThatHold_AndGiveTheSameAgain()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "a.txt"), "one two", Cancellation);
        string[][] jobs =
        [
            [CommandLine.Program("echo"), "--text", "hello"],
            [CommandLine.Program("echo"), "--text", new string('x', 20_000)],
            [CommandLine.Program("wordcount"), "--text", "one two", "--", "-n", "1"],
            [CommandLine.Program("catalog"), "--text", "", "--input-file", "in.txt=a.txt", "--output-dir", "out"],
            [CommandLine.Program("faulty"), "--text", "divide"],
            [CommandLine.Program("faulty"), "--text", "exit 3"],
            [CommandLine.Program("faulty"), "--text", "memory"],
            [CommandLine.Program("faulty"), "--text", "loop"],
            [CommandLine.Program("kvstore"), "--text", """{"op":"put","key":"a","data_base64":"NDI="}"""],
            [CommandLine.Program("kvstore"), "--text", """{"op":"put","key":"b","data_base64":"NDI="}"""],
            [CommandLine.Program("kvstore"), "--text", """{"op":"get","key":"c"}"""],
            [CommandLine.Program("kvstore"), "--text", """{"op":"list"}"""],
            [CommandLine.Program("kvstore"), "--text", """{"op":"clear"}"""],
        ];

        foreach (var job in jobs)
        {
            await CommandLine.Run(folder.Path, ["job", "run", .. job]);
            var (_, list, _) = await CommandLine.Run(folder.Path, "job", "list", "--limit", "1", "--json");
            var id = JsonDocument.Parse(list).RootElement.GetProperty("items")[0].GetProperty("id").GetString()!;

            var (code, output, error) = await CommandLine.Run(folder.Path, "job", "replay", id);
            Assert.True(code == 0, $"{string.Join(' ', job)}: {output}{error}");
            var (_, receipt, _) = await CommandLine.Run(folder.Path, "receipt", "get", id);
            var file = ReceiptFile.Parse(System.Text.Encoding.UTF8.GetBytes(receipt));
            Assert.DoesNotContain(ReceiptChecks.Of(file), check => check.Result == CheckResult.Broken);
            Assert.Single(file.WorkerSignatures);
        }
    }

    [Fact]
    public async Task JobThatAReceiptAnswers_HasAReceiptThatHolds_AndGivesTheSameAtHome()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--reuse-price", "50");
        string[] words = ["job", "run", CommandLine.Program("wordcount"), "--text", "one two", "--reuse", "--json"];

        var first = Of(await CommandLine.Run(folder.Path, words));
        var second = Of(await CommandLine.Run(folder.Path, words));
        var id = second.GetProperty("id").GetString()!;
        var (replayed, output, _) = await CommandLine.Run(folder.Path, "job", "replay", id);
        var (_, receipt, _) = await CommandLine.Run(folder.Path, "receipt", "get", id, "--output", "r.receipt.json");
        var (verified, checks, _) = await CommandLine.Run(folder.Path, "receipt", "verify", "r.receipt.json");
        var (_, shown, _) = await CommandLine.Run(folder.Path, "receipt", "show", "r.receipt.json");

        Assert.False(first.TryGetProperty("reusedJob", out _));
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("reusedJob").GetString());
        Assert.Equal(first.GetProperty("output").ToString(), second.GetProperty("output").ToString());
        Assert.Equal((0, 0), (replayed, verified));
        Assert.StartsWith("The same: completed", output, StringComparison.Ordinal);
        Assert.Contains("earlier receipt", checks, StringComparison.Ordinal);
        Assert.Contains("for 50 % of its price", shown, StringComparison.Ordinal);

        static JsonElement Of((int Code, string Output, string Error) ran) => JsonDocument.Parse(ran.Output).RootElement;
    }

    [Fact]
    public async Task ReplayWithoutItsModule_AsksForIt_AndChecksIt()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation);
        await using var client = silo.Client();
        var (_, run, _) = await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "hello", "--json");
        var id = JsonDocument.Parse(run).RootElement.GetProperty("id").GetString()!;
        await foreach (var blob in client.Blobs.List(cancellation: Cancellation))
        {
            await client.Blobs.Delete(blob.Id, Cancellation);
        }

        var (missing, _, advice) = await CommandLine.Run(folder.Path, "job", "replay", id);
        var (other, _, refusal) = await CommandLine.Run(folder.Path, "job", "replay", id, "--module", CommandLine.Program("faulty"));
        var (same, output, _) = await CommandLine.Run(folder.Path, "job", "replay", id, "--module", CommandLine.Program("echo"));

        Assert.Equal((4, 7, 0), (missing, other, same));
        Assert.Contains("--module", advice, StringComparison.Ordinal);
        Assert.Contains($"{CommandLine.Program("faulty")} is blob", refusal, StringComparison.Ordinal);
        Assert.StartsWith("The same: completed", output, StringComparison.Ordinal);
    }
}
