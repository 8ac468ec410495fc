using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

public abstract class RunTests(IsolationKind isolation)
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task Echo_RunsAndItsOutputTravelsInTheReport(bool encoded)
    {
        await using var worker = new WorkerFixture(encoded, isolation: isolation);
        var lease = worker.Market.Lease(worker.Module("echo"), "hello marketplace");

        worker.Market.Give(lease);
        var result = await worker.NextResult();

        Assert.Equal((lease.Id, lease.Job, RunOutcome.Completed), (result.Lease, result.Job, result.Outcome));
        Assert.Equal("HELLO MARKETPLACE", Encoding.UTF8.GetString(result.Output.Span));
        Assert.Equal(17, result.OutputSize);
        Assert.Null(result.OutputBlob);
        Assert.True(result.FuelUsed > 0);
    }

    [Fact]
    public async Task LargeOutput_IsUploadedAndReportedByItsId()
    {
        await using var worker = new WorkerFixture(encoded: true, isolation: isolation);
        var input = new string('a', 100_000);
        var blob = worker.Market.Add(Encoding.UTF8.GetBytes(input));

        worker.Market.Give(worker.Market.Lease(worker.Module("echo"), "") with { InputBlob = blob });
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.Completed, result.Outcome);
        Assert.Equal(0, result.Output.Length);
        Assert.Equal(100_000, result.OutputSize);
        Assert.Equal(input.ToUpperInvariant(), Encoding.UTF8.GetString(worker.Market.Blobs[result.OutputBlob!.Value]));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Files_AreFetchedAndThoseThatTheProgramLeavesAreUploaded(bool encoded)
    {
        await using var worker = new WorkerFixture(encoded, isolation: isolation);
        var files = new Dictionary<string, BlobId> { ["notes/a.txt"] = worker.Market.Add("one\ntwo\n"u8.ToArray()) };

        var environment = new Dictionary<string, string> { ["A"] = "b" };
        worker.Market.Give(worker.Market.Lease(worker.Module("catalog"), "") with { Files = files, Environment = environment });
        var result = await worker.NextResult();

        Assert.Equal((RunOutcome.Completed, "1 files\n"), (result.Outcome, Encoding.UTF8.GetString(result.Output.Span)));
        Assert.Equal([("index.txt", 16L), ("text/all.txt", 8L)], result.Files!.Select(file => (file.Name, file.Size)));
        Assert.Equal("notes/a.txt 8 2\n", Encoding.UTF8.GetString(worker.Market.Blobs[result.Files![0].Blob]));
    }

    [Fact]
    public async Task MissingFile_IsTheInputsFault()
    {
        await using var worker = new WorkerFixture(isolation: isolation);
        var files = new Dictionary<string, BlobId> { ["a"] = default };
        worker.Market.Give(worker.Market.Lease(worker.Module("catalog"), "") with { Files = files });
        Assert.Equal(RunOutcome.InputUnavailable, (await worker.NextResult()).Outcome);
    }

    [Fact]
    public async Task ThousandLeases_AreEachReportedOnce()
    {
        await using var worker = new WorkerFixture(isolation: isolation);
        var module = worker.Module("echo");
        var leases = Enumerable.Range(0, 1000).Select(index => worker.Market.Lease(module, $"job {index}")).ToArray();

        foreach (var batch in leases.Chunk(100))
        {
            worker.Market.Give(batch);
        }
        var reported = new Dictionary<LeaseId, string>();
        while (reported.Count < leases.Length)
        {
            var result = await worker.NextResult();
            if (result.Outcome == RunOutcome.Returned)
            {
                // It waited too long for a slot of a busy machine; the market gives it again.
                worker.Market.Give(leases.Single(lease => lease.Id == result.Lease));
                continue;
            }
            reported.Add(result.Lease, Encoding.UTF8.GetString(result.Output.Span));
        }

        Assert.Equal(leases.Select(lease => lease.Id).OrderBy(id => id.Sequence), reported.Keys.OrderBy(id => id.Sequence));
        Assert.All(leases, lease => Assert.Equal(Encoding.UTF8.GetString(lease.Input.Span).ToUpperInvariant(), reported[lease.Id]));
        Assert.All(worker.Market.Reports, report => Assert.InRange(report.Results.Count, 1, 64));
    }

    [Fact]
    public async Task StateWrites_TravelInTheReport()
    {
        await using var worker = new WorkerFixture(encoded: true, isolation: isolation);
        var put = """{"op":"put","key":"colour","data_base64":"Ymx1ZQ=="}""";

        worker.Market.Give(worker.Market.Lease(worker.Module("kvstore"), put));
        var result = await worker.NextResult();

        Assert.Equal(RunOutcome.Completed, result.Outcome);
        Assert.NotEmpty(result.StateChanges);
        Assert.Empty(worker.Market.State);
    }

    /// <summary>A key that is deleted, or was never there, is not one with an empty value.</summary>
    [Fact]
    public async Task AbsentKeys_StayAbsent()
    {
        await using var worker = new WorkerFixture(encoded: true, isolation: isolation);
        var kvstore = worker.Module("kvstore");
        foreach (var input in (string[])["""{"op":"get","key":"colour"}""", """{"op":"put","key":"colour","data_base64":"Ymx1ZQ=="}"""])
        {
            worker.Market.Give(worker.Market.Lease(kvstore, input));
            var result = await worker.NextResult();
            Assert.Equal(input.Contains("get"), Encoding.UTF8.GetString(result.Output.Span).Contains("\"err\""));
            foreach (var change in result.StateChanges)
            {
                worker.Market.State[Convert.ToHexString(change.Key.Span)] = change.Value!.Value.ToArray();
            }
        }

        worker.Market.Give(worker.Market.Lease(kvstore, """{"op":"clear"}"""));
        var cleared = await worker.NextResult();

        Assert.Equal(worker.Market.State.Keys, cleared.StateChanges.Select(change => Convert.ToHexString(change.Key.Span)));
        Assert.All(cleared.StateChanges, change => Assert.Null(change.Value));
    }
}
