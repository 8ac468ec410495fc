using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>What a worker signs, and that nothing of it can be changed, moved or sent elsewhere.</summary>
public sealed class SignatureTests
{
    private static readonly MarketDomain Market = new(ProtocolSamples.Market().PublicKey);
    private static readonly LeaseId Lease = ProtocolSamples.Call.Lease;

    /// <summary>What the market needs to know and no receipt says: it is under the seal of its frame only.</summary>
    private static readonly string[] NotInAReceipt =
    [
        nameof(WorkerResult.Lease),
        nameof(WorkerResult.Reason),
        nameof(WorkerResult.OutputSize),
        nameof(WorkerResult.Log),
        nameof(WorkerResult.StartedAt),
        nameof(WorkerResult.EndedAt),
        nameof(WorkerResult.Execution),
        nameof(WorkerResult.Salt),
    ];

    public static TheoryData<string> Members => [.. Changed(ProtocolSamples.Result(1)).Keys];

    [Theory, MemberData(nameof(Members))]
    public void EveryMemberOfAResult_IsInWhatIsSigned(string member)
    {
        var result = ProtocolSamples.Result(1);
        var changed = Changed(result)[member];

        Assert.NotEqual(result.Execution, ExecutionClaims.Claim(ProtocolSamples.Lease(1), changed, changed.Profile!.Value).Execution);
    }

    /// <summary>A member that is added to the record and not to the execution would be a worker's word that it can take back.</summary>
    [Fact]
    public void ListOfMembers_IsComplete() =>
        Assert.Equal(
            typeof(WorkerResult).GetProperties().Select(property => property.Name).Order(),
            Changed(ProtocolSamples.Result(1)).Keys.Append(nameof(WorkerResult.Job)).Concat(NotInAReceipt).Order()
        );

    [Theory]
    [InlineData(RunOutcome.Returned)]
    [InlineData(RunOutcome.Cancelled)]
    [InlineData(RunOutcome.WorkerFault)]
    public void RunWithoutAnEnd_IsNotSigned(RunOutcome outcome)
    {
        using var worker = ProtocolSamples.Worker();
        var result = ProtocolSamples.Result(1) with { Outcome = outcome, Execution = null, Profile = null };
        var report = new WorkerReport(ProtocolSamples.WorkerId, [ExecutionClaims.Claim(ProtocolSamples.Lease(1), result, Market.Market)]);
        var signed = WorkerSignatures.Sign(worker, Market, report, 7, 1);

        Assert.Null(report.Results[0].Execution);
        Assert.Null(signed.Signature);
        Assert.True(WorkerSignatures.Verify(signed, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = new string('0', 128) }, Market));
    }

    [Fact]
    public void ReportElsewhere_IsNotSigned()
    {
        using var worker = ProtocolSamples.Worker();
        using var other = ProtocolSamples.Market();
        var report = ProtocolSamples.Report(2);
        var signed = WorkerSignatures.Sign(worker, Market, report, 7, 1);

        Assert.False(WorkerSignatures.Verify(signed, new MarketDomain(worker.PublicKey)));
        Assert.False(WorkerSignatures.Verify(signed, ProtocolSamples.OnChain));
        Assert.False(WorkerSignatures.Verify(WorkerSignatures.Sign(worker, ProtocolSamples.OnChain, report, 7, 1), Market));
        Assert.True(WorkerSignatures.Verify(signed, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Worker = new WorkerId(other.PublicKey) } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Results = [.. report.Results.Reverse()] } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Results = [report.Results[0]] } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Report = report with { Results = [] } }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = null }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = "" }, Market));
        Assert.False(WorkerSignatures.Verify(signed with { Signature = new string('g', 128) }, Market));
    }

    [Fact]
    public void Request_IsForOneMarketMethodPathAndLease()
    {
        using var worker = ProtocolSamples.Worker();
        var header = WorkerSignatures.Authorization(worker, Market.Market, "GET", "/path", ProtocolSamples.Call, ProtocolSamples.At);

        Assert.Equal(
            new RequestTicket(ProtocolSamples.Call, ProtocolSamples.At.ToUnixTimeMilliseconds()),
            WorkerSignatures.Check(header, Market.Market, "GET", "/path", Lease)
        );
        Assert.Null(WorkerSignatures.Check(header, worker.PublicKey, "GET", "/path", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market.Market, "PUT", "/path", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market.Market, "GET", "/path2", Lease));
        Assert.Null(WorkerSignatures.Check(header, Market.Market, "GET", "/path", Lease with { Sequence = 2 }));
        foreach (var at in Enumerable.Range(RequestTicket.Scheme.Length, header.Length - RequestTicket.Scheme.Length))
        {
            var letter = header[at] == '1' ? '2' : '1';
            Assert.Null(WorkerSignatures.Check($"{header[..at]}{letter}{header[(at + 1)..]}", Market.Market, "GET", "/path", Lease));
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
    public void HeaderOfAnotherForm_IsRefused(string? header) =>
        Assert.Null(WorkerSignatures.Check(header, Market.Market, "GET", "/path", Lease));

    private static Dictionary<string, WorkerResult> Changed(WorkerResult result) =>
        new()
        {
            [nameof(WorkerResult.Outcome)] = result with { Outcome = RunOutcome.Failed },
            [nameof(WorkerResult.FuelUsed)] = result with { FuelUsed = result.FuelUsed + 1 },
            [nameof(WorkerResult.Output)] = result with { Output = "HELLA"u8.ToArray() },
            [nameof(WorkerResult.OutputBlob)] = result with { OutputBlob = new BlobId(Market.Market) },
            [nameof(WorkerResult.StateChanges)] = result with { StateChanges = [result.StateChanges[0]] },
            [nameof(WorkerResult.RootAfter)] = result with { RootAfter = new StateRoot(Market.Market) },
            [nameof(WorkerResult.Profile)] = result with { Profile = Market.Market },
            [nameof(WorkerResult.ExitCode)] = result with { Outcome = RunOutcome.Failed, ExitCode = 3 },
            [nameof(WorkerResult.Files)] = result with { Files = [new JobFile("f", new BlobId(Market.Market), 1)] },
        };
}
