using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Tests.Gateway;

/// <summary>What becomes of a report's signature on its way to the market.</summary>
public sealed class WorkerReportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>One signature, and for each result the way from its execution to what was signed.</summary>
    [Fact]
    public async Task Executions_ReachTheMarketWithTheirSignature()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        var returned = worker.ResultOf(2) with { Outcome = RunOutcome.Returned, Execution = null, Profile = null };

        await link.Market.Report(new WorkerReport(worker.Id, [worker.ResultOf(1), returned, worker.ResultOf(3)]), Cancellation);

        var reports = gateway.Market.Workers.Reports.ToArray();
        Assert.Equal([false, true, false], reports.Select(report => report.Signed is null));
        Assert.All(
            reports.Where(report => report.Signed is not null),
            report =>
            {
                var (signed, execution) = (report.Signed!, report.Execution!.Value);
                var steps = signed.Path.Select((hash, step) => new MerkleStep((signed.LeftSides & (1u << step)) != 0, hash));
                var digest = BatchDigest.OfExecutions(gateway.Domain, MerkleBatch.RootOf(execution, steps));
                Assert.Equal(worker.Id.Value, signed.Profile);
                Assert.True(Ed25519.Verify(worker.Id.Value, digest.ToArray(), signed.Signature.Span));
            }
        );
    }
}
