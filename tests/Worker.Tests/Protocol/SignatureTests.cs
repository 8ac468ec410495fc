using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>What a worker signs, and that nothing of it can be changed, moved or sent elsewhere.</summary>
public sealed class SignatureTests
{
    private static readonly Bytes32 Market = ProtocolSamples.Market().PublicKey;
    private static readonly LeaseId Lease = ProtocolSamples.Call.Lease;

    public static TheoryData<string> Members => [.. Changed(ProtocolSamples.Result(1)).Keys];

    [Theory, MemberData(nameof(Members))]
    public void EveryMemberOfAResult_IsUnderTheSignature(string member)
    {
        using var worker = ProtocolSamples.Worker();
        var signed = WorkerSignatures.Sign(worker, Market, ProtocolSamples.Report(3), 7, 1);
        Assert.True(WorkerSignatures.Verify(signed, Market));

        var results = signed.Report.Results.ToArray();
        results[1] = Changed(results[1])[member];

        Assert.False(WorkerSignatures.Verify(signed with { Report = signed.Report with { Results = results } }, Market));
    }

    /// <summary>A member that is added to the record and not to the leaf would be a worker's word that it can take back.</summary>
    [Fact]
    public void ListOfMembers_IsComplete() =>
        Assert.Equal(
            typeof(WorkerResult).GetProperties().Select(property => property.Name).Order(),
            Changed(ProtocolSamples.Result(1)).Keys.Order()
        );

    [Fact]
    public void ReportElsewhere_IsNotSigned()
    {
        using var worker = ProtocolSamples.Worker();
        using var other = ProtocolSamples.Market();
        var report = ProtocolSamples.Report(2);
        var signed = WorkerSignatures.Sign(worker, Market, report, 7, 1);

        Assert.False(WorkerSignatures.Verify(signed, worker.PublicKey));
        Assert.False(WorkerSignatures.Verify(signed with { Start = 8 }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Sequence = 2 }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Worker = new WorkerId(other.PublicKey) } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Results = [.. report.Results.Reverse()] } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Results = [report.Results[0]] } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = "" }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = new string('g', 128) }, Market));
    }

    [Fact]
    public void RootsOfDifferentNumbersOfResults_Differ()
    {
        var roots = Enumerable.Range(0, 20).Select(count => ResultsRoot.Of(ProtocolSamples.Report(count).Results)).ToArray();

        Assert.Equal(roots.Length, roots.Distinct().Count());
    }

    [Fact]
    public void Request_IsForOneMarketMethodPathAndLease()
    {
        using var worker = ProtocolSamples.Worker();
        var header = WorkerSignatures.Authorization(worker, Market, "GET", "/path", ProtocolSamples.Call, ProtocolSamples.At);

        Assert.Equal(
            new RequestTicket(ProtocolSamples.Call, ProtocolSamples.At.ToUnixTimeMilliseconds()),
            WorkerSignatures.Check(header, Market, "GET", "/path", Lease)
        );
        Assert.Null(WorkerSignatures.Check(header, worker.PublicKey, "GET", "/path", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market, "PUT", "/path", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market, "GET", "/path2", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market, "GET", "/path", Lease with { Sequence = 2 }));
        foreach (var at in Enumerable.Range(RequestTicket.Scheme.Length, header.Length - RequestTicket.Scheme.Length))
        {
            var letter = header[at] == '1' ? '2' : '1';
            Assert.Null(WorkerSignatures.Check($"{header[..at]}{letter}{header[(at + 1)..]}", Market, "GET", "/path", Lease));
        }
    }

    [Theory]
    [
        InlineData(null),
        InlineData(""),
        InlineData("Worker "),
        InlineData("Worker ..."),
        InlineData("Bearer mk"),
        InlineData("Worker 1.2.3.4.5")
    ]
    public void HeaderOfAnotherForm_IsRefused(string? header) => Assert.Null(WorkerSignatures.Check(header, Market, "GET", "/path", Lease));

    private static Dictionary<string, WorkerResult> Changed(WorkerResult result) =>
        new()
        {
            [nameof(WorkerResult.Lease)] = result with { Lease = new LeaseId(result.Lease.Start, 99) },
            [nameof(WorkerResult.Job)] = result with { Job = new JobId(Market) },
            [nameof(WorkerResult.Outcome)] = result with { Outcome = RunOutcome.Failed },
            [nameof(WorkerResult.Reason)] = result with { Reason = "" },
            [nameof(WorkerResult.FuelUsed)] = result with { FuelUsed = result.FuelUsed + 1 },
            [nameof(WorkerResult.Output)] = result with { Output = "HELLA"u8.ToArray() },
            [nameof(WorkerResult.OutputBlob)] = result with { OutputBlob = new BlobId(Market) },
            [nameof(WorkerResult.OutputSize)] = result with { OutputSize = 6 },
            [nameof(WorkerResult.Log)] = result with { Log = "l"u8.ToArray() },
            [nameof(WorkerResult.StateChanges)] = result with { StateChanges = [result.StateChanges[0]] },
            [nameof(WorkerResult.StartedAt)] = result with { StartedAt = result.StartedAt.AddTicks(1) },
            [nameof(WorkerResult.EndedAt)] = result with { EndedAt = result.EndedAt.AddTicks(1) },
            [nameof(WorkerResult.ExitCode)] = result with { ExitCode = null },
            [nameof(WorkerResult.Files)] = result with { Files = [new JobFile("f", new BlobId(Market), 1)] },
        };
}
